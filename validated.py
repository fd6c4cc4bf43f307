"""Dataclasses checked on construction: an error names the field, the rule, the value and the nearest valid name."""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Callable, Mapping
from typing import Any, TypeVar, dataclass_transform

import pydantic
from pydantic import ConfigDict, ValidationError
from pydantic.dataclasses import dataclass as pydantic_dataclass

from errors import ConfigError
from registry import nearest

__all__ = ["field_names", "from_mapping", "validated_dataclass"]

T = TypeVar("T")


@dataclass_transform(kw_only_default=True, frozen_default=True, field_specifiers=(pydantic.Field, dataclasses.field))
def validated_dataclass(cls: type[T]) -> type[T]:
    """Make ``cls`` a frozen, keyword-only pydantic dataclass whose constructor raises :class:`ConfigError`."""
    settings = ConfigDict(extra="forbid", arbitrary_types_allowed=False, allow_inf_nan=False)
    made: Any = pydantic_dataclass(cls, frozen=True, kw_only=True, config=settings)
    made.__init__ = _translate_errors(made.__init__, made)
    return made  # type: ignore[no-any-return]


def _translate_errors(init: Callable[..., None], cls: type) -> Callable[..., None]:
    @functools.wraps(init)
    def checked_init(self: Any, *args: Any, **kwargs: Any) -> None:
        try:
            init(self, *args, **kwargs)
        except ValidationError as error:
            raise ConfigError(_explain(error, type(self))) from None

    return checked_init


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


def _explain(error: ValidationError, cls: type) -> str:
    lines = [_explain_one(dict(detail), cls) for detail in error.errors()]
    return "; ".join(dict.fromkeys(lines))


def _explain_one(detail: dict[str, Any], cls: type) -> str:
    path = ".".join(str(part) for part in detail["loc"])
    owner = cls.__name__
    if detail["type"] in ("unexpected_keyword_argument", "extra_forbidden"):
        valid = field_names(cls) if len(detail["loc"]) == 1 else []
        listing = f" (fields: {', '.join(valid)})" if valid else ""
        return f"{owner}.{path}: no such field{nearest(str(detail['loc'][-1]), valid)}{listing}"
    if detail["type"] == "missing":
        return f"{owner}.{path}: this field is required"
    if detail["type"] == "value_error" and isinstance(detail.get("ctx", {}).get("error"), ConfigError):
        return str(detail["ctx"]["error"])
    rule = detail["msg"].removeprefix("Value error, ")
    where = f"{owner}.{path}" if path else owner
    shown = "" if not path else f", got {detail['input']!r}"
    return f"{where}: {rule[0].lower()}{rule[1:]}{shown}"
