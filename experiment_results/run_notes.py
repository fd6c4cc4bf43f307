"""What must be known of the runs behind a number."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from analysis.wording import counted
from experiment_results.candidates import Candidate
from experiment_results.grouping import label_of
from experiment_results.variants import VariantRuns
from experiment_results.wording import seeds_text

__all__ = ["OF_BASELINE", "notes_of", "notes_on_runs"]

OF_BASELINE = "baseline: "
"""Begins a note on the other side of a comparison."""


def notes_on_runs(variant: VariantRuns, metric: str) -> list[str]:
    """Return which runs of a variant failed, did nothing, were adjusted, repeated or lack the metric; a clause each."""
    notes = []
    if failed := variant.failed:
        notes.append(f"{_share(failed, variant)} failed{_seeds(failed)}: {failed[0]['error']}")
    if variant.changed_nothing:
        notes.append("changed nothing: every row was kept, with hard labels and equal weights, as in the baseline")
    if smaller := [run for run in variant.runs if run["success"] and run["smaller_batches"]]:
        notes.append(f"{_share(smaller, variant)}{_seeds(smaller)} made with smaller batches, as memory ran out")
    seeds = Counter(int(run["seed"]) for run in variant.runs if run["success"] and not pd.isna(run["seed"]))
    repeated = [seed for seed, count in seeds.items() if count > 1]
    if repeated:
        folders = variant.folders(metric)
        which = f" (folder {folders[repeated[0]]})" if len(repeated) == 1 and repeated[0] in folders else ""
        notes.append(f"{seeds_text(repeated)} run more than once: the last run of a seed counts{which}")
    names = list(dict.fromkeys(label_of(str(run["name"])) for run in variant.runs if run["success"]))
    if len(names) > 1:
        notes.append(f"runs called {' and '.join(names)} have one configuration and are taken as one variant")
    missing = seeds.keys() - variant.scores(metric).keys()
    if missing:
        notes.append(f"no value of {metric} (missing, or not a number): {seeds_text(missing)}")
    num_without_seed = sum(bool(run["success"]) and pd.isna(run["seed"]) for run in variant.runs)
    if num_without_seed:
        notes.append(f"{counted(num_without_seed, 'run')} without a seed: not counted")
    return notes


def _share(runs: Sequence[Mapping[str, Any]], variant: VariantRuns) -> str:
    return f"{len(runs)} of {counted(len(variant.runs), 'run')}"


def _seeds(runs: Sequence[Mapping[str, Any]]) -> str:
    known = [int(run["seed"]) for run in runs if not pd.isna(run["seed"])]
    return f" ({seeds_text(known)})" if known else ""


def notes_of(candidate: Candidate) -> list[str]:
    """Return what must be known of both sides of a comparison; a clause each."""
    notes = [*notes_on_runs(candidate.variant, candidate.metric.name), *candidate.scores.notes]
    if candidate.reference_scores is not None:
        notes += [f"{OF_BASELINE}{note}" for note in candidate.reference_scores.notes]
    if candidate.comparison is None:
        return notes
    notes += _notes_on_seeds(candidate, candidate.comparison.paired)
    commits = candidate.variant.commits | (candidate.reference.commits if candidate.reference else frozenset())
    if len(commits) > 1:
        notes.append(f"its runs and the baseline's are of different code: {counted(len(commits), 'commit')}")
    if candidate.differences:
        notes.append(f"differs from its baseline also in {', '.join(candidate.differences)}")
    return notes


def _notes_on_seeds(candidate: Candidate, paired: bool) -> list[str]:
    """Return which seeds one side has and the other has not."""
    beside = candidate.reference_scores and candidate.reference_scores.scores
    if candidate.scores.scores is None or not beside:
        return []
    own, others = set(candidate.scores.scores.seeds), set(beside.seeds)
    if not own & others:
        return ["no seed shared with the baseline"]
    parts = [f"lacks {seeds_text(others - own)} of the baseline"] if others - own else []
    parts += [f"has {seeds_text(own - others)}, which the baseline lacks"] if own - others else []
    if not parts:
        return []
    how = f"paired by {seeds_text(own & others)}" if paired else "compared unpaired"
    return [f"{', '.join(parts)}: {how}"]
