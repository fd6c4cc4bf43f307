"""Texts of pictures in characters that some font has: names come from any script, and no font has them all."""

from __future__ import annotations

import functools
from collections.abc import Iterable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from matplotlib.figure import Figure
    from matplotlib.text import Text

__all__ = ["make_legible"]


def make_legible(figure: Figure) -> None:
    """Give texts the installed fonts that their characters need; a character that none has is written as its code.

    Without this, matplotlib draws a box and prints a warning for each.
    """
    from matplotlib.axis import Axis
    from matplotlib.text import Text
    from matplotlib.ticker import FixedLocator, FuncFormatter

    for axis in figure.findobj(Axis):
        assert isinstance(axis, Axis)
        if isinstance(axis.get_major_locator(), FixedLocator) and isinstance(axis.get_major_formatter(), FuncFormatter):
            # Names given to ticks are written anew whenever the picture is drawn. Axes that share them show them once.
            names = axis.get_majorticklabels()
            if len(names) != len(axis.get_majorticklocs()):
                continue
            for name in names:
                _make_legible(name)
            axis.set_ticklabels([name.get_text() for name in names])
    for text in figure.findobj(Text):
        assert isinstance(text, Text)
        if not text.get_text().isascii() or not text.get_text().isprintable():
            _make_legible(text)


def _make_legible(text: Text) -> None:
    from matplotlib.font_manager import findfont

    own = _characters(findfont(text.get_fontproperties()))
    families: list[str] = []
    shown = []
    for character in text.get_text():
        family = None if character in "\n" or ord(character) in own else _family_with(character)
        if family is not None and family not in families:
            families.append(family)
        known = character == "\n" or ord(character) in own or family is not None
        shown.append(character if known and (character == "\n" or character.isprintable()) else _code(character))
    text.set_text("".join(shown))
    if families:
        text.set_fontfamily([*_names(text.get_fontfamily()), *families])


def _names(families: str | Iterable[str]) -> list[str]:
    return [families] if isinstance(families, str) else list(families)


def _code(character: str) -> str:
    r"""Return ``\x1b``, ``\u65e5`` or ``\U0001f600``."""
    return character.encode("unicode_escape", "backslashreplace").decode("ascii")


@functools.cache
def _characters(font_file: str) -> frozenset[int]:
    """Return the characters of a font; none of one that cannot be drawn, such as coloured emoji."""
    from matplotlib.ft2font import FT2Font

    try:
        font = FT2Font(font_file)
        return frozenset(font.get_charmap()) if font.scalable else frozenset()
    except (OSError, RuntimeError):
        return frozenset()


@functools.cache
def _family_with(character: str) -> str | None:
    from matplotlib.font_manager import fontManager

    upright = (entry for entry in fontManager.ttflist if entry.style == "normal" and "Last Resort" not in entry.name)
    return next((entry.name for entry in upright if ord(character) in _characters(entry.fname)), None)
