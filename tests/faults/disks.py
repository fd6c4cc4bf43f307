"""A small disk of its own that tests fill."""

from __future__ import annotations

import errno
import functools
import subprocess
import tempfile
from pathlib import Path
from typing import Self

__all__ = ["SmallDisk", "why_no_disk"]

_BLOCK = b"\0" * 65536


@functools.cache
def why_no_disk() -> str:
    """Return why no disk can be mounted here; empty where one can. Root of a container may lack the right, too."""
    with tempfile.TemporaryDirectory() as folder:
        try:
            with SmallDisk(Path(folder) / "disk", megabytes=1):
                return ""
        except (OSError, subprocess.CalledProcessError) as error:
            return f"no small disk can be mounted here, which takes root: {error}"


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
        self._mount(f"size={self._megabytes}m")
        return self

    def __exit__(self, *error: object) -> None:
        # Lazily: what still has a file open there must not keep the test from ending.
        subprocess.run(["umount", "-l", str(self.folder)], check=True)

    def fill(self, leaving: int = 0) -> None:
        """Write until nothing more fits, as what a disk in memory calls free is an estimate; then leave some bytes."""
        with self._filler.open("ab", buffering=0) as file:
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

    def free(self) -> None:
        """Make room again."""
        self._filler.unlink(missing_ok=True)

    def let_write(self, writable: bool) -> None:
        """Let it be written to, or by nobody: not by root either, whom no mode of a file stops."""
        self._mount(f"remount,{'rw' if writable else 'ro'},size={self._megabytes}m")

    def _mount(self, options: str) -> None:
        command = ["mount", "-t", "tmpfs", "-o", options, "tmpfs", str(self.folder)]
        subprocess.run(command, check=True, capture_output=True)
