"""metrics.jsonl: one line a point; read from where the last reading ended."""

from __future__ import annotations

import hashlib
import json
from math import isfinite
from pathlib import Path
from typing import BinaryIO, NamedTuple

from atomic_files import open_regular

__all__ = ["Bookmark", "MetricPoint", "PointsRead", "curve_name", "fitting_name", "format_points", "read_points"]

_TAIL_BYTES = 256
_MAX_BYTES = 4 << 20
_MOST_STEPS = 2**63
_LARGEST_STEP = 2**63 - 1
_LONGEST_NAME = 255


class MetricPoint(NamedTuple):
    """One value of one metric."""

    step: int
    time: float
    """Seconds since 1970, UTC."""
    name: str
    value: float
    """May be nan or infinite: that a training diverged is not to be lost."""


class Bookmark(NamedTuple):
    """How far a metrics.jsonl was read."""

    offset: int = 0
    """Bytes."""
    lines: int = 0
    tail: str = ""
    """Digest of the last bytes before the offset: another one means that the file was written anew."""


class PointsRead(NamedTuple):
    """What was new in a metrics.jsonl."""

    anew: bool
    """Whether the file was rewritten since the bookmark, so that all earlier points are void."""
    positions: list[int]
    """Line number of each point, from 0."""
    points: list[MetricPoint]
    bookmark: Bookmark
    more: bool
    """Whether the file goes on behind the bookmark."""


def format_points(points: list[MetricPoint]) -> str:
    """Return points as lines of metrics.jsonl; values that are not finite, which JSON does not know, as text."""
    quoted = {point.name: json.dumps(point.name) for point in points}
    return "".join(
        [
            f'{{"step": {step}, "time": {time!r}, "name": {quoted[name]}, "value": {_as_json(value)}}}\n'
            for step, time, name, value in points
        ]
    )


def _as_json(value: float) -> str:
    return repr(value) if isfinite(value) else f'"{value}"'


def curve_name(name: str) -> str:
    """Return what a curve is called that a Trainer logs: ``eval_f1`` is ``eval/f1``, ``loss`` is ``train/loss``.

    ``train_loss``, the Trainer's mean over all steps, must not pass for the last step's loss.
    """
    if name == "train_loss":
        return "train/mean_loss"
    for prefix in ("eval", "test", "train"):
        if name.startswith(f"{prefix}_"):
            return f"{prefix}/{name.removeprefix(f'{prefix}_')}"
    return f"train/{name}"


def fitting_name(name: object) -> str:
    """Return a metric's name as every database takes it: one line must not hold up all others for ever."""
    text = str(name)[:_LONGEST_NAME]
    return text if text.isascii() and "\0" not in text else text.encode(errors="replace").decode().replace("\0", "")


def read_points(path: Path, bookmark: Bookmark) -> PointsRead:
    """Read whole lines behind ``bookmark``, at most 4 MiB of them; lines that hold no point are passed over.

    Raises:
        OSError: the file is there and cannot be read, or is no ordinary file.
    """
    try:
        with open_regular(path) as file:
            anew = _tail(file, bookmark.offset) != bookmark.tail
            start = Bookmark() if anew else bookmark
            file.seek(start.offset)
            block = file.read(_MAX_BYTES)
            more = bool(file.read(1))
            whole = block[: block.rfind(b"\n") + 1]
            if not whole and more:
                # A line longer than the block is no line of ours.
                whole = block
            offset = start.offset + len(whole)
            tail = _tail(file, offset)
    except (FileNotFoundError, NotADirectoryError):
        return PointsRead(bookmark.offset > 0, [], [], Bookmark(), more=False)
    lines = whole.split(b"\n")[:-1]
    positions, points = _parse(lines, start.lines)
    return PointsRead(anew, positions, points, Bookmark(offset, start.lines + len(lines), tail), more and bool(whole))


def _tail(file: BinaryIO, offset: int) -> str:
    if offset == 0:
        return ""
    begin = max(0, offset - _TAIL_BYTES)
    file.seek(begin)
    return hashlib.sha256(file.read(offset - begin)).hexdigest()[:16]


def _parse(lines: list[bytes], first: int) -> tuple[list[int], list[MetricPoint]]:
    positions, points = [], []
    for position, value in enumerate(_values(lines), first):
        point = _point(value)
        if point is not None:
            positions.append(position)
            points.append(point)
    return positions, points


def _values(lines: list[bytes]) -> list[object]:
    try:
        # One call for all lines is several times as fast as one for each.
        values: list[object] = json.loads(b"[" + b",".join(lines) + b"]")
    except (ValueError, RecursionError):
        values = []
    return values if len(values) == len(lines) else [_parse_one(line) for line in lines]


def _parse_one(line: bytes) -> object:
    try:
        return json.loads(line)
    except (ValueError, RecursionError):
        return None


def _point(value: object) -> MetricPoint | None:
    try:
        point = MetricPoint(
            int(value["step"]),  # type: ignore[index]
            float(value["time"]),  # type: ignore[index]
            str(value["name"]),  # type: ignore[index]
            float(value["value"]),  # type: ignore[index]
        )
    except (KeyError, TypeError, ValueError, OverflowError):
        return None
    plausible = isfinite(point.time) and abs(point.step) < _MOST_STEPS
    return point if plausible else None
