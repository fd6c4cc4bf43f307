"""The order of training is a pure function of seed and epoch."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from training.sampling import EpochSampler, LengthSampler, epoch_order


@given(st.lists(st.integers(1, 400), max_size=300), st.integers(1, 17), st.integers(0, 5), st.booleans())
def test_every_feature_comes_exactly_once(lengths: list[int], chunk: int, seed: int, group: bool) -> None:
    order = epoch_order(np.array(lengths, dtype=np.int64), chunk, np.random.default_rng(seed), group=group)
    assert sorted(order.tolist()) == list(range(len(lengths)))


def test_grouping_pads_far_less_than_a_plain_shuffle() -> None:
    rng = np.random.default_rng(0)
    lengths = rng.integers(10, 400, size=4000)

    def padded(group: bool) -> int:
        order = epoch_order(lengths, 16, np.random.default_rng(1), group=group)
        return int(lengths[order].reshape(-1, 16).max(axis=1).sum())

    assert padded(group=True) < 0.6 * padded(group=False)


def test_no_length_comes_first() -> None:
    lengths = np.arange(8000)
    order = epoch_order(lengths, 8, np.random.default_rng(3))
    first, second = lengths[order[:4000]].mean(), lengths[order[4000:]].mean()
    assert first == pytest.approx(second, rel=0.05)


def test_the_order_depends_on_seed_and_epoch_alone() -> None:
    lengths = np.random.default_rng(0).integers(5, 50, size=100)

    def order(seed: int, epoch: int) -> list[int]:
        sampler = EpochSampler(lengths, 8, seed)
        sampler.set_epoch(epoch)
        return list(sampler)

    assert order(1, 2) == order(1, 2)
    assert order(1, 2) != order(1, 3)
    assert order(1, 2) != order(2, 2)


def test_evaluation_runs_from_the_longest_to_the_shortest() -> None:
    assert list(LengthSampler(np.array([3, 9, 5]))) == [1, 2, 0]
