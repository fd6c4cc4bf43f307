"""Everything about the parameters of a set of runs: effects, interactions, rank correlations and what is left."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import fdtrc

from analysis.conditions import varies
from analysis.corrections import Correction, correct
from analysis.estimates import checked_scores
from analysis.importance.effects import Effect, Resampling, interactions, main_effects, model_of
from analysis.importance.parameters import Factor, LeftOut, factors_of, is_number
from analysis.outcome import Outcome

__all__ = ["Importance", "RankCorrelation", "importance"]


class RankCorrelation(NamedTuple):
    """Whether scores rise or fall with a number, whatever the other parameters did."""

    names: tuple[str, ...]
    outcome: Outcome
    p_corrected: float | None


@dataclass(frozen=True)
class Importance:
    """What parameters did to the scores of a set of runs."""

    num_runs: int
    num_configurations: int
    """Distinct settings of all parameters; more runs than that are repetitions."""
    repetition_std: float | None
    """Standard deviation of the scores of equal settings; None without repetitions."""
    lack_of_fit_p: float | None
    """Of an F-test whether settings differ by more than single effects explain; None where the runs cannot tell.

    Where they do, repetitions of a setting are more alike than the p-values of single effects suppose.
    """
    effects: tuple[Effect, ...]
    """Of single parameters, the smallest p-value first."""
    interactions: tuple[Effect, ...]
    correlations: tuple[RankCorrelation, ...]
    left_out: tuple[LeftOut, ...]
    problem: str = ""
    """Why nothing can be said; empty where something is."""


def importance(
    parameters: Mapping[str, Sequence[Any]],
    scores: ArrayLike,
    *,
    rng: np.random.Generator,
    level: float = 0.95,
    correction: Correction = "holm",
    num_permutations: int = 10_000,
) -> Importance:
    """Return which parameters moved the scores, by how much and how sure that is.

    Effects are told apart by one linear model of all parameters: indicators of the values, or a quadratic trend for
    numbers with many of them. P-values come from permutations and are corrected within each of the three lists.
    Runs are taken as independent: those that differ in the seed alone are repetitions.

    Args:
        parameters: by name one value a run, None where a run has none; seeds are none of them.
        scores: shape (num_runs,).
        rng: of the permutations.
        level: of intervals, in (0, 1).
        correction: of the p-values.
        num_permutations: of each effect.

    Raises:
        ValueError: unequal numbers of values and scores, scores that are not finite, or an impossible level.
    """
    values = checked_scores(scores)
    if any(len(each) != values.size for each in parameters.values()):
        raise ValueError(f"every parameter needs one value for each of the {values.size} scores")
    if not 0 < level < 1 or num_permutations < 1:
        raise ValueError(f"expected a level in (0, 1) and a permutation, got {level} and {num_permutations}")
    factors, left_out = factors_of(parameters)
    codes = np.column_stack([np.zeros(values.size, dtype=np.intp), *(factor.codes for factor in factors)])
    configurations = np.unique(codes, axis=0, return_inverse=True)[1].ravel()
    found = Importance(
        num_runs=values.size,
        num_configurations=int(configurations.max()) + 1,
        repetition_std=_repetition_std(values, configurations),
        lack_of_fit_p=None,
        effects=(),
        interactions=(),
        correlations=(),
        left_out=tuple(left_out),
        problem=_problem(values, factors),
    )
    if found.problem:
        return found
    resampling = Resampling(rng, num_permutations, level)
    return replace(
        found,
        lack_of_fit_p=_lack_of_fit_p(factors, values, found),
        effects=_corrected(main_effects(factors, values, resampling), correction),
        interactions=_corrected(interactions(factors, values, resampling), correction),
        correlations=_correlations(factors, values, level, correction),
    )


def _problem(scores: NDArray[np.float64], factors: Sequence[Factor]) -> str:
    if not factors:
        return "no parameter varies"
    if not varies(scores):
        return "all runs have the same score"
    return ""


def _repetition_std(scores: NDArray[np.float64], configurations: NDArray[np.intp]) -> float | None:
    groups: dict[int, list[float]] = defaultdict(list)
    for configuration, score in zip(configurations.tolist(), scores.tolist(), strict=True):
        groups[configuration].append(score)
    degrees = scores.size - len(groups)
    return float(np.sqrt(sum(np.var(each) * len(each) for each in groups.values()) / degrees)) if degrees else None


def _lack_of_fit_p(factors: Sequence[Factor], scores: NDArray[np.float64], found: Importance) -> float | None:
    model = model_of(factors, scores.size)
    pure_degrees = scores.size - found.num_configurations
    degrees = found.num_configurations - model.shape[1]
    if not found.repetition_std or degrees < 1:
        return None
    pure = found.repetition_std**2
    residual = float(np.sum((scores - model @ (model.T @ scores)) ** 2))
    statistic = (residual - pure * pure_degrees) / degrees / pure
    return float(fdtrc(degrees, pure_degrees, max(0.0, statistic)))


def _corrected(effects: Sequence[Effect], correction: Correction) -> tuple[Effect, ...]:
    p_values = [np.nan if each.p_value is None else each.p_value for each in effects]
    corrected = [
        each if each.p_value is None else replace(each, p_corrected=float(p))
        for each, p in zip(effects, correct(p_values, correction), strict=True)
    ]
    return tuple(sorted(corrected, key=_surest_first))


def _surest_first(effect: Effect) -> tuple[float, float]:
    return (2.0 if effect.p_value is None else effect.p_value, -(effect.share or 0.0))


def _numbers(factor: Factor) -> list[Any]:
    """Return the levels but None if they are numbers, else nothing."""
    known = [level for level in factor.levels if level is not None]
    return known if all(map(is_number, known)) else []


def _correlations(
    factors: Sequence[Factor], scores: NDArray[np.float64], level: float, correction: Correction
) -> tuple[RankCorrelation, ...]:
    ordered = [factor for factor in factors if len(_numbers(factor)) > 2]
    # Loading scipy's tests takes a second, which help and completion have not.
    from analysis.hypothesis_tests.correlation import spearman_correlation

    outcomes = []
    for factor in ordered:
        # Runs that lack the number have no rank.
        runs = [run for run, code in enumerate(factor.codes) if factor.levels[code] is not None]
        numbers = [factor.levels[factor.codes[run]] for run in runs]
        outcomes.append(spearman_correlation(numbers, scores[runs], level=level))
    p_values = [np.nan if each.p_value is None else each.p_value for each in outcomes]
    return tuple(
        RankCorrelation(factor.names, outcome, None if outcome.p_value is None else float(p))
        for factor, outcome, p in zip(ordered, outcomes, correct(p_values, correction), strict=True)
    )
