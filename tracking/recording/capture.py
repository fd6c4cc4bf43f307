"""What a run ran on: code, versions, hardware, process. Looked up once, never a reason to fail or to wait."""

from __future__ import annotations

import functools
import getpass
import os
import platform
import shlex
import subprocess
import sys
import tempfile
from importlib.metadata import distributions
from pathlib import Path
from typing import Any

from tracking.processes import boot_id, host_name, process_started
from tracking.recording.secret_values import masked
from tracking.recording.untracked import without_output

__all__ = ["command_line", "describe_code", "describe_machine", "describe_process"]

_LONGEST_DIFF = 200_000
_MOST_UNTRACKED = 1_000
_GIT_SECONDS = 10.0
_NVIDIA = Path("/proc/driver/nvidia/gpus")


@functools.cache
def describe_machine() -> dict[str, Any]:
    """Return versions of Python and of all packages, the platform, processors and accelerators."""
    return {
        "python": platform.python_version(),
        "packages": _packages(),
        "platform": platform.platform(),
        "host": host_name(),
        "cpu": _cpu_name(),
        "cpu_cores": os.cpu_count(),
        "memory_gb": _memory_gb(),
        **_accelerators(),
    }


def describe_code(folder: Path | None = None) -> dict[str, Any]:
    """Return the state of the code; empty where it lies in no git repository.

    Args:
        folder: a folder of the repository; by default that of the script that runs, else the current one.

    Returns:
        ``commit``, ``branch``, ``dirty`` (whether tracked files differ from it), ``diff``, ``untracked`` (names of up
        to a thousand files that may be code), ``num_untracked``.
    """
    return _describe_code(folder or _program_folder())


@functools.cache
def _describe_code(folder: Path) -> dict[str, Any]:
    found = _git(folder, "rev-parse", "HEAD", "--show-toplevel")
    if found is None:
        return {}
    commit, _, top = found.partition("\n")
    status = _git(folder, "status", "--porcelain", "--untracked-files=no")
    diff = _git(folder, "diff", "--no-ext-diff", "--no-textconv", "--no-color", "HEAD")
    others = _git(folder, "ls-files", "--others", "--exclude-standard", "--full-name", ":/")
    untracked = without_output((others or "").splitlines(), Path(top))
    return {
        "commit": commit,
        "branch": _git(folder, "symbolic-ref", "--short", "-q", "HEAD"),
        "dirty": bool(status),
        "diff": (diff or "")[:_LONGEST_DIFF],
        "untracked": untracked[:_MOST_UNTRACKED],
        "num_untracked": len(untracked),
    }


def describe_process() -> dict[str, Any]:
    """Return what tells this process from every other, and who started it how."""
    return {
        "host": host_name(),
        "boot_id": boot_id(),
        "pid": os.getpid(),
        "process_started": process_started(os.getpid()),
        "slurm_job_id": os.environ.get("SLURM_JOB_ID"),
        "user": _user(),
        "command": command_line(),
        "working_folder": _working_folder(),
    }


def _working_folder() -> str | None:
    try:
        return str(Path.cwd())
    except OSError:
        # Somebody removed it.
        return None


def command_line() -> str:
    """Return the command that started this process, ready for a shell; secrets are masked."""
    return shlex.join(masked(getattr(sys, "orig_argv", sys.argv)))


def _program_folder() -> Path:
    file = getattr(sys.modules.get("__main__"), "__file__", None)
    if file:
        folder = Path(file).absolute().parent
        # pytest, torchrun or a notebook's kernel: the code is where it was started.
        if not folder.is_relative_to(sys.prefix) and not folder.is_relative_to(sys.base_prefix):
            return folder
    return Path.cwd()


def _git(folder: Path, *arguments: str) -> str | None:
    """Return what git prints, or None where it fails or takes too long."""
    command = ["git", "-C", str(folder), "-c", "core.quotePath=false", "-c", "core.fsmonitor=false", *arguments]
    environment = {**os.environ, "GIT_OPTIONAL_LOCKS": "0", "GIT_TERMINAL_PROMPT": "0", "LC_ALL": "C"}
    try:
        # Into a file: a grandchild that keeps a pipe open would be waited for beyond any timeout.
        with tempfile.TemporaryFile() as output:
            subprocess.run(
                command,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.DEVNULL,
                env=environment,
                timeout=_GIT_SECONDS,
                check=True,
            )
            output.seek(0)
            return output.read(10 * _LONGEST_DIFF).decode(errors="replace").strip()
    except (OSError, subprocess.SubprocessError):
        return None


def _packages() -> dict[str, str]:
    packages: dict[str, str] = {}
    for each in distributions():
        try:
            # The first on the path is the one that is imported.
            packages.setdefault(str(each.metadata["Name"]), str(each.version))
        except Exception:
            # A half-removed package.
            continue
    return dict(sorted(packages.items(), key=lambda item: item[0].lower()))


def _user() -> str:
    try:
        return getpass.getuser()
    except (OSError, KeyError):
        # A container's user without a name.
        return str(os.getuid()) if hasattr(os, "getuid") else ""


def _memory_gb() -> float | None:
    try:
        import psutil

        return round(float(psutil.virtual_memory().total) / 1e9, 1)
    except Exception:
        return None


def _cpu_name() -> str:
    try:
        for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    except OSError:
        pass
    return platform.processor()


def _accelerators() -> dict[str, Any]:
    """Return the accelerators without starting a driver: a process that forks workers later must not have done that."""
    torch = sys.modules.get("torch")
    if torch is None:
        return {"gpus": _visible_gpus()}
    try:
        gpus = [torch.cuda.get_device_name(index) for index in range(torch.cuda.device_count())]
        return {"torch_threads": torch.get_num_threads(), "cuda": torch.version.cuda, "gpus": gpus}
    except Exception:
        return {"gpus": _visible_gpus()}


def _visible_gpus() -> list[str]:
    try:
        reports = [file.read_text() for file in sorted(_NVIDIA.glob("*/information"))]
    except OSError:
        return []
    names = [line.partition(":")[2].strip() for text in reports for line in text.splitlines() if line[:6] == "Model:"]
    visible = os.environ.get("CUDA_VISIBLE_DEVICES")
    if visible is None:
        return names
    chosen = [each for each in visible.split(",") if each.strip() not in ("", "-1")]
    return names[: len(chosen)]
