"""Runs that are seeds of one variant, and which variant each is compared with."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from errors import ConfigError
from experiment_results.frame import DATA_COLUMNS
from registry import nearest

__all__ = ["BASELINE", "VariantRuns", "choose_baseline", "paired_variants", "parts_by_data", "variants_of"]

BASELINE = "baseline"


@dataclass(frozen=True)
class VariantRuns:
    """All runs of one variant, in the order in which they started."""

    group: str
    label: str
    method: str
    setting: str
    data: tuple[str, ...]
    config: str
    runs: tuple[Mapping[str, Any], ...]

    @property
    def family(self) -> str:
        """The first of its strategies: variants of one family share a colour."""
        return self.method.split("+")[0]

    @property
    def failed(self) -> tuple[Mapping[str, Any], ...]:
        """Runs that ended in an error."""
        return tuple(run for run in self.runs if not run["success"])

    @property
    def mean_train_rows(self) -> float | None:
        """Rows that successful runs trained on, on average; None where no run says."""
        rows = [int(run["train_rows"]) for run in self.runs if run["success"] and not pd.isna(run["train_rows"])]
        return sum(rows) / len(rows) if rows else None

    @property
    def changed_nothing(self) -> bool:
        """Whether a strategy was asked for, and every run's plan was the baseline's."""
        done = [run for run in self.runs if run["success"]]
        return self.method != BASELINE and bool(done) and all(run["same_as_baseline"] for run in done)

    @property
    def commits(self) -> frozenset[str]:
        """States of the code that successful runs are known to be of."""
        return frozenset(str(run["commit"]) for run in self.runs if run["success"] and not pd.isna(run["commit"]))

    def scores(self, metric: str) -> dict[int, float]:
        """Return the score of each seed; of two runs of one seed the one that finished last counts."""
        return {seed: float(run[metric]) for seed, run in self._counted(metric).items()}

    def folders(self, metric: str) -> dict[int, str]:
        """Return the folder of the run behind each score."""
        return {seed: str(run["folder"]) for seed, run in self._counted(metric).items()}

    def _counted(self, metric: str) -> dict[int, Mapping[str, Any]]:
        done = [
            run for run in self.runs if run["success"] and not pd.isna(run.get(metric)) and not pd.isna(run["seed"])
        ]
        done.sort(key=lambda run: str(run["finished_at"] or ""))
        return {int(run["seed"]): run for run in done}


def variants_of(frame: pd.DataFrame) -> list[VariantRuns]:
    """Return the variants of a frame, in the order in which their first runs started."""
    found: dict[str, list[Mapping[str, Any]]] = {}
    for row in frame.to_dict("records"):
        found.setdefault(row["group"], []).append({str(name): value for name, value in row.items()})
    return [_variant(group, runs) for group, runs in found.items()]


def paired_variants(frame: pd.DataFrame, baseline: str = BASELINE) -> list[tuple[VariantRuns, VariantRuns | None]]:
    """Return each variant with its baseline, in the order in which first runs started, baselines before the others.

    Raises:
        ConfigError: ``baseline`` was named and no variant is called so.
    """
    variants = variants_of(frame)
    candidates: dict[tuple[str, ...], list[VariantRuns]] = {}
    for variant in variants:
        if baseline in (variant.label, variant.method):
            candidates.setdefault(variant.data, []).append(variant)
    if baseline != BASELINE and not candidates:
        known = list(dict.fromkeys(variant.label for variant in variants))
        listing = ", ".join(known) or "none"
        raise ConfigError(f"no strategy is called {baseline!r}{nearest(baseline, known)} (strategies: {listing})")
    pairs = [(variant, choose_baseline(variant, candidates.get(variant.data, []), baseline)) for variant in variants]
    return sorted(pairs, key=lambda pair: pair[0] is not pair[1])


def _variant(group: str, runs: Sequence[Mapping[str, Any]]) -> VariantRuns:
    first = runs[0]
    return VariantRuns(
        group=group,
        label=first["strategy"],
        method=first["method"],
        setting=first["setting"],
        data=tuple(first[column] for column in DATA_COLUMNS),
        config=first["config"],
        runs=tuple(runs),
    )


def parts_by_data(
    frame: pd.DataFrame, baseline: str = BASELINE
) -> list[tuple[pd.DataFrame, list[tuple[VariantRuns, VariantRuns | None]]]]:
    """Return for each data set and model its part of the frame, and its pairs of :func:`paired_variants`."""
    parts: dict[tuple[str, ...], list[tuple[VariantRuns, VariantRuns | None]]] = {}
    for pair in paired_variants(frame, baseline):
        parts.setdefault(pair[0].data, []).append(pair)
    groups = [[variant.group for variant, _ in pairs] for pairs in parts.values()]
    return [(frame[frame["group"].isin(own)], pairs) for own, pairs in zip(groups, parts.values(), strict=True)]


def choose_baseline(variant: VariantRuns, candidates: Sequence[VariantRuns], baseline: str) -> VariantRuns | None:
    """Return the candidate that ``variant`` is compared with: itself, if it is the baseline.

    One that differs in nothing but the strategy goes before one that was trained otherwise; none is taken where two
    have equal claims.

    Args:
        variant: what is to be compared.
        candidates: variants on the same data that are called ``baseline`` or apply the strategies of that name.
        baseline: label or strategy name.
    """
    claims = [_claim(candidate, variant, baseline) for candidate in candidates]
    strongest = max(claims, default=None)
    if strongest is None or claims.count(strongest) > 1:
        return None
    return candidates[claims.index(strongest)]


def _claim(candidate: VariantRuns, variant: VariantRuns, baseline: str) -> tuple[bool, bool, bool]:
    """Rank a candidate. Another variant goes before the variant itself, unless that bears the baseline's name."""
    named, same = candidate.label == baseline, candidate.setting == variant.setting
    itself = candidate.group == variant.group
    return (named and same) or (same and not itself), named, same
