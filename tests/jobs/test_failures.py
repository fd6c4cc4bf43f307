"""Of what kind exceptions are, and so whether trying again makes sense."""

from __future__ import annotations

import errno
import subprocess
import sys
from pathlib import Path

import pytest
import torch

from atomic_files import write_text
from errors import ConfigError, DataError, ResourceError, SignalError
from jobs import FailureKind
from jobs.failures import Busy, NeedFailed, Preempted, kind_of


class _DriversError(torch.OutOfMemoryError):
    pass


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (Busy("x"), "busy"),
        (NeedFailed("x"), "need_failed"),
        (Preempted("SIGTERM"), "preempted"),
        (KeyboardInterrupt(), "preempted"),
        (SystemExit(143), "preempted"),
        (ConfigError("x"), "mistake"),
        (DataError("x"), "mistake"),
        (SignalError("x"), "mistake"),
        (ResourceError("the hub does not answer"), "resource"),
        (ConnectionResetError("x"), "resource"),
        (TimeoutError("x"), "resource"),
        (OSError(errno.ENOSPC, "No space left on device"), "resource"),
        (OSError(errno.ESTALE, "Stale file handle"), "resource"),
        (OSError(errno.ENOMEM, "Cannot allocate memory"), "out_of_memory"),
        (MemoryError(), "out_of_memory"),
        (torch.OutOfMemoryError("too large"), "out_of_memory"),
        (_DriversError("too large"), "out_of_memory"),
        (RuntimeError("[enforce fail at alloc_cpu.cpp] DefaultCPUAllocator: can't allocate memory"), "out_of_memory"),
        (RuntimeError("shapes do not match"), "error"),
        (PermissionError(errno.EACCES, "Permission denied"), "error"),
        (FileNotFoundError(errno.ENOENT, "No such file or directory"), "error"),
        (OSError("no number"), "error"),
        (ValueError("x"), "error"),
    ],
    ids=lambda value: value if isinstance(value, str) else f"{type(value).__name__} {value}",
)
def test_an_exception_is_of_a_kind(error: BaseException, kind: str) -> None:
    assert kind_of(error) == kind


def test_a_folder_that_cannot_be_written_is_not_waited_for(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(ResourceError) as caught:
        write_text(tmp_path / "file" / "below.txt", "x")
    assert kind_of(caught.value) == FailureKind.ERROR


def test_a_disk_that_is_full_is_waited_for() -> None:
    with pytest.raises(OSError) as full, Path("/dev/full").open("w", buffering=1) as file:
        file.write("x\n")
    assert kind_of(full.value) == FailureKind.RESOURCE
    try:
        raise ResourceError("the disk is full") from full.value
    except ResourceError as error:
        assert kind_of(error) == FailureKind.RESOURCE


def test_torch_out_of_main_memory_is_known_by_its_words() -> None:
    program = (
        "import torch\nfrom jobs.failures import kind_of\n"
        "try:\n    torch.empty(1 << 60, dtype=torch.int8)\nexcept RuntimeError as error:\n    print(kind_of(error))\n"
    )
    root = Path(__file__).resolve().parent.parent.parent
    done = subprocess.run([sys.executable, "-c", program], cwd=root, capture_output=True, text=True, timeout=120)
    assert done.stdout == "out_of_memory\n", done.stderr
