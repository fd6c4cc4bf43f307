"""A filter's text as tokens."""

from __future__ import annotations

import re
from enum import Enum
from typing import NamedTuple

from errors import ConfigError
from tracking.reading.where.errors import Place, filter_error

__all__ = ["MAX_LENGTH", "Kind", "Token", "quoted", "tokenize"]

MAX_LENGTH = 10_000
"""Characters of a filter."""

_QUOTED = r"'(?:[^']|'')*'|\"(?:[^\"]|\"\")*\""
_BARE = r"[^\s()<>=!~,'\"]+"
_TOKEN = re.compile(
    rf"(?P<space>\s+)|(?P<operator><=|<>|>=|==|!=|!~|[<>=~])|(?P<mark>[(),])|(?P<word>(?:{_BARE}|{_QUOTED})+)"
)
_PIECE = re.compile(rf"{_QUOTED}|{_BARE}")


class Kind(Enum):
    """What a token is."""

    WORD = "word"
    STRING = "string"
    """A text in quotes, and nothing beside it."""
    OPERATOR = "operator"
    MARK = "mark"
    END = "end"


class Token(NamedTuple):
    """One token; the quotes of a word or a string are taken off."""

    kind: Kind
    text: str
    place: Place


def tokenize(text: str) -> list[Token]:
    """Return the tokens of a filter, an END last.

    Raises:
        ConfigError: a quote that nobody closes, a character that means nothing, or a text that is too long.
    """
    if len(text) > MAX_LENGTH:
        raise ConfigError(f"filter: {len(text):,} characters; at most {MAX_LENGTH:,} are read")
    tokens, position = [], 0
    while position < len(text):
        match = _TOKEN.match(text, position)
        if match is None:
            raise _unreadable(text, position)
        if match.lastgroup != "space":
            tokens.append(_token(text, match))
        position = match.end()
    return [*tokens, Token(Kind.END, "", Place(len(text), len(text)))]


def _token(text: str, match: re.Match[str]) -> Token:
    place = Place(*match.span())
    if match.lastgroup != "word":
        return Token(Kind(match.lastgroup), match.group(), place)
    _check_storable(text, place)
    pieces = _PIECE.findall(match.group())
    is_string = len(pieces) == 1 and pieces[0][0] in "'\""
    return Token(Kind.STRING if is_string else Kind.WORD, "".join(map(_unquoted, pieces)), place)


def _unquoted(piece: str) -> str:
    quote = piece[0]
    return piece[1:-1].replace(quote * 2, quote) if quote in "'\"" else piece


def _check_storable(text: str, place: Place) -> None:
    """Refuse what no database takes as text: it would be the driver's error, without a place."""
    for position in range(*place):
        if text[position] == "\0" or "\ud800" <= text[position] <= "\udfff":
            raise filter_error("a character that no text may hold", text, Place(position, position + 1))


def _unreadable(text: str, position: int) -> ConfigError:
    character = text[position]
    if character in "'\"":
        return filter_error("this quote is not closed", text, Place(position, position + 1))
    return filter_error(f"{character!r} means nothing here", text, Place(position, position + 1))


def quoted(text: str) -> str:
    """Return ``text`` as a value of a filter."""
    return "'" + text.replace("'", "''") + "'"
