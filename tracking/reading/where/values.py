"""What a value in a filter means, depending on what it is compared with."""

from __future__ import annotations

import math
import re
from datetime import UTC, datetime

from errors import ConfigError
from tracking.reading.where.syntax import Literal

__all__ = ["boolean", "duration", "is_span", "moment", "number", "pattern"]

_NUMBER = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?", re.ASCII)
_SPAN = re.compile(r"(\d+(?:\.\d+)?)\s*([a-z]+)", re.ASCII)
_AGO = re.compile(r"(.+?)\s+ago", re.IGNORECASE)
_UNITS = {
    **dict.fromkeys(("s", "sec", "second", "seconds"), 1),
    **dict.fromkeys(("m", "min", "minute", "minutes"), 60),
    **dict.fromkeys(("h", "hour", "hours"), 3600),
    **dict.fromkeys(("d", "day", "days"), 86_400),
    **dict.fromkeys(("w", "week", "weeks"), 7 * 86_400),
}
_LARGEST_INTEGER = 2**63 - 1


def number(literal: Literal) -> float | None:
    """Return an unquoted number, whole ones as int where a database has them; None for anything else.

    Raises:
        ConfigError: it is beyond what a 64-bit float holds.
    """
    if literal.quoted or not _NUMBER.fullmatch(literal.text):
        return None
    value = float(literal.text)
    if math.isinf(value):
        raise ConfigError(f"{literal.text} is larger than any number that can be stored")
    if re.fullmatch(r"[+-]?\d+", literal.text) and abs(int(literal.text)) <= _LARGEST_INTEGER:
        return int(literal.text)
    return value


def boolean(literal: Literal) -> bool | None:
    """Return an unquoted ``true`` or ``false``; None for anything else."""
    return None if literal.quoted else {"true": True, "false": False}.get(literal.text.lower())


def duration(literal: Literal) -> float:
    """Return seconds: a number, or one with a unit as in ``90s``, ``2h``, ``1.5d``.

    Raises:
        ConfigError: it is neither.
    """
    seconds = number(literal)
    seconds = _span(literal.text) if seconds is None else seconds
    if seconds is None:
        raise ConfigError("expected a duration: seconds, or a number with s, m, h, d or w, as in 2h")
    return seconds


def is_span(text: str) -> bool:
    """Return whether a text is a number with a unit of time, such as ``5 min``."""
    return _span(text) is not None


def moment(literal: Literal, now: float) -> float:
    """Return seconds since 1970: of a date or a time (UTC, unless it names a zone), or of ``7d ago``.

    Raises:
        ConfigError: it is neither.
    """
    ago = _AGO.fullmatch(literal.text)
    span = _span(ago.group(1)) if ago else None
    if span is not None:
        return now - span
    try:
        time = datetime.fromisoformat(literal.text)
        return (time if time.tzinfo else time.replace(tzinfo=UTC)).timestamp()
    except (ValueError, OverflowError):
        raise ConfigError("expected a time, as in 2026-01-31, '2026-01-31 18:00' or 7d ago (times are UTC)") from None


def pattern(literal: Literal) -> str:
    r"""Return a LIKE pattern, to be escaped by ``\``, for texts that contain the literal; ``*`` is any text."""
    escaped = re.sub(r"([\\%_])", r"\\\1", literal.text)
    return f"%{lowered(escaped).replace('*', '%')}%"


def lowered(text: str) -> str:
    """Return ``text`` with A to Z in small letters: databases agree on no others."""
    return text.translate(_LOWERED)


_LOWERED = {ord(letter): letter.lower() for letter in "ABCDEFGHIJKLMNOPQRSTUVWXYZ"}


def _span(text: str) -> float | None:
    match = _SPAN.fullmatch(text.lower())
    if match is None or match.group(2) not in _UNITS:
        return None
    return float(match.group(1)) * _UNITS[match.group(2)]
