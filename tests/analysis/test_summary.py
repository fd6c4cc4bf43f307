from __future__ import annotations

import pytest

from analysis.summary import summarise_variant


def test_difference_uses_shared_seeds_only() -> None:
    summary = summarise_variant({42: 0.9, 43: 0.8, 44: 0.1}, {43: 0.7, 42: 0.7})
    assert summary.estimate.num_scores == 3
    assert summary.difference is not None
    assert summary.difference.num_pairs == 2
    assert summary.difference.difference == pytest.approx(0.15)


@pytest.mark.parametrize("reference", [None, {}, {7: 1.0}])
def test_without_a_shared_seed_there_is_no_difference(reference: dict[int, float] | None) -> None:
    assert summarise_variant({42: 0.9, 43: 0.8}, reference).difference is None


def test_the_baseline_differs_from_itself_by_nothing() -> None:
    scores = {42: 0.9, 43: 0.8, 44: 0.7}
    assert summarise_variant(scores, scores).difference == (3, 0.0, (0.0, 0.0))
