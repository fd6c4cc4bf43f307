"""Who has how much of which GPU."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from typing import Self

from execution.workers.gpus import Gpu

__all__ = ["GpuShares"]

GpuSet = tuple[str, ...]
_ROUNDING = 1e-6
"""Shares are floats: a third, three times, must fit."""


class GpuShares:
    """Hands out GPUs and shares of them.

    Args:
        gpus: all that may be handed out.
    """

    def __init__(self, gpus: Sequence[Gpu]) -> None:
        self._given = {gpu.id: 0.0 for gpu in gpus}
        self._slices = {gpu.id for gpu in gpus if gpu.is_slice}

    def find(self, amount: float, warm: Collection[GpuSet], is_free: Callable[[str], bool]) -> GpuSet | None:
        """Return the GPUs on which a job that needs ``amount`` can begin, or None.

        Args:
            amount: below 1 a share of one; otherwise whole ones.
            warm: sets that idle workers have; one of them is taken where it will do.
            is_free: whether nobody else uses a GPU.
        """
        if amount == 0:
            return ()
        usable = [
            id for id, given in self._given.items() if given + min(amount, 1.0) <= 1.0 + _ROUNDING and is_free(id)
        ]
        number = max(1, round(amount))
        if number > 1:
            usable = [id for id in usable if id not in self._slices]
        if len(usable) < number:
            return None
        for gpus in warm:
            if len(gpus) == number and set(gpus) <= set(usable):
                return gpus
        # The fullest first: whole ones are left for those who need whole ones.
        return tuple(sorted(usable, key=lambda id: -self._given[id])[:number])

    def copy(self) -> Self:
        """Return another that begins with the same shares."""
        copied = type(self)(())
        copied._given, copied._slices = dict(self._given), self._slices
        return copied

    def most_at_once(self) -> float:
        """Return the most that one job can ask for."""
        whole = len(self._given) - len(self._slices)
        return float(max(whole, 1 if self._given else 0))

    def take(self, gpus: GpuSet, amount: float) -> None:
        """Note that a job has them."""
        for id in gpus:
            self._given[id] += min(amount, 1.0)

    def give_back(self, gpus: GpuSet, amount: float) -> None:
        """Note that a job has ended."""
        for id in gpus:
            self._given[id] = max(0.0, self._given[id] - min(amount, 1.0))
