"""Where jobs are executed: in this process, by local workers, on SLURM, on Ray.

Import its modules where they are used: some load what only they need.
"""
