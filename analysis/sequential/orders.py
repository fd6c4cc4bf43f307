"""Which runs a look counts, where two sides are run by somebody else: those of each side that ended first."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import chain, count, islice
from typing import NamedTuple

__all__ = ["Orders", "orders_of"]


class Orders(NamedTuple):
    """The runs of two sides, in the order in which they count."""

    together: tuple[int, ...]
    """Seeds that both sides are to run; none where what was run shares no seeds."""
    control: tuple[int, ...]
    """As many as are planned: what was run, then what is to follow."""
    treatment: tuple[int, ...]
    num_control: int
    """Runs that are there, which may be more than are planned."""
    num_treatment: int

    @property
    def next_seeds(self) -> tuple[int | None, int | None]:
        """What control and treatment are to run next; None for the side that is ahead, or that has all its runs."""
        behind = min(self.num_control, self.num_treatment)
        sides = (self.control, self.num_control), (self.treatment, self.num_treatment)
        control, treatment = (own[num] if num == behind < len(own) else None for own, num in sides)
        return control, treatment


def orders_of(control: Sequence[int], treatment: Sequence[int], max_seeds: int, first_seed: int) -> Orders:
    """Return the order of the runs that are there and of those that follow, each side in its own.

    Args:
        control: seeds in the order in which their runs ended; negative ones stand for runs without a seed.
        treatment: of the other side.
        max_seeds: that are planned for each side.
        first_seed: where nothing has been run.
    """
    known = dict.fromkeys((*control, *treatment))
    further = count(max(known, default=first_seed - 1) + 1)
    apart = bool(control) and bool(treatment) and not set(control) & set(treatment)
    together = () if apart or min(known, default=0) < 0 else tuple(islice(chain(known, further), max_seeds))

    def own(ran: Sequence[int]) -> tuple[int, ...]:
        follow = (seed for seed in together or further if seed not in ran)
        return tuple(islice(chain(ran, follow), max_seeds))

    return Orders(together, own(control), own(treatment), len(control), len(treatment))
