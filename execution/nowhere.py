"""Where output goes that nobody is to have: /dev/null, for a descriptor of this process or instead of a stream."""

from __future__ import annotations

import os
from typing import TextIO

__all__ = ["nowhere", "write_nowhere"]


def nowhere() -> TextIO:
    """Return a stream for what Python has None instead of: the shell closed it (``>&-``)."""
    return open(os.devnull, "w", encoding="utf-8")  # noqa: PTH123


def write_nowhere(*descriptors: int) -> None:
    """Lose what is written to descriptors from now on, whoever in this process writes it, such as libraries in C."""
    null = os.open(os.devnull, os.O_WRONLY)
    for descriptor in descriptors:
        os.dup2(null, descriptor)
    os.close(null)
