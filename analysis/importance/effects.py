"""Main effects and interactions of parameters, told apart by one linear model."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import combinations
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import fdtri

from analysis.importance.linear import Addition, added, basis, permutation_p
from analysis.importance.parameters import Factor
from analysis.student_t import Interval

__all__ = ["Effect", "Resampling", "interactions", "main_effects", "model_of"]


@dataclass(frozen=True)
class Resampling:
    """How chance is told."""

    rng: np.random.Generator
    num_permutations: int = 10_000
    level: float = 0.95
    """Of intervals, in (0, 1)."""


@dataclass(frozen=True)
class Effect:
    """What a parameter, or two of them together, did to the scores, beside all other parameters."""

    factors: tuple[tuple[str, ...], ...]
    """Names of the parameter, and of those that always move with it; two of these for an interaction."""
    share: float | None = None
    """Of the variance of the scores, less what chance would bring (Kelley 1935's epsilon squared); at least 0."""
    statistic: float | None = None
    """F."""
    degrees: tuple[int, int] | None = None
    p_value: float | None = None
    p_corrected: float | None = None
    highest_at: Any = None
    """Value with the highest scores, all else equal."""
    lowest_at: Any = None
    change: float | None = None
    """Scores at ``highest_at`` minus those at ``lowest_at``, all else equal; None for interactions."""
    interval: Interval | None = None
    """Of the change, wide enough for having chosen both values after looking (Scheffé 1953)."""
    problem: str = ""
    """Why something is missing."""


def main_effects(factors: Sequence[Factor], scores: NDArray[np.float64], resampling: Resampling) -> list[Effect]:
    """Return what each parameter adds to a model with all others, in the order of the factors.

    Args:
        factors: of :func:`analysis.importance.parameters.factors_of`.
        scores: shape (num_runs,), not constant.
        resampling: how chance is told.
    """
    return [_main_effect(factor, factors, scores, resampling) for factor in factors]


def _main_effect(
    factor: Factor, factors: Sequence[Factor], scores: NDArray[np.float64], resampling: Resampling
) -> Effect:
    known = model_of([each for each in factors if each is not factor], scores.size)
    addition = added(factor.columns, known, scores)
    problem = _problem(addition, factor, factors, scores.size)
    if problem:
        return Effect((factor.names,), problem=problem)
    (p_value,) = permutation_p([addition], known, scores, resampling.num_permutations, resampling.rng)
    effect = _tested((factor.names,), addition, scores, p_value)
    if addition.basis.shape[1] < factor.level_columns.shape[1]:
        return replace(effect, problem="some of its values only occur with certain values of other parameters")
    return _with_change(effect, factor, addition, known, scores, resampling.level)


def model_of(factors: Sequence[Factor], num_runs: int) -> NDArray[np.float64]:
    """Return an orthonormal basis of a model with a mean and all factors, shape (num_runs, num_parameters)."""
    return basis(np.column_stack([np.ones(num_runs), *(factor.columns for factor in factors)]))


def _problem(addition: Addition, factor: Factor, factors: Sequence[Factor], num_runs: int) -> str:
    if not addition.basis.shape[1]:
        others = [each for each in factors if each is not factor]
        partners = [
            each.names[0]
            for each in others
            if basis(factor.columns, model_of([other for other in others if other is not each], num_runs)).shape[1]
        ]
        return f"cannot be told apart from {' or '.join(partners) or 'the others together'}"
    if addition.degrees < 1:
        return f"{num_runs} runs are too few for so many parameters"
    return ""


def _tested(
    names: tuple[tuple[str, ...], ...], addition: Addition, scores: NDArray[np.float64], p_value: float
) -> Effect:
    gained = addition.basis.shape[1]
    total = float(np.sum((scores - scores.mean()) ** 2))
    share = (addition.sum_of_squares - gained * addition.mean_square) / total
    return Effect(
        names,
        share=max(0.0, share),
        statistic=addition.statistic,
        degrees=(gained, addition.degrees),
        p_value=p_value,
    )


def _with_change(
    effect: Effect,
    factor: Factor,
    addition: Addition,
    known: NDArray[np.float64],
    scores: NDArray[np.float64],
    level: float,
) -> Effect:
    columns = factor.columns
    own = columns - known @ (known.T @ columns)
    precision = own.T @ own
    fitted = factor.level_columns @ np.linalg.solve(precision, own.T @ scores)
    # A trend is one of numbers: runs without any differ by more than this parameter.
    compared = [place for place, level in enumerate(factor.levels) if not (factor.is_trend and level is None)]
    highest, lowest = (compared[int(choice(fitted[compared]))] for choice in (np.argmax, np.argmin))
    contrast = factor.level_columns[highest] - factor.level_columns[lowest]
    gained = addition.basis.shape[1]
    variance = addition.mean_square * float(contrast @ np.linalg.solve(precision, contrast))
    change = float(fitted[highest] - fitted[lowest])
    half = float(np.sqrt(gained * fdtri(gained, addition.degrees, level) * variance))
    return replace(
        effect,
        highest_at=factor.levels[highest],
        lowest_at=factor.levels[lowest],
        change=change,
        interval=Interval(change - half, change + half),
    )


def interactions(factors: Sequence[Factor], scores: NDArray[np.float64], resampling: Resampling) -> list[Effect]:
    """Return what each pair of parameters adds together to a model of all main effects.

    Args:
        factors: of :func:`analysis.importance.parameters.factors_of`.
        scores: shape (num_runs,), not constant.
        resampling: how chance is told.
    """
    known = model_of(factors, scores.size)
    pairs = list(combinations(factors, 2))
    additions = [added(_products(*pair), known, scores) for pair in pairs]
    told = [each for each in additions if not _untold(each)]
    resamples = resampling.num_permutations
    p_values = iter(permutation_p(told, known, scores, resamples, resampling.rng) if told else ())
    found = []
    for (first, second), addition in zip(pairs, additions, strict=True):
        names, problem = (first.names, second.names), _untold(addition)
        found.append(Effect(names, problem=problem) if problem else _tested(names, addition, scores, next(p_values)))
    return found


def _products(first: Factor, second: Factor) -> NDArray[np.float64]:
    products: NDArray[np.float64] = first.columns[:, :, None] * second.columns[:, None, :]
    return products.reshape(first.codes.size, -1)


def _untold(addition: Addition) -> str:
    """Return why nothing can be said of an interaction; empty where something can."""
    if not addition.basis.shape[1]:
        return "too few combinations of their values were tried"
    return "too few runs for so many parameters" if addition.degrees < 1 else ""
