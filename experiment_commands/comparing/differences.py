"""Where nested values differ: typed, by dotted names, and nothing that is equal."""

from __future__ import annotations

import hashlib
import json
import math
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

__all__ = ["MISSING", "Difference", "Missing", "differences", "same", "value_text"]

_LONGEST_TEXT = 160
_PLAIN = re.compile(r"[^\s,\[\]{}\"–](?:[^,\[\]{}\"]*[^\s,\[\]{}\"])?")


class Missing:
    """Stands where one side has no value at all, which is not the same as null."""

    def __repr__(self) -> str:
        return "MISSING"


MISSING = Missing()


class Names(tuple[str, ...]):
    """The order of a list whose elements go by their names."""


class Element(NamedTuple):
    """A place in a list: told apart from the key of a mapping that reads the same."""

    place: str | int

    def __str__(self) -> str:
        return str(self.place)


Path = tuple[str | Element, ...]


class Difference(NamedTuple):
    """One leaf that is not the same everywhere."""

    path: Path
    values: tuple[Any, ...]
    """One for each of the compared; :data:`MISSING` where there is none."""

    @property
    def name(self) -> str:
        """The path as one dotted name; a key that holds a dot is quoted."""
        return ".".join(json.dumps(part) if isinstance(part, str) and "." in part else str(part) for part in self.path)


def differences(compared: Sequence[Mapping[str, Any]]) -> list[Difference]:
    """Return the leaves in which mappings differ, in the order in which they are first met.

    Elements of a list of mappings that all have a name of their own are compared by name, wherever they stand; their
    order is a leaf of its own. Other lists of mappings are compared by position, and lists of plain values as one.
    """
    leaves = [dict(_leaves(values)) for values in compared]
    found = []
    for path in dict.fromkeys(path for each in leaves for path in each):
        values = tuple(each.get(path, MISSING) for each in leaves)
        if not all(same(values[0], value) for value in values[1:]):
            found.append(Difference(path, values))
    return found


def _leaves(value: Any, path: Path = ()) -> Iterator[tuple[Path, Any]]:
    if isinstance(value, Mapping) and (value or not path):
        for key, item in value.items():
            yield from _leaves(item, (*path, str(key)))
    elif isinstance(value, list | tuple) and any(isinstance(item, Mapping) for item in value):
        yield from _elements(list(value), path)
    else:
        yield path, value


def _elements(items: list[Any], path: Path) -> Iterator[tuple[Path, Any]]:
    names = [item.get("name") if isinstance(item, Mapping) else None for item in items]
    strings = Names(name for name in names if isinstance(name, str))
    if len(set(strings)) < len(items):
        for position, item in enumerate(items):
            yield from _leaves(item, (*path, Element(position)))
        return
    yield path, strings
    for name, item in zip(strings, items, strict=True):
        for key, inner in item.items():
            if key != "name":
                yield from _leaves(inner, (*path, Element(name), str(key)))


def same(first: Any, second: Any) -> bool:
    """Return whether two values are the same: 1 and 1.0 are, 1 and true, ``"1"`` or null are not."""
    if isinstance(first, bool) or isinstance(second, bool):
        return first is second
    if isinstance(first, int | float) and isinstance(second, int | float):
        return first == second or (math.isnan(first) and math.isnan(second))
    if isinstance(first, Mapping) and isinstance(second, Mapping):
        return first.keys() == second.keys() and all(same(value, second[key]) for key, value in first.items())
    if type(first) is not type(second):
        return False
    if isinstance(first, list | tuple):
        return len(first) == len(second) and all(map(same, first, second))
    return bool(first == second)


def value_text(value: Any) -> str:
    """Return a value as a table shows it; values that differ read differently.

    A string stands as it is unless it could be taken for something else: ``"1"`` and ``"null"`` keep their quotes.
    """
    if isinstance(value, Missing):
        return "–"
    if isinstance(value, Names):
        return f"[{', '.join(map(_string_text, value))}]"
    text = _string_text(value) if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)
    if len(text) <= _LONGEST_TEXT:
        return text
    digest = hashlib.sha256(text.encode(errors="surrogatepass")).hexdigest()[:8]
    return f"{text[: _LONGEST_TEXT - 40]}… ({len(text)} characters, sha256 {digest})"


def _string_text(text: str) -> str:
    if _PLAIN.fullmatch(text) and text.isprintable() and not _is_json(text):
        return text
    return json.dumps(text, ensure_ascii=not text.isprintable())


def _is_json(text: str) -> bool:
    try:
        json.loads(text)
    except (ValueError, RecursionError):
        return False
    return True
