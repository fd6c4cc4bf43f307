"""SLURM's commands: run with a limit of time, and their complaints made errors that say what to do."""

from __future__ import annotations

import re
import shutil
import subprocess

from errors import AssayError, ConfigError, ResourceError

__all__ = ["CommandFailed", "explain_refusal", "run"]

_PATIENCE_SECONDS = 20.0
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
    try:
        done = subprocess.run(
            [program, *arguments], capture_output=True, timeout=_PATIENCE_SECONDS, stdin=subprocess.DEVNULL
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


def explain_refusal(text: str) -> AssayError:
    """Return what sbatch's complaint comes to: a mistake in what was asked for, or a cluster that cannot just now."""
    words = "; ".join(_lines(text)) or "no reason given"
    if _FOR_NOW.search(words) and not _FOR_GOOD.search(words):
        return ResourceError(f"SLURM takes no job now: {words}; {_INSTEAD}")
    return ConfigError(f"SLURM refuses the job: {words}; mend the options of SLURM or what the job asks for")


def _lines(text: str) -> tuple[str, ...]:
    lines = (re.sub(r"^\w+: (error: |fatal: )?", "", line.strip()) for line in text.splitlines())
    return tuple(line.rstrip(".") for line in dict.fromkeys(lines) if line)
