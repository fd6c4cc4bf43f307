"""Dataclasses checked on construction: an error names the field, the rule, the value and the nearest valid name."""

from __future__ import annotations

import dataclasses
import functools
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, TypeVar, dataclass_transform, get_args, get_type_hints

import pydantic
from pydantic import ConfigDict, ValidationError
from pydantic.dataclasses import dataclass as pydantic_dataclass

from errors import ConfigError
from registry import nearest

__all__ = ["field_names", "from_flags", "from_mapping", "number_or_text", "pairs_of", "validated_dataclass"]

T = TypeVar("T")


@dataclass_transform(kw_only_default=True, frozen_default=True, field_specifiers=(pydantic.Field, dataclasses.field))
def validated_dataclass(cls: type[T]) -> type[T]:
    """Make ``cls`` a frozen, keyword-only pydantic dataclass whose constructor raises :class:`ConfigError`.

    Lists become tuples and mappings nested dataclasses, as JSON needs, but no scalar changes its type: ``"0.3"`` or
    ``True`` for a number is an error. A whole number for a float is fine.
    """
    # Defaults are validated too: a float field's default of 6 must be 6.0, as it is when the user writes 6.
    settings = ConfigDict(extra="forbid", arbitrary_types_allowed=False, allow_inf_nan=False, validate_default=True)
    made: Any = pydantic_dataclass(cls, frozen=True, kw_only=True, config=settings)
    made.__init__ = _translate_errors(made.__init__)
    return made  # type: ignore[no-any-return]


def _translate_errors(init: Callable[..., None]) -> Callable[..., None]:
    @functools.wraps(init)
    def checked_init(self: Any, *args: Any, **kwargs: Any) -> None:
        owner = type(self)
        if args:
            names = ", ".join(f"{name}=" for name in field_names(owner)) or "none"
            raise ConfigError(f"{owner.__name__}: write every field with its name ({names}), got {args[0]!r} without")
        try:
            init(self, **kwargs)
        except ValidationError as error:
            raise ConfigError(_explain(error, owner)) from None
        changed = [line for name, given in kwargs.items() for line in _coerced(given, getattr(self, name), name)]
        if changed:
            raise ConfigError("; ".join(f"{owner.__name__}.{line}" for line in changed))

    return checked_init


def _coerced(given: Any, made: Any, path: str) -> Iterator[str]:
    """Yield a complaint for each scalar whose type validation changed."""
    if given is made:
        return
    if isinstance(made, tuple) and isinstance(given, Sequence):
        for index, (before, after) in enumerate(zip(given, made, strict=False)):
            yield from _coerced(before, after, f"{path}.{index}")
    elif isinstance(made, Mapping) and isinstance(given, Mapping):
        for key in (key for key in given if key in made):
            yield from _coerced(given[key], made[key], f"{path}.{key}")
    elif dataclasses.is_dataclass(made) and isinstance(given, Mapping):
        for name in (name for name in field_names(type(made)) if name in given):
            yield from _coerced(given[name], getattr(made, name), f"{path}.{name}")
    elif isinstance(made, bool | int | float | str) and not _same_kind(given, made):
        yield f"{path}: input should be {_KINDS[type(made)]}, got {given!r}"


_KINDS: Mapping[type, str] = {bool: "true or false", int: "a whole number", float: "a number", str: "a string"}


def _same_kind(given: Any, made: Any) -> bool:
    if isinstance(given, bool) or isinstance(made, bool):
        return isinstance(given, bool) and isinstance(made, bool)
    return isinstance(given, int | float if isinstance(made, float) else type(made))


def field_names(cls: type) -> list[str]:
    """Return the names of a dataclass's fields, in order."""
    return [field.name for field in dataclasses.fields(cls)]


def from_mapping(cls: type[T], values: Mapping[str, Any]) -> T:
    """Construct ``cls`` from a mapping; nested mappings are validated too.

    Raises:
        ConfigError: not a mapping, an unknown key, a wrong type or an impossible value.
    """
    if not isinstance(values, Mapping):
        raise ConfigError(f"{cls.__name__}: expected a mapping of fields, got {values!r}")
    return cls(**{str(key): value for key, value in values.items()})


def from_flags(cls: type[T], values: Mapping[str, Any], flags: Mapping[str, str] | None = None) -> T:
    """Construct ``cls`` from what a command line gives for its fields; an error names the flag and no class.

    Args:
        cls: a validated dataclass whose fields are called as the flags, ``max_seeds`` as ``--max-seeds``.
        values: of the flags that were given; None stands for a flag that was not.
        flags: of the fields that are called otherwise, ``--gpus`` for ``gpu_ids``.

    Raises:
        ConfigError: an impossible value.
    """
    called = flags or {}

    # Which one of several it is, the value says; nobody counts words behind a flag from 0.
    def flag(found: re.Match[str]) -> str:
        return called.get(found[1], f"--{found[1].replace('_', '-')}")

    try:
        return cls(**{name: value for name, value in values.items() if value is not None})
    except ConfigError as error:
        raise ConfigError(re.sub(rf"\b{cls.__name__}\.(\w+)(\.\d+\b)?", flag, str(error))) from None


def pairs_of(words: Sequence[str], flag: str, parse: Callable[[str], Any]) -> dict[str, Any]:
    """Return what ``NAME=VALUE`` words say.

    Args:
        words: as they were given.
        flag: behind which they stand, for the error.
        parse: makes a value of its text.

    Raises:
        ConfigError: a word of another form.
    """
    pairs = {}
    for word in words:
        name, equals, value = word.partition("=")
        if not equals or not name:
            raise ConfigError(f"{flag} {word}: expected NAME=VALUE")
        pairs[name] = parse(value)
    return pairs


def number_or_text(value: str) -> Any:
    """Return the number, the truth value or None that a text stands for, else the text."""
    for known, meant in (("true", True), ("false", False), ("none", None)):
        if value.lower() == known:
            return meant
    for kind in (int, float):
        try:
            return kind(value)
        except ValueError:
            continue
    return value


def _explain(error: ValidationError, cls: type) -> str:
    lines = [_explain_one(dict(detail), cls) for detail in error.errors()]
    return "; ".join(dict.fromkeys(lines))


def _explain_one(detail: dict[str, Any], cls: type) -> str:
    location = detail["loc"]
    where = ".".join([cls.__name__, *map(str, location)])
    if detail["type"] in ("unexpected_keyword_argument", "extra_forbidden"):
        owner = _owner(cls, location[:-1])
        valid = field_names(owner) if owner else []
        listing = f" (fields: {', '.join(valid)})" if valid else ""
        return f"{where}: no such field{nearest(str(location[-1]), valid)}{listing}"
    if detail["type"] == "missing":
        return f"{where}: this field is required"
    cause = detail.get("ctx", {}).get("error")
    if isinstance(cause, ConfigError):
        return f"{where}: {cause}"
    rule = detail["msg"].removeprefix("Value error, ")
    shown = f", got {detail['input']!r}" if location else ""
    return f"{where}: {rule[0].lower()}{rule[1:]}{shown}"


def _owner(cls: type, location: Sequence[str | int]) -> type | None:
    """Return the dataclass that ``location``, a path of field names and indices from ``cls``, leads to."""
    owner: type | None = cls
    for part in location:
        if owner is not None and isinstance(part, str):
            owner = _dataclass_in(get_type_hints(owner).get(part))
    return owner


def _dataclass_in(hint: Any) -> type | None:
    if isinstance(hint, type) and dataclasses.is_dataclass(hint):
        return hint
    return next((found for part in get_args(hint) if (found := _dataclass_in(part))), None)
