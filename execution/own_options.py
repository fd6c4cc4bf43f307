"""Options that one executor alone has: fields of a dataclass beside it, and ``NAME=VALUE`` words on command lines."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, get_args, get_origin, get_type_hints

from errors import ConfigError
from validated import field_names, number_or_text

__all__ = ["from_words"]


def from_words(words: Sequence[str], options_class: type[Any] | None, flag: str) -> dict[str, Any]:
    """Return fields of ``options_class`` from words as people write them; they are not validated yet.

    A value is a number, true, false or none where its field may be one, else text. ``NAME=VALUE`` may be given several
    times for a field that holds several values; ``NAME.KEY=VALUE`` fills a field that is a mapping.

    Args:
        words: as they were given.
        options_class: None where there is none.
        flag: behind which they stand, for the error.

    Raises:
        ConfigError: a word of another form, or a value that would be lost.
    """
    hints = {} if options_class is None else get_type_hints(options_class)
    options: dict[str, Any] = {}
    for word in words:
        path, equals, text = word.partition("=")
        name, dot, key = path.partition(".")
        if not equals or not name:
            names = ", ".join(field_names(options_class)) if options_class else ""
            raise ConfigError(f"{flag} {word}: expected NAME=VALUE" + (f" (names: {names})" if names else ""))
        value = number_or_text(text) if _may_be_number(hints.get(name)) else text
        if dot:
            options.setdefault(name, {})[key] = value
        elif get_origin(hints.get(name)) is tuple:
            options.setdefault(name, []).append(value)
        elif name in options:
            raise ConfigError(f"{flag} {word}: {name} is given twice")
        else:
            options[name] = value
    return options


def _may_be_number(hint: Any) -> bool:
    return bool(_kinds(hint) & {bool, int, float})


def _kinds(hint: Any) -> set[type]:
    """Return the types that a value may have, within whatever holds several."""
    parts = get_args(hint)
    if not parts:
        return {hint if isinstance(hint, type) else type(hint)}
    return set().union(*(_kinds(part) for part in parts))
