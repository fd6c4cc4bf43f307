"""What is called when the interpreter ends, and in a process that was forked from this one."""

from __future__ import annotations

import atexit
import os
from collections.abc import Callable, Hashable
from typing import NamedTuple

__all__ = ["forget", "remember"]


class _Calls(NamedTuple):
    at_exit: Callable[[], None]
    after_fork: Callable[[], None]


_REMEMBERED: dict[Hashable, _Calls] = {}


def remember(owner: Hashable, at_exit: Callable[[], None], after_fork: Callable[[], None]) -> None:
    """Keep ``owner`` alive until it is forgotten, and call it back."""
    _REMEMBERED[owner] = _Calls(at_exit, after_fork)


def forget(owner: Hashable) -> None:
    """Call ``owner`` back no more."""
    _REMEMBERED.pop(owner, None)


def _exit() -> None:
    for calls in list(_REMEMBERED.values()):
        calls.at_exit()


def _forked() -> None:
    for calls in list(_REMEMBERED.values()):
        calls.after_fork()
    # What lives in the parent ends there.
    _REMEMBERED.clear()


atexit.register(_exit)
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forked)
