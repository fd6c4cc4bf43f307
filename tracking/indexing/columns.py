"""Make what folders say fit the columns: PostgreSQL refuses what is too long, too large or no text."""

from __future__ import annotations

import functools
import hashlib
import json
import math
from collections.abc import Callable, Mapping
from typing import Any

from sqlalchemy import JSON, BigInteger, Boolean, Column, Double, Integer, String, Table
from sqlalchemy.sql.schema import ScalarElementColumnDefault

from atomic_files import finite

__all__ = ["fitted", "param_row", "plain_json", "shortened", "storable"]

_DIGEST_LENGTH = 9


def fitted(table: Table, row: Mapping[str, Any]) -> dict[str, Any]:
    """Return a row whose values the table can hold; what has no place in a column becomes NULL, or its default.

    Raises:
        ValueError: a column that must not be empty would be.
    """
    fits = _fits(table)
    values = {name: fits[name](value) for name, value in row.items()}
    for name, value in values.items():
        column = table.c[name]
        if value is None and not column.nullable:
            if not isinstance(column.default, ScalarElementColumnDefault):
                raise ValueError(f"{name}: {row[name]!r:.60} does not fit")
            values[name] = column.default.arg
    return values


def param_row(name: str, value: Any) -> dict[str, Any]:
    """Return the row of a configuration's value, apart from whose it is."""
    kind = "null" if value is None else type(value).__name__
    number = _number(value) if isinstance(value, bool | int | float) else None
    text = value if isinstance(value, str) else json.dumps(finite(value))
    return {"name": name, "kind": kind, "number": number, "text": text}


def shortened(text: str, length: int) -> str:
    """Return ``text``, or its beginning and a digest of the whole: what differs still differs."""
    if len(text) <= length:
        return text
    digest = hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()[: _DIGEST_LENGTH - 1]
    return f"{text[: length - _DIGEST_LENGTH]}~{digest}"


def storable(text: str) -> str:
    """Return ``text`` with a sign in place of what no database stores: zero characters and halves of characters."""
    if text.isascii() and "\0" not in text:
        return text
    return text.encode("utf-8", "replace").decode().replace("\0", "\N{REPLACEMENT CHARACTER}")


def plain_json(value: Any) -> Any:
    """Return a JSON value with storable text and finite numbers."""
    return _with_storable_text(finite(value))


def _with_storable_text(value: Any) -> Any:
    if isinstance(value, str):
        return storable(value)
    if isinstance(value, dict):
        return {storable(key): _with_storable_text(item) for key, item in value.items()}
    return [_with_storable_text(item) for item in value] if isinstance(value, list) else value


@functools.cache
def _fits(table: Table) -> dict[str, Callable[[Any], Any]]:
    return {column.name: _fit_of(column) for column in table.columns}


def _fit_of(column: Column[Any]) -> Callable[[Any], Any]:
    kind = column.type
    if isinstance(kind, String):
        return functools.partial(_text, length=kind.length, missing=None if column.nullable else "")
    if isinstance(kind, JSON):
        return plain_json
    if isinstance(kind, Boolean):
        return bool
    if isinstance(kind, Double):
        return _number
    assert isinstance(kind, Integer)
    return functools.partial(_integer, limit=2**63 if isinstance(kind, BigInteger) else 2**31)


def _text(value: Any, length: int | None, missing: str | None) -> str | None:
    if value is None:
        return missing
    text = storable(str(value))
    return text if length is None else shortened(text, length)


def _integer(value: Any, limit: int) -> int | None:
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return int(value) if isinstance(value, int) and -limit <= value < limit else None


def _number(value: Any) -> float | None:
    try:
        number = float(value) if isinstance(value, int | float) else math.nan
    except OverflowError:
        return None
    return number if math.isfinite(number) else None
