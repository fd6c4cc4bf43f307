"""Going on where nobody reads the output any more, as behind ``| head`` or on a terminal that was closed."""

from __future__ import annotations

import errno
import io
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TextIO

from errors import ResourceError

__all__ = ["UNREAD", "going_on_unread"]

UNREAD = "the work goes on without it, and Ctrl-C stops it as ever"
"""For commands that go on for long; without a word a shell seems to hang."""

_GONE = (errno.EPIPE, errno.EIO)
"""For good: the reader of a pipe, or a terminal."""

_STANDARD = (1, 2)
"""Descriptors that stay what they are as long as the process lives."""


@contextmanager
def going_on_unread(remark: str = "") -> Iterator[None]:
    """Let a block go on to its end although nobody reads what it prints; that is lost.

    A program that only prints is ended by a pipe without a reader, and rightly so. Training is not done for what it
    prints: hours of it must not be lost because somebody wanted to see the first lines.

    Args:
        remark: said once on standard error behind what happened to standard output. With it a full disk ends nothing
            either; without, what is printed is all there is to have.

    Raises:
        ResourceError: the disk is full.
    """
    kept = sys.stdout, sys.stderr
    sys.stderr = _lasting(kept[1], "")
    sys.stdout = _lasting(kept[0], remark)
    try:
        yield
    finally:
        for stream in (sys.stdout, sys.stderr):
            if stream is not None:
                stream.flush()
        sys.stdout, sys.stderr = kept


def _lasting(stream: TextIO | None, remark: str) -> TextIO:
    """Return a stream to the same place that can always be written; a replaced one as it is."""
    if stream is None:
        # So Python has it where the shell closed it (``>&-``).
        return open(os.devnull, "w", encoding="utf-8")  # noqa: PTH123
    try:
        descriptor = stream.fileno()
    except (AttributeError, OSError, ValueError):
        return stream
    if descriptor not in _STANDARD:
        return stream
    raw = _Lasting(descriptor, remark)
    try:
        # What was printed before may find nobody either.
        stream.flush()
    except OSError as error:
        raw.lose(error)
    return io.TextIOWrapper(
        io.BufferedWriter(raw),
        encoding=stream.encoding,
        errors="backslashreplace",
        line_buffering=bool(getattr(stream, "line_buffering", False)),
    )


class _Lasting(io.FileIO):
    """Bytes on their way to a descriptor that somebody else closes."""

    def __init__(self, descriptor: int, remark: str) -> None:
        super().__init__(descriptor, "w", closefd=False)
        self._goes_on = bool(remark)
        self._remark = remark

    def write(self, data: object, /) -> int:
        """Write, or lose, all of ``data``."""
        try:
            return super().write(data)  # type: ignore[arg-type]
        except OSError as error:
            self.lose(error)
            return memoryview(data).nbytes  # type: ignore[arg-type]

    def lose(self, error: OSError) -> None:
        """See to it that what could not be written ends nothing.

        Raises:
            ResourceError: the disk is full, and what is printed is all there is to have.
        """
        is_gone = error.errno in _GONE
        if is_gone or not self._goes_on:
            self._write_nowhere()
        what = "nobody reads the output any more" if is_gone else f"the output cannot be written: {error.strerror}"
        if not (is_gone or self._goes_on):
            raise ResourceError(f"{what}; make room for it") from error
        self._say(what)

    def _write_nowhere(self) -> None:
        # Others of this process write here too, such as libraries in C.
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, self.fileno())
        os.close(nowhere)

    def _say(self, what: str) -> None:
        remark, self._remark = self._remark, ""
        if remark:
            print(f"{what}; {remark}", file=sys.stderr)
