"""Which of the processes that torchrun started this one is, known without importing torch."""

from __future__ import annotations

import os

__all__ = ["is_first_process", "num_processes"]


def is_first_process() -> bool:
    """Whether this process speaks and cleans up for all; true where there is only one."""
    return int(os.environ.get("RANK", "0")) == 0


def num_processes() -> int:
    """Return how many processes train together."""
    return int(os.environ.get("WORLD_SIZE", "1"))
