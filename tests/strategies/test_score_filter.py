"""The score filter keeps one end of a score."""

from __future__ import annotations

from typing import Literal

import pytest

from errors import ConfigError
from strategies.score_filter import ScoreFilterConfig
from tests.strategies.tables import kept_ids, map_signals, plan_of

SIGNALS = map_signals(aum=[-2.0, 1.0, -3.0, 4.0], forgetting=[0, 1000, 1, 1])


@pytest.mark.parametrize(
    ("score", "end", "kept", "edge"),
    [
        ("aum", "highest", "bd", 1.0),
        ("aum", "lowest", "ac", -2.0),
        ("forgetting", "highest", "bc", 1.0),
        ("forgetting", "lowest", "ac", 1.0),
    ],
)
def test_keeps_one_end_with_ties_by_id(
    score: Literal["aum", "forgetting"], end: Literal["highest", "lowest"], kept: str, edge: float
) -> None:
    plan = plan_of(ScoreFilterConfig(score=score, keep=end, keep_fraction=0.5), SIGNALS)
    assert kept_ids(plan, SIGNALS) == kept
    assert plan.report["thresholds"] == {score: edge}


def test_unknown_score_is_refused() -> None:
    with pytest.raises(ConfigError, match=r"ScoreFilterConfig\.score: input should be 'confidence', .* got 'magic'"):
        ScoreFilterConfig(score="magic")  # type: ignore[arg-type]
