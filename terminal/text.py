"""Text of whatever origin, before a terminal shows it."""

from __future__ import annotations

import re

__all__ = ["printable"]

_OBEYED = "\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069"
"""What a terminal would obey instead of showing: control characters, and marks that turn the direction of writing."""
_IN_LINES = re.compile(f"[{_OBEYED}]")
_IN_ONE_LINE = re.compile(f"[\t\n{_OBEYED}]")


def printable(text: str, one_line: bool = True) -> str:
    """Return text without what a terminal would obey instead of showing.

    Args:
        text: of whatever origin.
        one_line: ends of lines are shown instead of obeyed, too.
    """
    return (_IN_ONE_LINE if one_line else _IN_LINES).sub(lambda found: repr(found[0])[1:-1], text)
