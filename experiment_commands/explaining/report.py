"""What moved a metric as plain values for programs."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from analysis.importance.report import Importance
from experiment_commands.explaining.runs import Runs

__all__ = ["importance_json"]


def importance_json(found: Importance, runs: Runs) -> dict[str, Any]:
    """Return effects, pairs and ranks; a change is of the scores at ``highest_at`` over those at ``lowest_at``."""
    return {
        "metric": runs.metric,
        "num_diverged": runs.num_diverged,
        "num_repeated": runs.num_repeated,
        **asdict(found),
        "correlations": [
            {"names": each.names, "p_corrected": each.p_corrected, **asdict(each.outcome)}
            for each in found.correlations
        ],
        "left_out": [each._asdict() for each in found.left_out],
    }
