"""Configurations of any kind as plain values that JSON holds."""

from __future__ import annotations

import argparse
import dataclasses
import datetime
import enum
import math
import re
from collections.abc import Iterable, Mapping
from numbers import Integral, Real
from os import PathLike, fspath
from typing import Any

from errors import ConfigError
from tracking.recording.secret_values import HIDDEN, names_secret, without_secrets

__all__ = ["fields_of", "plain", "plain_config"]

_LONGEST_REPR = 1_000
_DEEPEST = 50
_LARGEST_INTEGER = 2**63 - 1
_ADDRESS = re.compile(r" at 0x[0-9a-fA-F]+")


def plain_config(config: Any) -> dict[str, Any]:
    """Return a configuration as nested dictionaries that JSON holds and anybody may see.

    Values of names such as ``password`` or ``api_key``, and tokens that are known by their form, become stars; numbers
    that are not finite become the texts ``inf``, ``-inf`` and ``nan``, as JSON knows none.

    Args:
        config: a dataclass, a mapping, an argparse namespace, a pydantic model, an object with ``to_dict()`` such as
            transformers' TrainingArguments, or None.

    Raises:
        ConfigError: it is nothing of that.
    """
    values = {} if config is None else _presentable(plain(config))
    if not isinstance(values, dict):
        raise ConfigError(f"config: expected a dataclass or a mapping, got {type(config).__name__}")
    return values


def _presentable(value: Any, is_secret: bool = False) -> Any:
    if isinstance(value, str):
        return HIDDEN if is_secret and value else without_secrets(value)
    if isinstance(value, float):
        return value if math.isfinite(value) else str(value)
    if isinstance(value, dict):
        return {key: _presentable(item, is_secret or names_secret(key)) for key, item in value.items()}
    return [_presentable(item, is_secret) for item in value] if isinstance(value, list) else value


def plain(value: Any, depth: int = 0) -> Any:
    """Return plain values: paths, enumerations, sets and dates too; what JSON cannot hold as its representation."""
    if value is None or type(value) in (bool, float):
        return value
    if type(value) is str:
        return _storable(value)
    if depth > _DEEPEST:
        return _array_or_repr(value)
    fields = fields_of(value)
    if fields is not None:
        return {_key(key): plain(item, depth + 1) for key, item in fields.items()}
    if isinstance(value, list | tuple):
        return [plain(item, depth + 1) for item in value]
    if isinstance(value, set | frozenset):
        return [plain(item, depth + 1) for item in _sorted(value)]
    return _plain_scalar(value)


def fields_of(value: Any) -> Mapping[Any, Any] | None:
    """Return the names and values that an object consists of, or None where it is no such object."""
    if isinstance(value, type):
        return None
    if isinstance(value, Mapping):
        return value
    for name in ("to_dict", "model_dump"):
        method = getattr(value, name, None)
        if callable(method):
            try:
                converted = method()
            except Exception:
                # A foreign method that wants arguments or fails: the object's fields serve as well.
                continue
            if isinstance(converted, Mapping):
                return converted
    if dataclasses.is_dataclass(value):
        return {field.name: getattr(value, field.name, None) for field in dataclasses.fields(value)}
    return vars(value) if isinstance(value, argparse.Namespace) else None


def _key(key: Any) -> str:
    return _storable(str(plain(key)) if isinstance(key, enum.Enum | PathLike) else str(key))


def _storable(text: str) -> str:
    """Return ``text`` without what UTF-8 or PostgreSQL cannot hold: halves of characters, and zeros."""
    return text if text.isascii() and "\0" not in text else text.encode(errors="replace").decode().replace("\0", "")


def _sorted(values: Iterable[Any]) -> list[Any]:
    return sorted(values, key=lambda item: (type(item).__name__, repr(item)))


def _plain_scalar(value: Any) -> Any:
    if isinstance(value, enum.Enum):
        return plain(value.value)
    if isinstance(value, str):
        return _storable(str(value))
    if isinstance(value, Integral):
        # Databases count to 2^63, JSON's readers often less far.
        number = int(value)
        return number if abs(number) <= _LARGEST_INTEGER else str(number)
    if isinstance(value, Real):
        return float(value)
    if isinstance(value, PathLike):
        path = fspath(value)
        return _storable(path) if isinstance(path, str) else repr(path)
    if isinstance(value, datetime.date | datetime.time):
        return value.isoformat()
    return _array_or_repr(value)


def _array_or_repr(value: Any) -> Any:
    try:
        listed = value.tolist() if callable(getattr(value, "tolist", None)) else None
    except Exception:
        listed = None
    if isinstance(listed, bool | int | float | str | list):
        text = repr(value)
        return listed if len(text) <= _LONGEST_REPR else text[:_LONGEST_REPR]
    try:
        return _storable(_description(value)[:_LONGEST_REPR])
    except Exception:
        return f"<{type(value).__name__}>"


def _description(value: Any) -> str:
    """Return what says of an object what it is, in every process the same: seeds of one group must not differ in it."""
    name = getattr(value, "__qualname__", None)
    if isinstance(name, str):
        module = getattr(value, "__module__", None)
        return name if module in (None, "builtins") else f"{module}.{name}"
    # torch.device("cpu") is "cpu" to whoever wrote it.
    return str(value) if type(value).__module__ == "torch" else _ADDRESS.sub("", repr(value))
