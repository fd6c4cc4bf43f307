"""Label-error removal drops the rows whose gold label the model resisted."""

from __future__ import annotations

from typing import Literal

import numpy as np
import pytest

from strategies.label_error_removal import LabelErrorRemovalConfig
from tests.strategies.tables import kept_ids, map_signals, plan_of

SIGNALS = map_signals(aum=[-2.0, 1.0, -3.0, 4.0], confidence=[0.2, 0.1, 0.3, 0.1])


@pytest.mark.parametrize(
    ("score", "share", "kept"), [("aum", 0.25, "abd"), ("aum", 0.5, "bd"), ("confidence", 0.25, "acd")]
)
def test_drops_the_lowest(score: Literal["aum", "confidence"], share: float, kept: str) -> None:
    plan = plan_of(LabelErrorRemovalConfig(score=score, drop_fraction=share), SIGNALS)
    assert kept_ids(plan, SIGNALS) == kept
    assert plan.report["dropped"] == {"suspected_label_error": 4 - len(kept)}


def test_finds_planted_errors() -> None:
    rng = np.random.default_rng(0)
    wrong = np.arange(400) % 20 == 0
    signals = map_signals(aum=np.where(wrong, rng.normal(-3, 1, 400), rng.normal(3, 1, 400)).tolist())
    dropped = ~plan_of(LabelErrorRemovalConfig(drop_fraction=0.05), signals).keep
    assert (dropped & wrong).sum() >= 19
