"""What a variant scored, from what its runs say: by example where such scores are behind the metric, else by seed.

Folders and the store are read elsewhere; that both give the same scores is decided here.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import lru_cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from analysis.crossed import Comparison, compare_scores
from analysis.outcome import Alternative, Pairing
from analysis.scores import Scores
from score_files import ScoreColumns

__all__ = ["RunScores", "VariantScores", "compare_variants", "is_behind", "mismatch", "score_fields", "scores_of_runs"]

_OTHER_NAMES = {"accuracy": ("correct", "acc"), "acc": ("correct", "accuracy"), "exact_match": ("em", "correct")}
_ANY = "score"
"""A name that any number may have: one that does not fit is worth no word."""
_SCALES = (1.0, 100.0)
_SEPARATORS = re.compile(r"[_/.]")


class RunScores(NamedTuple):
    """What one run says of one metric."""

    seed: int
    value: float
    """The metric; finite."""
    examples: ScoreColumns | str
    """Scores of single examples under any names, nan where one has none; or why there are none."""


class VariantScores(NamedTuple):
    """What a variant scored, and what is to be said of it."""

    scores: Scores | None
    """None where no run has a value of the metric."""
    notes: tuple[str, ...] = ()
    """Why only the metric of each seed is known, how examples were told apart, what does not count; a clause each."""
    problem: str = ""
    """Why the seeds cannot be taken together; empty where they can."""
    scale: float | None = None
    """What the scores of examples were multiplied by to give the metric, 1 or 100; None where that is not known."""
    order: tuple[int, ...] = ()
    """Seeds in the order in which their runs ended."""


class _Examples(NamedTuple):
    """Scores of one run's examples that are behind its metric."""

    ids: tuple[str, ...]
    num_repeated: int
    scores: NDArray[np.float64]
    """On the metric's scale, shape (num_examples,)."""
    scale: float | None


def score_fields(metric: str) -> tuple[str, ...]:
    """Return the names of scores of examples whose mean a metric may be, the likeliest first.

    Its own name and each end of it: ``f1`` may be behind ``eval_f1`` and ``squad/f1``. Then other names of the same.
    """
    ends = [metric, *(metric[each.end() :] for each in _SEPARATORS.finditer(metric))]
    others = [other for end in ends for other in _OTHER_NAMES.get(end, ())]
    return tuple(dict.fromkeys([*ends, *others, _ANY]))


def is_behind(run: RunScores, metric: str) -> bool:
    """Return whether a run's metric is the mean of scores of examples that it has."""
    return not isinstance(_behind(run, metric), str)


def scores_of_runs(runs: Sequence[RunScores], metric: str, naming: Callable[[Sequence[int]], str]) -> VariantScores:
    """Join the runs of a variant.

    Scores of examples count where every run has those of the same examples and their mean is the metric, as they are
    or in percent. A mean that is not shows that the metric is no average over examples, such as a macro F1, or that
    the scores are of something else.

    Args:
        runs: one for each seed, in the order in which they ended.
        metric: its name.
        naming: of some of the seeds, for notes.
    """
    if not runs:
        return VariantScores(None)
    order = tuple(run.seed for run in runs)
    found = {run.seed: _behind(run, metric) for run in sorted(runs, key=lambda run: run.seed)}
    known = {seed: each for seed, each in found.items() if not isinstance(each, str)}
    reasons: dict[str, list[int]] = {}
    for seed, each in found.items():
        if isinstance(each, str):
            reasons.setdefault(each, []).append(seed)
    notes = [
        f"{'' if len(own) == len(runs) else f'{naming(own)}: '}{why}, so that the chance of examples is left out"
        for why, own in reasons.items()
    ]
    problem = _mismatch(known, naming)
    if notes or problem:
        return VariantScores(Scores.of_seeds({run.seed: run.value for run in runs}), tuple(notes), problem, order=order)
    return _joined(known, order)


def _joined(known: dict[int, _Examples], order: tuple[int, ...]) -> VariantScores:
    first = next(iter(known.values()))
    table = np.stack([_in_order(each, first.ids) for each in known.values()])
    repeated = f"ids of examples that come again ({first.num_repeated:,}) are told apart by their order"
    return VariantScores(
        Scores.of_examples(list(known), table, first.ids),
        notes=(repeated,) if first.num_repeated else (),
        scale=next((each.scale for each in known.values() if each.scale is not None), None),
        order=order,
    )


