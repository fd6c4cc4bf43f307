"""The ambiguous mix keeps the most variable rows and a share of the most confident easy ones."""

from __future__ import annotations

import pytest

from errors import SignalError
from strategies.ambiguous_mix import AmbiguousMixConfig
from tests.strategies.tables import kept_ids, map_signals, plan_of

SIGNALS = map_signals(
    category=["easy", "easy", "easy", "hard", "ambiguous", "ambiguous", "hard", "ambiguous", "easy", "hard"],
    confidence=[0.8, 0.9, 0.6, 0.2, 0.4, 0.3, 0.1, 0.4, 0.7, 0.0],
    variability=[0.1, 0.05, 0.45, 0.1, 0.2, 0.4, 0.1, 0.3, 0.1, 0.0],
)


@pytest.mark.parametrize(("easy_fraction", "kept"), [(0.0, "cefh"), (0.25, "bcfh"), (0.5, "abcf"), (1.0, "abci")])
def test_replaces_variable_rows_by_easy_ones(easy_fraction: float, kept: str) -> None:
    plan = plan_of(AmbiguousMixConfig(keep_fraction=0.4, easy_fraction=easy_fraction), SIGNALS)
    assert kept_ids(plan, SIGNALS) == kept
    assert plan.report["chosen"]["easy"] == 4 * easy_fraction


def test_too_few_easy_rows_are_refused() -> None:
    with pytest.raises(SignalError, match="needs 7 easy rows, but only 3 are easy and not chosen already"):
        plan_of(AmbiguousMixConfig(keep_fraction=0.9, easy_fraction=0.8), SIGNALS)
