"""Going on where nobody reads the output any more, as behind ``| head`` or on a terminal that was closed."""

from __future__ import annotations

import errno
import io
import os
import select
import stat
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TextIO

from errors import ResourceError
from execution.nowhere import nowhere, write_nowhere

__all__ = ["UNREAD", "going_on_unread"]

UNREAD = "the work goes on without it, and Ctrl-C stops it as ever"
"""For commands that go on for long; without a word a shell seems to hang."""

_STANDARD = (1, 2)
"""Descriptors that stay what they are as long as the process lives."""


@contextmanager
def going_on_unread(remark: str = "") -> Iterator[None]:
    """Let a block go on to its end although what it prints is lost: nobody reads it, or the disk is full.

    A program that only prints is ended by a pipe without a reader, and rightly so. Training is not done for what it
    prints: hours of it must not be lost because somebody wanted to see the first lines. Blocks follow one another, none
    is in another.

    Args:
        remark: said once on standard error behind what happened to standard output. Without, what is printed is all
            there is to have: a full disk is an error once the block has ended, a reader that is gone never.

    Raises:
        ResourceError: there is no remark, and standard output could not be written.
    """
    lost: list[OSError] = []
    try:
        with _replaced("stderr", "", []), _replaced("stdout", remark, lost):
            yield
    except SystemExit as stop:
        # So argparse leaves behind --help.
        if stop.code or remark or not lost:
            raise
    if lost and not remark:
        raise ResourceError(f"{_unwritten(lost[0])}; make room for it, or send it elsewhere") from lost[0]


@contextmanager
def _replaced(name: str, remark: str, lost: list[OSError]) -> Iterator[None]:
    kept = getattr(sys, name)
    stream = _lasting(kept, remark, lost)
    setattr(sys, name, stream)
    try:
        yield
    finally:
        setattr(sys, name, kept)
        if not stream.closed:
            stream.flush()


def _lasting(stream: TextIO | None, remark: str, lost: list[OSError]) -> TextIO:
    """Return a stream to the same place that can always be written; one that somebody put there as it is."""
    if stream is None:
        return nowhere()
    try:
        descriptor = stream.fileno()
    except (AttributeError, OSError, ValueError):
        return stream
    if descriptor not in _STANDARD or not isinstance(stream, io.TextIOWrapper):
        return stream
    raw = _Lasting(descriptor, remark, lost)
    try:
        # What was printed before may find nobody either.
        stream.flush()
    except OSError as error:
        raw.lose(error)
    return io.TextIOWrapper(
        # As Python makes it for -u.
        raw if stream.write_through else io.BufferedWriter(raw),
        encoding=stream.encoding,
        errors="backslashreplace",
        line_buffering=stream.line_buffering,
        write_through=stream.write_through,
    )


class _Lasting(io.FileIO):
    """Bytes on their way to a descriptor that somebody else closes; those that cannot be written are lost.

    Args:
        descriptor: where to.
        remark: said once behind why they are lost.
        lost: gets what went wrong, other than a reader that is gone.
    """

    def __init__(self, descriptor: int, remark: str, lost: list[OSError]) -> None:
        super().__init__(descriptor, "w", closefd=False)
        self._remark = remark
        self._lost = lost

    def write(self, data: object, /) -> int:
        """Write, or lose, all of ``data``."""
        left = memoryview(data)  # type: ignore[arg-type]
        count = left.nbytes
        try:
            while left:
                left = left[self._write_some(left) :]
        except OSError as error:
            self.lose(error)
        return count

    def _write_some(self, data: memoryview) -> int:
        written = super().write(data)
        if written is None:
            # Somebody else of those who write here wants no waiting; the reader is only slow.
            select.select((), (self,), ())
        return written or 0

    def lose(self, error: OSError) -> None:
        """Say once, if it is to be said, why something is lost; what follows is tried unless the reader is gone."""
        if self._is_gone(error):
            write_nowhere(self.fileno())
            self._say("nobody reads the output any more")
        else:
            # One says it all, and hours may bring many.
            self._lost[:] = self._lost or [error]
            self._say(_unwritten(error))

    def _is_gone(self, error: OSError) -> bool:
        # EIO is a terminal that was closed, or a disk that fails.
        is_terminal = stat.S_ISCHR(os.fstat(self.fileno()).st_mode)
        return error.errno == errno.EPIPE or (error.errno == errno.EIO and is_terminal)

    def _say(self, what: str) -> None:
        remark, self._remark = self._remark, ""
        if remark:
            print(f"{what}; {remark}", file=sys.stderr)


def _unwritten(error: OSError) -> str:
    return f"the output cannot be written: {error.strerror}"