def _behind(run: RunScores, metric: str) -> _Examples | str:
    """Return the scores that average to the run's metric, or why there are none."""
    if isinstance(run.examples, str):
        return run.examples
    reason = ""
    for field in score_fields(metric):
        scores = run.examples.columns.get(field)
        if scores is None or not scores.size:
            continue
        scale = _scale(scores, run.value)
        if scale is not None:
            ids, num_repeated = _distinct(run.examples.ids)
            # Scores that are all 0 fit any scale.
            return _Examples(ids, num_repeated, scores * scale, scale if scores.any() else None)
        if field != _ANY:
            reason = reason or _misfit(field, scores, metric, run.value)
    return reason or f"{metric} is no mean over examples"


def _misfit(field: str, scores: NDArray[np.float64], metric: str, value: float) -> str:
    unknown = int((~np.isfinite(scores)).sum())
    if unknown:
        return f"the {field} of {unknown:,} of {scores.size:,} examples is no number"
    return f"the {field} of its {scores.size:,} examples averages to {scores.mean():.6g}, not to {metric} {value:.6g}"


def _scale(scores: NDArray[np.float64], value: float) -> float | None:
    mean = float(scores.mean())
    if not math.isfinite(mean):
        return None
    tolerances = (1e-9, _rounding(value))
    fits = (
        scale
        for tolerance in tolerances
        for scale in _SCALES
        if math.isclose(mean * scale, value, rel_tol=1e-6, abs_tol=tolerance)
    )
    return next(fits, None)


def _rounding(value: float) -> float:
    """Return how far the value may be from the mean because it was rounded when it was written down."""
    text = repr(float(value))
    decimals = len(text.partition(".")[2]) if "e" not in text else 12
    return 0.5000001 * 10.0**-decimals if decimals < 12 else 0.0


def _mismatch(known: dict[int, _Examples], naming: Callable[[Sequence[int]], str]) -> str:
    """Return which runs were evaluated on other examples than the first, or give the metric on another scale."""
    if not known:
        return ""
    first, examples = next(iter(known.items()))
    others = [seed for seed, each in known.items() if not _same_examples(each.ids, examples.ids)]
    if others:
        return f"evaluated on different examples: {naming(others)} and {naming([first])}"
    in_percent = [seed for seed, each in known.items() if each.scale == 100]
    as_fraction = [seed for seed, each in known.items() if each.scale == 1]
    if in_percent and as_fraction:
        return f"given in percent by {naming(in_percent)} and not by {naming(as_fraction)}"
    return ""


def _same_examples(first: tuple[str, ...], second: tuple[str, ...]) -> bool:
    return first is second or set(first) == set(second)


def _in_order(examples: _Examples, wanted: tuple[str, ...]) -> NDArray[np.float64]:
    if examples.ids is wanted or examples.ids == wanted:
        return examples.scores
    place = {each: position for position, each in enumerate(examples.ids)}
    return examples.scores[[place[each] for each in wanted]]


@lru_cache(maxsize=64)
def _distinct(ids: tuple[str, ...]) -> tuple[tuple[str, ...], int]:
    """Return distinct ids and how many came again; equal ids give one tuple, which is compared at no cost."""
    seen: Counter[str] = Counter()
    distinct = []
    for each in ids:
        seen[each] += 1
        distinct.append(each if seen[each] == 1 else f"{each}\n{seen[each]}")
    return tuple(distinct), len(ids) - len(seen)


def compare_variants(
    treatment: VariantScores,
    control: VariantScores,
    *,
    pairing: Pairing = "auto",
    alternative: Alternative = "two-sided",
    level: float = 0.95,
) -> Comparison | None:
    """Compare two variants by :func:`analysis.crossed.compare_scores`; None where one has no scores.

    Where the seeds of a side cannot be taken together, or the two are on different scales, there is a difference of
    means and nothing more, and ``problem`` says why.

    Args:
        treatment: of the variant that is tried.
        control: of what it is compared with.
        pairing: see :func:`analysis.crossed.compare_scores`.
        alternative: the same.
        level: of the interval, in (0, 1).

    Raises:
        ValueError: impossible level, or "paired" without a shared seed.
    """
    if treatment.scores is None or control.scores is None:
        return None
    found = compare_scores(treatment.scores, control.scores, pairing=pairing, alternative=alternative, level=level)
    problem = mismatch(treatment, control)
    if not problem:
        return found
    return replace(found, basis="nothing", variance=None, interval=None, p_value=None, smallest_p=None, problem=problem)


def mismatch(treatment: VariantScores, control: VariantScores) -> str:
    """Return why no test may take the scores of two variants together; empty where it may."""
    own = treatment.problem or (control.problem and f"control: {control.problem}")
    if own or treatment.scale is None or control.scale is None or treatment.scale == control.scale:
        return own
    percent, fraction = ("treatment", "control") if treatment.scale == 100 else ("control", "treatment")
    return f"the {percent} gives the metric in percent, the {fraction} does not"
