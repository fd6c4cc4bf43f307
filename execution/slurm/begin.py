"""Starts Python with the arguments it is given, so that no signal of SLURM ends it before somebody listens.

Loading libraries takes seconds, and an unheard SIGUSR2 kills. So the signals wait from here on until
:class:`execution.slurm.batch_job.SlurmJob` is ready for them. Run as a file, without anything that is to be loaded.
"""

import os
import signal
import sys

signal.pthread_sigmask(signal.SIG_BLOCK, (signal.SIGTERM, signal.SIGUSR2))
os.execv(sys.executable, [sys.executable, *sys.argv[1:]])
