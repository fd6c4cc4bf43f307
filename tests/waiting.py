"""Waiting for what other processes and threads bring about."""

from __future__ import annotations

import time
from collections.abc import Callable

__all__ = ["PATIENCE_S", "until"]

PATIENCE_S = 120.0
"""A cluster takes its time, and so does a busy machine."""


def until(condition: Callable[[], object], what: str = "it", patience_s: float = PATIENCE_S) -> None:
    """Wait for a condition.

    Args:
        condition: looked at again and again.
        what: named where it is waited for in vain.
        patience_s: longest time, in seconds; that it takes less proves nothing and costs nothing.

    Raises:
        AssertionError: it was never met.
    """
    limit = time.monotonic() + patience_s
    while not condition():
        assert time.monotonic() < limit, f"waited {patience_s:g} s for {what}"
        time.sleep(0.02)
