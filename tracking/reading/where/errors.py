"""Errors of a filter, which point at the place that is wrong."""

from __future__ import annotations

import unicodedata
from typing import NamedTuple

from errors import ConfigError

__all__ = ["Place", "filter_error"]

_SHOWN = 100
_BEFORE = 60


class Place(NamedTuple):
    """Where something stands in the text of a filter."""

    start: int
    end: int


def filter_error(message: str, text: str, place: Place) -> ConfigError:
    """Return an error with the filter's text and a line of carets below what it is about."""
    first = max(0, place.start - _BEFORE) if len(text) > _SHOWN else 0
    shown = _printable(text[first : first + _SHOWN])
    before = _printable(text[first : place.start])
    marked = _printable(text[place.start : min(place.end, first + _SHOWN)])
    carets = " " * _width(before) + "^" * max(1, _width(marked))
    return ConfigError(f"filter, column {place.start + 1}: {message}\n  {shown}\n  {carets}")


def _printable(text: str) -> str:
    return "".join(character if character.isprintable() else " " for character in text)


def _width(text: str) -> int:
    """Return how many columns of a terminal a text fills."""
    return sum(_width_of(character) for character in text)


def _width_of(character: str) -> int:
    if unicodedata.combining(character):
        return 0
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1
