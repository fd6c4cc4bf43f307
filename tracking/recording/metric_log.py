"""Metric points on their way into metrics.jsonl: taken in microseconds, buffered, appended in batches."""

from __future__ import annotations

import logging
import math
import os
import threading
import time
from collections import deque
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from atomic_files import explain_os_error
from errors import ConfigError
from tracking.folders.metric_points import Bookmark, MetricPoint, fitting_name, format_points, read_points

__all__ = ["MetricLog"]

logger = logging.getLogger(__name__)

_CAPACITY = 100_000
"""Calls that the buffer holds, some 40 MB; the oldest go first where the disk takes none for long."""
_LARGEST_STEP = 2**63 - 1
_PATIENCE_SECONDS = 5.0

_Entry = tuple[float, int | None, list[tuple[str, Any]]]


class MetricLog:
    """One experiment's points. Any thread may :meth:`add`; one thread calls :meth:`write`.

    Args:
        path: the experiment's metrics.jsonl.
        capacity: calls of :meth:`add` to keep while the file cannot be written.
    """

    def __init__(self, path: Path, capacity: int = _CAPACITY) -> None:
        self._path = path
        self._capacity = capacity
        self._entries: deque[_Entry] = deque()
        self._unwritten = b""
        self._last_steps: dict[str, int] | None = None
        self._failing = False
        self._dropped = 0
        self._left_out = 0
        self._is_diverging = False
        self._line_is_open = True
        self.crowded = threading.Event()
        """Set when the buffer fills faster than the writer comes round."""

    def add(self, metrics: Mapping[str, Any], step: int | None) -> None:
        """Take points without touching the disk, the database or an accelerator's queue.

        A tensor on an accelerator is copied there, which waits for nothing, and read by the writer.

        Raises:
            ConfigError: ``metrics`` is no mapping, or ``step`` no whole number.
        """
        if not isinstance(metrics, dict) and not isinstance(metrics, Mapping):
            raise ConfigError(f"metrics: expected a mapping of names to numbers, got {type(metrics).__name__}")
        if step is not None and (type(step) is not int or not -_LARGEST_STEP <= step <= _LARGEST_STEP):
            step = _whole(step)
        entries = self._entries
        if len(entries) >= self._capacity:
            self._make_room()
        entries.append(
            (
                time.time(),
                step,
                [(name, value if type(value) is float else _held(value)) for name, value in metrics.items()],
            )
        )

    def _make_room(self) -> None:
        """Let the writer catch up; drop the oldest points where it cannot."""
        deadline = time.monotonic() + _PATIENCE_SECONDS
        while len(self._entries) >= self._capacity and not self._failing and time.monotonic() < deadline:
            self.crowded.set()
            time.sleep(0.001)
        while len(self._entries) >= self._capacity:
            self._entries.popleft()
            self._dropped += 1
            if self._dropped == 1:
                logger.warning(
                    "%s: cannot be written and %d points wait in memory; from now on the oldest are dropped, "
                    "the newest kept",
                    self._path,
                    self._capacity,
                )

    def move(self, path: Path) -> None:
        """Write to another file from now on, which goes on where this one ends."""
        self._path = path

    @property
    def waiting(self) -> bool:
        """Whether points are not in the file yet."""
        return bool(self._entries or self._unwritten)

    def take(self) -> list[MetricPoint]:
        """Return the buffered points, numbered and checked, and make them the next to write."""
        if self._unwritten:
            return []
        points = list(self._points())
        self._unwritten = format_points(points).encode()
        return points

    def write(self) -> None:
        """Append what was taken to the file.

        Raises:
            ResourceError: the file cannot be written now; what was not written stays for the next call.
        """
        if self._unwritten:
            self._append()

    def report(self) -> None:
        """Say how many points are missing, and why; called once, at the end."""
        if self._dropped:
            logger.warning("%s: %d oldest calls dropped while it could not be written", self._path, self._dropped)
        if self._left_out > 1:
            logger.warning("%s: %d values were no single numbers and left out", self._path, self._left_out)

    def _append(self) -> None:
        try:
            # Opened each time: whoever resumes a run replaces the file.
            file = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o666)
            try:
                self._close_torn_line(file)
                while self._unwritten:
                    # A disk that fills up takes a part; the rest follows when there is room again.
                    self._unwritten = self._unwritten[os.write(file, self._unwritten) :]
            finally:
                os.close(file)
        except OSError as error:
            self._failing = True
            raise explain_os_error(error, self._path) from error
        self._failing = False

    def _close_torn_line(self, file: int) -> None:
        """End the line that a killed process left, once."""
        if self._line_is_open:
            size = os.fstat(file).st_size
            if size and os.pread(file, 1, size - 1) != b"\n":
                self._unwritten = b"\n" + self._unwritten
            self._line_is_open = False

    # -- values -----------------------------------------------------------------------------------------------------

    def _points(self) -> Iterator[MetricPoint]:
        for _ in range(len(self._entries)):
            moment, step, values = self._entries.popleft()
            for given, value in values:
                name, number = fitting_name(given), _number(value)
                if number is None:
                    self._leave_out(name, value, step)
                    continue
                if not math.isfinite(number):
                    self._tell_of(name, number, step)
                yield MetricPoint(self._step(name, step), moment, name, number)

    def _step(self, name: str, step: int | None) -> int:
        if self._last_steps is None:
            self._last_steps = _last_steps(self._path)
        if step is None:
            step = self._last_steps.get(name, -1) + 1
        self._last_steps[name] = step
        return step

    def _leave_out(self, name: str, value: Any, step: int | None) -> None:
        self._left_out += 1
        if self._left_out == 1:
            logger.warning(
                "metric %s is %.60r%s: what is no single number is left out (said once)", name, value, _at(step)
            )

    def _tell_of(self, name: str, number: float, step: int | None) -> None:
        if not self._is_diverging:
            self._is_diverging = True
            logger.warning("metric %s is %s%s (said once)", name, number, _at(step))


def _at(step: int | None) -> str:
    return "" if step is None else f" at step {step}"


def _whole(step: Any) -> int:
    try:
        whole = int(step)
        if whole != step or abs(whole) > _LARGEST_STEP:
            raise ValueError
    except (TypeError, ValueError, OverflowError, RuntimeError) as error:
        raise ConfigError(f"step: expected a whole number, got {step!r:.60}") from error
    return whole


def _held(value: Any) -> Any:
    """Return what the writer can read later, although the caller may change a tensor or an array in place meanwhile."""
    if type(value) is int:
        return value
    if hasattr(value, "detach"):
        value = value.detach()
        return value.clone() if value.device.type != "cpu" else _number(value, otherwise=value)
    return _number(value, otherwise=value)


def _number(value: Any, otherwise: Any = None) -> Any:
    """Return a float, or ``otherwise`` where it is no single number."""
    if type(value) is float:
        return value
    if isinstance(value, str | bytes):
        return otherwise
    try:
        # An array of one element is a number to torch, and not to numpy.
        return float(value.item() if hasattr(value, "item") else value)
    except (TypeError, ValueError, OverflowError, RuntimeError):
        return otherwise


def _last_steps(path: Path) -> dict[str, int]:
    """Return the last step of each metric that an earlier attempt left in the file."""
    steps: dict[str, int] = {}
    bookmark, more = Bookmark(), True
    while more:
        try:
            read = read_points(path, bookmark)
        except OSError:
            return steps
        steps.update((point.name, point.step) for point in read.points)
        bookmark, more = read.bookmark, read.more
    return steps
