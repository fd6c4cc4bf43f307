"""Waiting for what local workers do: an executor without a thread has to be given its turns meanwhile."""

from __future__ import annotations

from collections.abc import Callable, Collection

from execution.base import Executor, Handle
from tests.waiting import until

__all__ = ["turn_until"]


def turn_until(executor: Executor, handles: Collection[Handle], condition: Callable[[], object], what: str) -> None:
    """Let an executor work until a condition is met; see :func:`tests.waiting.until`."""

    def is_met() -> object:
        executor.wait(handles, 0.05)
        return condition()

    until(is_met, what)
