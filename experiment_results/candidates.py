"""A variant and its baseline by one metric: compared, or the reason why not."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from analysis.crossed import Comparison
from analysis.variant_scores import VariantScores, compare_variants
from analysis.verdicts import Claim
from experiment_results.grouping import differing_settings, flat_fields
from experiment_results.metrics import FILTERED, MetricName
from experiment_results.variants import VariantRuns
from experiment_results.verdict_options import VerdictOptions

__all__ = ["Candidate", "candidate_of"]


@dataclass(frozen=True)
class Candidate:
    """What is compared, and what that gave."""

    variant: VariantRuns
    reference: VariantRuns | None
    metric: MetricName
    scores: VariantScores
    reference_scores: VariantScores | None
    family: str
    """"shown" or "further"; p-values are corrected within."""
    margin: float | None
    comparison: Comparison | None
    refusal: str
    """Why nothing is compared; empty where it is."""
    differences: tuple[str, ...]
    """Settings beside strategy and seed that set the two apart, with the value on both sides."""

    @property
    def claim(self) -> Claim | None:
        """What is to be judged; None where nothing was compared."""
        if self.comparison is None:
            return None
        return Claim(self.comparison, self.margin, self.metric.higher_is_better)


def candidate_of(
    pair: tuple[VariantRuns, VariantRuns | None],
    metric: MetricName,
    scores: tuple[VariantScores, VariantScores | None],
    margin: float | None,
    family: str,
    options: VerdictOptions,
) -> Candidate:
    """Compare a variant with its baseline, unless more than strategy and seed sets them apart."""
    variant, reference = pair
    differences = _differences(variant, reference)
    refusal = _refusal(pair, scores, metric, () if options.allow_differences else differences)
    mine, theirs = scores
    comparison = None if refusal or theirs is None else compare_variants(mine, theirs, level=options.interval_level)
    return Candidate(variant, reference, metric, *scores, family, margin, comparison, refusal, differences)


def _differences(variant: VariantRuns, reference: VariantRuns | None) -> tuple[str, ...]:
    if reference is None or reference.setting == variant.setting:
        return ()
    mine, theirs = (flat_fields(json.loads(each.config)) for each in (variant, reference))
    names = differing_settings(reference.config, variant.config)
    return tuple(f"{name} ({_shown(mine, name)}, not {_shown(theirs, name)})" for name in names) or ("settings",)


def _shown(fields: Mapping[str, Any], name: str) -> str:
    return json.dumps(fields[name]) if name in fields else "unset"


def _refusal(
    pair: tuple[VariantRuns, VariantRuns | None],
    scores: tuple[VariantScores, VariantScores | None],
    metric: MetricName,
    differences: tuple[str, ...],
) -> str:
    if scores[0].scores is None:
        return f"no run has a value of {metric.name}"
    if scores[1] is None:
        return "no baseline among these runs, or several with an equal claim: --baseline NAME says which"
    if scores[1].scores is None:
        return f"no run of the baseline has a value of {metric.name}"
    if metric.eval_set == FILTERED:
        return "each strategy is scored on the validation rows that it keeps itself"
    if differences:
        return f"differs from its baseline in {', '.join(differences)}; --allow-differences compares all the same"
    return ""
