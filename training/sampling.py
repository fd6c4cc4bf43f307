"""The order in which features are trained: a pure function of seed and epoch, so a resumed run sees the same one."""

from __future__ import annotations

from collections.abc import Iterator, Sized
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from torch.utils.data import Sampler

__all__ = ["EpochSampler", "LengthSampler", "epoch_order"]

_BATCHES_SORTED_TOGETHER = 50


def epoch_order(
    lengths: NDArray[np.integer], chunk: int, rng: np.random.Generator, *, group: bool = True
) -> NDArray[np.int64]:
    """Return a random order of the features in which neighbours are about as long.

    Features are shuffled, sorted by length within groups of 50 chunks, and the chunks are shuffled again, so no
    length comes first. The remainder that does not fill a chunk is drawn at random and comes last.

    Args:
        lengths: (num_features,) tokens of each feature.
        chunk: features of one optimiser step, over all processes and accumulation steps.
        rng: source of chance.
        group: False gives a plain random order.
    """
    order = rng.permutation(len(lengths))
    if not group:
        return order
    full = len(order) // chunk * chunk
    body, remainder = order[:full], order[full:]
    size = chunk * _BATCHES_SORTED_TOGETHER
    parts = [body[start : start + size] for start in range(0, full, size)]
    ordered = [part[np.argsort(lengths[part], kind="stable")] for part in parts]
    chunks = np.concatenate(ordered).reshape(-1, chunk) if ordered else body.reshape(0, chunk)
    return np.concatenate([chunks[rng.permutation(len(chunks))].ravel(), remainder])


@dataclass
class EpochSampler(Sampler[int]):
    """Yields :func:`epoch_order` of ``seed`` and the current epoch."""

    lengths: NDArray[np.integer]
    """(num_features,) tokens of each feature."""
    chunk: int
    seed: int
    group: bool = True
    epoch: int = 0

    def set_epoch(self, epoch: int) -> None:
        """Choose the epoch whose order the next iteration yields."""
        self.epoch = epoch

    def __iter__(self) -> Iterator[int]:
        rng = np.random.default_rng([self.seed, self.epoch])
        yield from epoch_order(self.lengths, self.chunk, rng, group=self.group).tolist()

    def __len__(self) -> int:
        return len(self.lengths)


class LengthSampler(Sampler[int]):
    """Yields features from the longest to the shortest, for passes whose order does not matter."""

    def __init__(self, lengths: NDArray[np.integer] | Sized) -> None:
        self._order = np.argsort(-np.asarray(lengths), kind="stable")

    def __iter__(self) -> Iterator[int]:
        yield from self._order.tolist()

    def __len__(self) -> int:
        return len(self._order)
