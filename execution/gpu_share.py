"""How much of a GPU a job gets that leaves it open."""

from __future__ import annotations

import math

__all__ = ["fair_share"]


def fair_share(jobs_at_once: int, gpus: float) -> float:
    """Return a share with which so many jobs can run at the same time: a whole GPU each, or an equal part of one.

    Args:
        jobs_at_once: how many.
        gpus: how many there are; 0 gives 0.
    """
    return 1.0 / math.ceil(jobs_at_once / gpus) if gpus else 0.0
