"""The category filter keeps regions, whole or their most typical rows."""

from __future__ import annotations

import pytest

from errors import ConfigError, SignalError
from strategies.category_filter import CategoryFilterConfig
from tests.strategies.tables import kept_ids, map_signals, plan_of

SIGNALS = map_signals(
    category=["easy", "easy", "hard", "hard", "ambiguous", "ambiguous", "ambiguous", "ambiguous"],
    confidence=[0.8, 0.9, 0.2, 0.1, 0.4, 0.3, 0.4, 0.4],
    variability=[0.1, 0.1, 0.1, 0.1, 0.2, 0.4, 0.3, 0.2],
)


@pytest.mark.parametrize(
    ("config", "kept"),
    [
        (CategoryFilterConfig(), "efgh"),
        (CategoryFilterConfig(categories=("easy", "hard")), "abcd"),
        (CategoryFilterConfig(categories=("easy",), keep_fraction=0.125), "b"),
        (CategoryFilterConfig(categories=("hard",), keep_fraction=0.125), "d"),
        (CategoryFilterConfig(keep_fraction=0.25), "fg"),
        (CategoryFilterConfig(categories=("easy", "ambiguous"), keep_fraction=0.375), "bfg"),
        (CategoryFilterConfig(categories=("easy", "hard", "ambiguous"), keep_fraction=0.5), "bdfg"),
    ],
)
def test_keeps_regions_in_proportion(config: CategoryFilterConfig, kept: str) -> None:
    assert kept_ids(plan_of(config, SIGNALS), SIGNALS) == kept


def test_report() -> None:
    report = plan_of(CategoryFilterConfig(categories=("easy", "ambiguous"), keep_fraction=0.375), SIGNALS).report
    assert report["dropped"] == {"other_category": 2, "over_budget": 3}
    assert report["kept_by_category"] == {"easy": 1, "hard": 0, "ambiguous": 2}


def test_a_budget_the_regions_cannot_fill_is_refused() -> None:
    with pytest.raises(SignalError, match=r"asks for 4 of 8 rows, but easy hold 2; ask for at most 0\.250"):
        plan_of(CategoryFilterConfig(categories=("easy",), keep_fraction=0.5), SIGNALS)


def test_unknown_region_is_refused() -> None:
    with pytest.raises(ConfigError, match=r"categories\.0: input should be 'easy', 'hard' or 'ambiguous', got 'esay'"):
        CategoryFilterConfig(categories=("esay",))  # type: ignore[arg-type]
