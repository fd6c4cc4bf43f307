"""SLURM's commands: run with a limit of time, and their complaints made errors that say what to do."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Collection, Iterator
from contextlib import contextmanager

from errors import AssayError, ConfigError, ResourceError

__all__ = ["CommandFailed", "explain_refusal", "run", "variables_of_sbatch"]

_PATIENCE_SECONDS = 20.0
_HABITS = ("SQUEUE_", "SCANCEL_", "SCONTROL_")
"""Variables by which people change what commands do."""
_STANDING = {name: f"SBATCH_{name.upper()}" for name in ("account", "partition", "qos", "constraint", "reservation")}
"""Where people say once and for all what sbatch is to ask for; options that are given mean more."""
_FOREIGN = ("SLURM_", "SLURMD_", "SBATCH_", "SRUN_", "SUBMITIT_")
_INSTEAD = "try again later, or choose another executor"

_FOR_NOW = re.compile(
    r"unable to contact|connect|timed out|communication|munge|socket|authentication|temporar|try again|"
    r"limit|in progress|not respond|shutting down",
    re.IGNORECASE,
)
"""What passes by itself or by somebody else's hand; any other refusal is of what was asked for."""
_FOR_GOOD = re.compile(r"requested time limit is invalid", re.IGNORECASE)


class CommandFailed(ResourceError):
    """A command of SLURM refused, in whole or in part.

    Args:
        program: which.
        complaints: what it said, one for each thing that it refused.
    """

    def __init__(self, program: str, complaints: tuple[str, ...]) -> None:
        super().__init__(f"SLURM's {program} failed: {'; '.join(complaints)}; {_INSTEAD}")
        self.complaints = complaints


def run(program: str, *arguments: str) -> str:
    """Run a command of SLURM and return what it printed.

    Raises:
        ResourceError: it is not installed or does not answer; :class:`CommandFailed` where it refuses.
    """
    if shutil.which(program) is None:
        raise ResourceError(
            f"SLURM's {program} is not installed here; run this on a machine of the cluster, or choose another executor"
        )
    # People have their squeue show one partition only, or their scancel ask them first.
    own = {name: value for name, value in os.environ.items() if not name.startswith(_HABITS)}
    try:
        done = subprocess.run(
            [program, *arguments], capture_output=True, timeout=_PATIENCE_SECONDS, stdin=subprocess.DEVNULL, env=own
        )
    except subprocess.TimeoutExpired as error:
        raise ResourceError(
            f"SLURM does not answer: {program} was silent for {_PATIENCE_SECONDS:.0f} s; {_INSTEAD}"
        ) from error
    except OSError as error:
        raise ResourceError(f"SLURM's {program} cannot be run ({error}); {_INSTEAD}") from error
    if done.returncode:
        complaints = _lines((done.stderr or done.stdout).decode(errors="replace"))
        raise CommandFailed(program, complaints or (f"status {done.returncode}",))
    return done.stdout.decode(errors="replace")


@contextmanager
def variables_of_sbatch(asked: Collection[str]) -> Iterator[None]:
    """Leave in the environment only what sbatch is to see: to it variables mean more than what its script says.

    Whoever submits from within a job passes nothing on that holds for that job.

    Args:
        asked: names of the options that its script gives.
    """
    kept = {"SLURM_CONF", *(variable for option, variable in _STANDING.items() if option not in asked)}
    taken = {name: os.environ[name] for name in os.environ if name.startswith(_FOREIGN) and name not in kept}
    for name in taken:
        del os.environ[name]
    try:
        yield
    finally:
        os.environ.update(taken)


def explain_refusal(text: str) -> AssayError:
    """Return what sbatch's complaint comes to: a mistake in what was asked for, or a cluster that cannot just now."""
    words = "; ".join(_lines(text)) or "no reason given"
    if _FOR_NOW.search(words) and not _FOR_GOOD.search(words):
        return ResourceError(f"SLURM takes no job now: {words}; {_INSTEAD}")
    return ConfigError(f"SLURM refuses the job: {words}; mend the options of SLURM or what the job asks for")


def _lines(text: str) -> tuple[str, ...]:
    lines = (re.sub(r"^\w+: (error: |fatal: )?", "", line.strip()) for line in text.splitlines())
    return tuple(line.rstrip(".") for line in dict.fromkeys(lines) if line)
