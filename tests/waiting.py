"""Waiting for what other processes and threads bring about."""

from __future__ import annotations

import inspect
import linecache
import time
from collections.abc import Callable

__all__ = ["PATIENCE_S", "call_in_words", "until"]

PATIENCE_S = 240.0
"""A cluster takes its time, and so does a busy machine."""


def until(condition: Callable[[], object], what: str = "", patience_s: float = PATIENCE_S) -> None:
    """Wait for a condition.

    Args:
        condition: looked at again and again.
        what: named where it is waited for in vain; empty: the lines that call this.
        patience_s: longest time, in seconds; that it takes less proves nothing and costs nothing.

    Raises:
        AssertionError: it was never met.
    """
    limit = time.monotonic() + patience_s
    while not condition():
        if time.monotonic() >= limit:
            raise AssertionError(f"waited {patience_s:g} s for {what or call_in_words()}")
        time.sleep(0.02)


def call_in_words() -> str:
    """Return the source of the call that the caller of this is about: ``until(lambda: done(), patience_s=5)``.

    A traceback says as much, but neither that of a thread nor what a program keeps of an error.
    """
    caller = inspect.stack(context=0)[2]
    place = caller.positions
    last = place.end_lineno if place is not None and place.end_lineno else caller.lineno
    lines = (linecache.getline(caller.filename, number).strip() for number in range(caller.lineno, last + 1))
    return f"{' '.join(lines)} (line {caller.lineno} of {caller.filename})"
