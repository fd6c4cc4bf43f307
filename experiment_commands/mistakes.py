"""What is wrong with a command, in the words of this program instead of the parser's."""

from __future__ import annotations

import re

import typer
from pydantic import ValidationError

__all__ = ["mistake"]

_WORDS = {
    r"Invalid value for '(-[^']+)'(?: / '[^']+')*: ": r"\1: ",
    r"Input should be a valid integer\b[^']*": "expected a whole number",
    r"Input should be a valid number\b[^']*": "expected a number",
    r"Input should be greater than or equal to (\S+)": r"expected \1 or more",
    r"Input should be less than or equal to (\S+)": r"expected \1 or less",
    r"Got unexpected extra arguments?\S* \((.*)\)": r"unexpected argument: \1",
    r"No such option: (\S+)": r"no such option '\1'",
    r" \(Possible options: (\S+?)(,.*)?\)": r"; did you mean '\1'?",
    r"\. Did you mean": "; did you mean",
}


def mistake(error: typer.TyperException) -> str:
    """Return one line that names the mistake."""
    text = error.format_message().strip().rstrip(".")
    for pattern, words in _WORDS.items():
        text = re.sub(pattern, words, text)
    text = _with_unit(text, error) + _got(error)
    return f"{text[:1].lower()}{text[1:]}{'' if text.endswith('?') else ';'} see --help"


def _with_unit(text: str, error: typer.TyperException) -> str:
    """Say of what a number is expected, where its value has a unit."""
    # On use: it takes the executors, and mistakes are seldom.
    from execution.flags import NUMBERS

    expected = NUMBERS.get(getattr(getattr(error, "param", None), "metavar", None) or "")
    return re.sub(r"\ba number$", expected, text) if expected else text


def _got(error: typer.TyperException) -> str:
    """Return the value that a check refused."""
    refused = error.__cause__
    return f", got {refused.errors()[0]['input']!r}" if isinstance(refused, ValidationError) else ""
