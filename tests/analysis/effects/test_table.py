from __future__ import annotations

import pytest

from analysis.effects.table import EffectSize, effect_sizes
from analysis.scores import Scores

A = Scores.of_seeds(dict(enumerate([0.80, 0.82, 0.81, 0.83, 0.79])))
B = Scores.of_seeds(dict(enumerate([0.78, 0.80, 0.80, 0.81, 0.78])))


def _by_name(sizes: list[EffectSize]) -> dict[str, EffectSize]:
    return {size.name: size for size in sizes}


def test_every_size_stands_in_its_interval() -> None:
    sizes = _by_name(effect_sizes(A, B))
    expected = {
        "Cohen's d": 1.09119094,
        "Hedges' g": 0.98559182,
        "paired d": 2.92118697,
        "Cliff's delta": 0.56,
        "probability of superiority": 0.78,
    }
    assert {name: size.value for name, size in sizes.items()} == pytest.approx(expected, abs=1e-8)
    for size in sizes.values():
        assert size.problem == ""
        assert size.interval is not None
        assert size.value is not None
        assert size.interval.low < size.value < size.interval.high


def test_pairs_are_the_shared_seeds() -> None:
    other = Scores.of_seeds({**dict(zip(B.seeds, B.values, strict=True)), 99: 0.1})
    assert _by_name(effect_sizes(A, other))["paired d"] == _by_name(effect_sizes(A, B))["paired d"]


@pytest.mark.parametrize(
    ("control", "without", "problem"),
    [
        (Scores.of_seeds({0: 0.7}), {"Cohen's d", "Hedges' g"}, "at least two seeds on each side"),
        (Scores.of_seeds({0: 0.7}), {"paired d"}, "at least two seeds in both"),
        (Scores.of_seeds({7: 0.7, 8: 0.8}), {"paired d"}, "at least two seeds in both"),
        (Scores.of_seeds({i: value - 0.1 for i, value in enumerate(A.values)}), {"paired d"}, "do not vary"),
    ],
)
def test_what_cannot_be_known_is_said(control: Scores, without: set[str], problem: str) -> None:
    sizes = _by_name(effect_sizes(A, control))
    for name in without:
        assert sizes[name].value is None
        assert sizes[name].interval is None
        assert problem in sizes[name].problem
    assert sizes["Cliff's delta"].value is not None


def test_impossible_level_is_refused() -> None:
    with pytest.raises(ValueError, match="level"):
        effect_sizes(A, B, level=1.0)
