"""Scores of one variant: one metric on one evaluation set, for every seed, and for every example where it is known."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from analysis.estimates import checked_scores

__all__ = ["Scores"]


@dataclass(frozen=True, eq=False)
class Scores:
    """What one variant scored. Build it with :meth:`of_examples` or :meth:`of_seeds`, which check what they get."""

    seeds: tuple[int, ...]
    """Distinct, ascending."""
    values: NDArray[np.float64]
    """The metric of each seed, shape (num_seeds,)."""
    examples: NDArray[np.float64] | None = None
    """Score of each example under each seed on the metric's scale, shape (num_seeds, num_examples)."""
    example_ids: tuple[str, ...] = ()
    """Ids of the examples, distinct, in the order of the columns."""

    @property
    def num_seeds(self) -> int:
        """How many seeds there are."""
        return len(self.seeds)

    @property
    def num_examples(self) -> int:
        """How many examples have a score of their own; 0 where only the metric is known."""
        return 0 if self.examples is None else self.examples.shape[1]

    @property
    def example_means(self) -> NDArray[np.float64]:
        """Score of each example, averaged over the seeds; shape (num_examples,).

        Raises:
            ValueError: only the metric of each seed is known.
        """
        if self.examples is None:
            raise ValueError("scores of examples are not known")
        means: NDArray[np.float64] = self.examples.mean(axis=0)
        return means

    def shared_seeds(self, other: Scores) -> list[int]:
        """Return the seeds that another variant has as well, ascending."""
        return sorted(set(self.seeds) & set(other.seeds))

    @classmethod
    def of_seeds(cls, values: Mapping[int, float]) -> Scores:
        """Return scores of which only the metric of each seed is known.

        Raises:
            ValueError: no seed, or a value that is not finite.
        """
        seeds = tuple(sorted(values))
        return cls(seeds, checked_scores([values[seed] for seed in seeds]))

    @classmethod
    def of_examples(cls, seeds: Sequence[int], examples: ArrayLike, example_ids: Sequence[str] = ()) -> Scores:
        """Return scores of every example under every seed; the metric is their mean.

        Args:
            seeds: distinct.
            examples: shape (num_seeds, num_examples), on the metric's scale.
            example_ids: distinct; none numbers the examples.

        Raises:
            ValueError: shapes that do not fit, seeds or ids that come twice, or a score that is not finite.
        """
        array = np.asarray(examples, dtype=np.float64)
        if array.ndim != 2 or array.size == 0 or array.shape[0] != len(seeds):
            raise ValueError(f"expected scores of shape ({len(seeds)} seeds, num_examples), got shape {array.shape}")
        if not np.isfinite(array).all():
            raise ValueError(f"{int((~np.isfinite(array)).sum())} scores of examples are not finite")
        if len(set(seeds)) < len(seeds):
            raise ValueError(f"a seed comes twice: {sorted(seeds)}")
        ids = tuple(example_ids) or tuple(map(str, range(array.shape[1])))
        if len(ids) != array.shape[1] or len(set(ids)) < len(ids):
            raise ValueError(f"expected {array.shape[1]} distinct example ids, got {len(set(ids))} of {len(ids)}")
        order = np.argsort(np.asarray(seeds))
        array = array[order]
        return cls(tuple(int(seeds[position]) for position in order), array.mean(axis=1), array, ids)

    def of(self, seeds: Sequence[int]) -> Scores:
        """Return the scores under some of the seeds.

        Raises:
            ValueError: a seed that is not there.
        """
        rows = [self.seeds.index(seed) for seed in sorted(seeds)]
        examples = None if self.examples is None else self.examples[rows]
        return Scores(tuple(self.seeds[row] for row in rows), self.values[rows], examples, self.example_ids)

    def without_examples(self) -> Scores:
        """Return the metric of each seed alone."""
        return Scores(self.seeds, self.values)

    def aligned_to(self, example_ids: Sequence[str]) -> Scores:
        """Return the scores with the examples in another order.

        Raises:
            ValueError: other examples, or none.
        """
        if self.examples is None or set(example_ids) != set(self.example_ids):
            raise ValueError("scores of other examples cannot be brought into this order")
        if tuple(example_ids) == self.example_ids:
            return self
        place = {each: position for position, each in enumerate(self.example_ids)}
        columns = [place[each] for each in example_ids]
        return Scores(self.seeds, self.values, self.examples[:, columns], tuple(example_ids))
