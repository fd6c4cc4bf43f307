"""When to look, what a look must find, and when to give up: fixed before the first score is seen."""

from __future__ import annotations

from dataclasses import dataclass

from analysis.crossed import MIN_SEEDS
from analysis.sequential.boundaries import nominal_levels
from analysis.sequential.spending import SPENDING, Spending

__all__ = ["Design"]


@dataclass(frozen=True)
class Design:
    """A sequential comparison with a look after every seed, from the first look to the last seed.

    The share of seeds stands for the fraction of information. Where evaluation examples add chance of their own, looks
    are more alike than that says, and the error rates come out lower than promised, never higher.
    """

    max_seeds: int = 12
    """On each side; a comparison that is still open then stays undecided."""
    first_look: int = MIN_SEEDS
    """Seeds on each side before anything is said."""
    alpha: float = 0.05
    """Chance of any false claim, over all looks and all comparisons that are watched together."""
    spending: Spending = "kim-demets"
    futility: float = 0.05
    """Stop where the chance of ever deciding falls below it; 0 never gives up. It costs no false claims."""

    def __post_init__(self) -> None:
        if not MIN_SEEDS <= self.first_look <= self.max_seeds:
            raise ValueError(
                f"expected {MIN_SEEDS} <= first look <= most seeds, got {self.first_look} and {self.max_seeds}"
            )
        if not 0 < self.alpha < 0.5 or not 0 <= self.futility < 1:
            raise ValueError(f"expected alpha in (0, 0.5), futility in [0, 1), got {self.alpha} and {self.futility}")
        if self.spending not in SPENDING:
            raise ValueError(f"unknown spending function {self.spending!r} (known: {', '.join(SPENDING)})")

    @property
    def looks(self) -> range:
        """Numbers of seeds at which there is a look."""
        return range(self.first_look, self.max_seeds + 1)

    def level(self, num_seeds: int, alpha: float | None = None) -> float:
        """Return what a two-sided p-value must fall below at a look.

        Args:
            num_seeds: on each side, one of :attr:`looks`.
            alpha: level of the whole test; the design's own where none is given.
        """
        fractions = tuple(each / self.max_seeds for each in self.looks)
        levels = nominal_levels(fractions, self.alpha if alpha is None else alpha, self.spending)
        return levels[num_seeds - self.first_look]

    def equivalence_level(self, num_seeds: int) -> float:
        """Return the level of each of the two one-sided tests of equivalence at a look."""
        return self.level(num_seeds, 2 * self.alpha) / 2
