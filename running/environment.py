"""What a run ran on: versions, hardware, code and data, for environment.json."""

from __future__ import annotations

import functools
import os
import platform
import subprocess
import sys
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

__all__ = ["describe_code", "describe_machine"]

_PACKAGES = (
    "torch",
    "transformers",
    "accelerate",
    "datasets",
    "tokenizers",
    "safetensors",
    "numpy",
    "scipy",
    "pandas",
    "scikit-learn",
    "hdbscan",
)
_LONGEST_DIFF = 200_000
_PROJECT = Path(__file__).resolve().parent.parent


@functools.cache
def describe_machine() -> dict[str, Any]:
    """Return versions of Python and packages, the platform, processors and accelerators."""
    import psutil

    return {
        "python": platform.python_version(),
        "packages": {name: _version(name) for name in _PACKAGES},
        "platform": platform.platform(),
        "cpu": _cpu_name(),
        "cpu_cores": os.cpu_count(),
        "memory_gb": round(psutil.virtual_memory().total / 1e9, 1),
        **_accelerators(),
    }


@functools.cache
def describe_code() -> dict[str, Any]:
    """Return commit, whether files differ from it, and the difference; empty where the code is in no repository."""
    commit = _git("rev-parse", "HEAD")
    if commit is None:
        return {}
    status, diff = _git("status", "--porcelain", "--untracked-files=no"), _git("diff", "HEAD")
    return {"commit": commit, "dirty": bool(status), "diff": (diff or "")[:_LONGEST_DIFF]}


def _git(*arguments: str) -> str | None:
    command = ["git", "-C", str(_PROJECT), *arguments]
    try:
        done = subprocess.run(command, capture_output=True, timeout=20, check=True)
    except (OSError, subprocess.SubprocessError):
        return None
    return done.stdout.decode(errors="replace").strip()


def _version(name: str) -> str | None:
    try:
        return version(name)
    except PackageNotFoundError:
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
    torch = sys.modules.get("torch")
    if torch is None:
        return {}
    names = [torch.cuda.get_device_name(index) for index in range(torch.cuda.device_count())]
    return {"torch_threads": torch.get_num_threads(), "cuda": torch.version.cuda, "gpus": names}
