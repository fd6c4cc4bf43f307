"""A small disk of its own that tests fill."""

from __future__ import annotations

import errno
import os
import subprocess
from contextlib import suppress
from pathlib import Path
from typing import Self

__all__ = ["SmallDisk", "fill", "why_no_disk"]

_BLOCK = b"\0" * 65536


def why_no_disk() -> str:
    """Return why no disk can be mounted here; empty where one can."""
    if os.name != "posix" or os.geteuid() != 0:
        return "only root can mount a small disk"
    return ""


def fill(filler: Path, leaving: int = 0) -> None:
    """Write until nothing more fits, as what a disk in memory calls free is an estimate; then leave some bytes."""
    with filler.open("ab", buffering=0) as file:
        for block in (_BLOCK, b"\0"):
            while True:
                try:
                    file.write(block)
                except OSError as error:
                    if error.errno != errno.ENOSPC:
                        raise
                    break
        if leaving:
            file.truncate(file.tell() - leaving)


class SmallDisk:
    """A file system in memory; use as a context manager.

    Args:
        folder: where it is mounted.
        megabytes: how much it holds.
    """

    def __init__(self, folder: Path, megabytes: int) -> None:
        self.folder = folder
        self._megabytes = megabytes
        self._filler = folder / "filler.bin"

    def __enter__(self) -> Self:
        self.folder.mkdir(parents=True, exist_ok=True)
        size = f"size={self._megabytes}m"
        subprocess.run(["mount", "-t", "tmpfs", "-o", size, "tmpfs", str(self.folder)], check=True, capture_output=True)
        return self

    def __exit__(self, *error: object) -> None:
        # Lazily: what still has a file open there must not keep the test from ending.
        subprocess.run(["umount", "-l", str(self.folder)], check=True)

    def fill(self) -> None:
        """Leave no room at all."""
        fill(self._filler)

    def free(self) -> None:
        """Make room again."""
        with suppress(FileNotFoundError):
            self._filler.unlink()
