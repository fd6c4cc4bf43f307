"""The default comparison of two variants: seeds and evaluation examples are both sources of chance.

A score is a variant's mean, plus the luck of a seed, plus the difficulty of an example, plus what is left (crossed
random effects). The variance of a difference of means then has a part that falls with more seeds and one that only more
examples make smaller. Both are estimated by the method of moments, and the difference is referred to Student's t.

Two choices are this module's own, made because simulation asked for them (docs/statistics.md):

* Degrees of freedom. With shares w of the variance estimated on d degrees each, ``1 / df = sum(w / d)``. The rule of
  Satterthwaite (1946), ``1 / df = sum(w**2 / d)``, finds up to 8 % false differences in place of 5 % from three seeds.
* Pairing. Runs of one seed share its luck or do not; from a few seeds their means cannot tell. What seeds do to single
  examples can: where residuals of equal seeds correlate, the comparison is paired by seed, otherwise it takes both
  sides as independent, which has more degrees of freedom. The residuals say nothing about the difference of means, so
  that choosing by them leaves the error rates as they are.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import comb
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.special import stdtr, stdtrit

from analysis.effects.sizes import hedges_g, probability_of_superiority
from analysis.scores import Scores
from analysis.student_t import Interval

__all__ = ["MIN_SEEDS", "Alternative", "Basis", "Comparison", "Pairing", "Variance", "compare_scores"]

MIN_SEEDS = 3
"""With fewer the spread over seeds is hardly known, and no p-value is given."""

Alternative = Literal["two-sided", "greater", "less"]
Basis = Literal["seeds and examples", "seeds", "examples", "nothing"]
"""What chance an interval speaks of: "seeds" holds for this evaluation set alone, "examples" for these models alone."""
Pairing = Literal["auto", "paired", "unpaired"]


class Variance(NamedTuple):
    """What makes a difference of means uncertain, as variances of that difference."""

    seeds: float
    """Part that more seeds make smaller, with what is left of single scores."""
    seed_degrees: float
    one_seed: float
    """What ``seeds`` would be with a single seed on each side."""
    examples: float
    """Part that only more examples make smaller; 0 where they are unknown or taken as fixed."""
    example_degrees: float

    @property
    def total(self) -> float:
        """Variance of the difference."""
        return self.seeds + self.examples

    @property
    def degrees(self) -> float:
        """Degrees of freedom: the harmonic mean of the parts', weighted by their shares."""
        seeds = self.seeds / self.total / self.seed_degrees if self.seeds else 0.0
        examples = self.examples / self.total / self.example_degrees if self.examples else 0.0
        return 1 / (seeds + examples)


@dataclass(frozen=True)
class Comparison:
    """A treatment beside a control: by how much it differs, and how sure that is."""

    num_seeds: int
    num_control_seeds: int
    num_shared_seeds: int
    num_examples: int
    mean: float
    std: float | None
    """Sample standard deviation over seeds; None from one."""
    control_mean: float
    control_std: float | None
    difference: float
    """Treatment minus control, of those seeds that are compared."""
    paired: bool
    """Whether the difference was taken within seeds."""
    basis: Basis
    residual_correlation: float | None
    """Of what equal seeds do to single examples in both; None where examples or shared seeds are missing."""
    variance: Variance | None
    interval: Interval | None
    p_value: float | None
    smallest_p: float | None
    """Smallest two-sided p-value of an exact permutation test over so many seeds, whatever the scores."""
    hedges_g: float | None
    """Difference in pooled standard deviations over seeds, corrected for few of them."""
    superiority: float
    """Share of all pairs of seeds in which the treatment scores higher; a tie counts half."""
    level: float
    problem: str = ""
    """Why there is no p-value; empty where there is one."""

    @property
    def standard_error(self) -> float | None:
        """Of the difference; None where it is not known."""
        return None if self.variance is None else float(np.sqrt(self.variance.total))

    def interval_at(self, level: float) -> Interval | None:
        """Return the interval of another level, in (0, 1)."""
        if self.variance is None:
            return None
        return _interval(self.difference, self.variance, level)


def compare_scores(
    treatment: Scores,
    control: Scores,
    *,
    pairing: Pairing = "auto",
    alternative: Alternative = "two-sided",
    level: float = 0.95,
) -> Comparison:
    """Compare two variants by one metric on one evaluation set.

    Args:
        treatment: of the variant that is tried.
        control: of what it is compared with.
        pairing: "auto" pairs by seed where that promises the shorter interval, see the module's text.
        alternative: what the p-value counts as evidence: any difference, or a treatment that is greater or less.
        level: of the interval, in (0, 1).

    Returns:
        The comparison. Where the conditions of a p-value fail it has none, and ``problem`` says why.

    Raises:
        ValueError: impossible level, or "paired" without a shared seed.
    """
    if not 0 < level < 1:
        raise ValueError(f"level must lie between 0 and 1, got {level}")
    shared = sorted(set(treatment.seeds) & set(control.seeds))
    if pairing == "paired" and not shared:
        raise ValueError("no seed is shared, so nothing can be paired")
    plain = _described(treatment, control, shared, level)
    if _other_examples(treatment, control):
        return replace(plain, problem=_example_mismatch(treatment, control))
    if treatment.examples is None or control.examples is None:
        treatment, control = treatment.without_examples(), control.without_examples()
    else:
        control = control.aligned_to(treatment.example_ids)
        plain = replace(plain, num_examples=treatment.num_examples)
    correlation = _residual_correlation(treatment, control, shared)
    paired = pairing == "paired" or (pairing == "auto" and _pairing_pays(treatment, control, shared, correlation))
    if paired:
        treatment, control = treatment.of(shared), control.of(shared)
    found = replace(
        plain,
        difference=float(treatment.values.mean() - control.values.mean()),
        paired=paired,
        residual_correlation=correlation,
    )
    return _tested(found, treatment, control, alternative)


def _described(treatment: Scores, control: Scores, shared: list[int], level: float) -> Comparison:
    return Comparison(
        num_seeds=treatment.num_seeds,
        num_control_seeds=control.num_seeds,
        num_shared_seeds=len(shared),
        num_examples=0,
        mean=float(treatment.values.mean()),
        std=_std(treatment.values),
        control_mean=float(control.values.mean()),
        control_std=_std(control.values),
        difference=float(treatment.values.mean() - control.values.mean()),
        paired=False,
        basis="nothing",
        residual_correlation=None,
        variance=None,
        interval=None,
        p_value=None,
        smallest_p=None,
        hedges_g=hedges_g(treatment.values, control.values),
        superiority=probability_of_superiority(treatment.values, control.values),
        level=level,
    )


def _std(values: NDArray[np.float64]) -> float | None:
    return float(values.std(ddof=1)) if values.size > 1 else None


def _other_examples(treatment: Scores, control: Scores) -> bool:
    known = treatment.examples is not None and control.examples is not None
    return known and set(treatment.example_ids) != set(control.example_ids)


def _example_mismatch(treatment: Scores, control: Scores) -> str:
    mine, theirs = set(treatment.example_ids), set(control.example_ids)
    return (
        f"evaluated on different examples: {len(mine & theirs)} shared, {len(mine - theirs)} only in the treatment, "
        f"{len(theirs - mine)} only in the control"
    )


def _residual_correlation(treatment: Scores, control: Scores, shared: list[int]) -> float | None:
    """Return how alike equal seeds move single examples in both, beyond the means of seeds and of examples."""
    if treatment.examples is None or control.examples is None or len(shared) < 2:
        return None
    first, second = (_residuals(_examples(each.of(shared))) for each in (treatment, control))
    scale = float(np.sqrt(np.sum(first**2) * np.sum(second**2)))
    return float(np.sum(first * second)) / scale if scale else None


def _examples(scores: Scores) -> NDArray[np.float64]:
    assert scores.examples is not None
    return scores.examples


def _residuals(table: NDArray[np.float64]) -> NDArray[np.float64]:
    rows, columns = table.mean(axis=1, keepdims=True), table.mean(axis=0, keepdims=True)
    residuals: NDArray[np.float64] = table - rows - columns + table.mean()
    return residuals


def _pairing_pays(treatment: Scores, control: Scores, shared: list[int], correlation: float | None) -> bool:
    """Return whether pairing saves more variance than its lost degrees of freedom cost, roughly 1 / num_pairs."""
    count = len(shared)
    if count < MIN_SEEDS:
        return False
    if correlation is None:
        # Nothing tells; pairing is right whether or not seeds share their luck.
        return count == treatment.num_seeds == control.num_seeds
    paired = 2 * (1 - correlation) / count
    unpaired = 1 / treatment.num_seeds + 1 / control.num_seeds
    return paired < (1 - 1 / count) * unpaired


def _tested(found: Comparison, treatment: Scores, control: Scores, alternative: Alternative) -> Comparison:
    fewest = min(treatment.num_seeds, control.num_seeds)
    known = treatment.examples is not None
    if fewest == 1 and known and treatment.num_examples > 1:
        variance = _variance_over_examples(treatment, control)
        problem = "one seed: nothing is known of the spread over seeds; the interval holds for these models alone"
        return _with_interval(replace(found, basis="examples", problem=problem), variance, alternative)
    if fewest < MIN_SEEDS:
        seeds = "one seed" if fewest == 1 else f"{fewest} seeds"
        return replace(
            found, problem=f"{seeds}: too few to know the spread over seeds, at least {MIN_SEEDS} are needed"
        )
    found = replace(
        found,
        basis="seeds and examples" if known else "seeds",
        smallest_p=_smallest_exact_p(treatment.num_seeds, control.num_seeds, found.paired),
    )
    variance = _paired_variance(treatment, control) if found.paired else _unpaired_variance(treatment, control)
    return _with_interval(found, variance, alternative)


def _with_interval(found: Comparison, variance: Variance, alternative: Alternative) -> Comparison:
    if not variance.total > _negligible(found):
        return replace(found, problem="scores do not vary: every difference is the same, so that no test applies")
    interval = _interval(found.difference, variance, found.level)
    p_value = None if found.problem else _p_value(found.difference, variance, alternative)
    return replace(found, variance=variance, interval=interval, p_value=p_value)


def _negligible(found: Comparison) -> float:
    """Return a variance that is nothing but rounding."""
    return (1e-12 * max(abs(found.mean), abs(found.control_mean), 1e-300)) ** 2


def _paired_variance(treatment: Scores, control: Scores) -> Variance:
    """Return the parts from the mean squares of the table of differences, seeds by examples."""
    num_seeds = treatment.num_seeds
    if treatment.examples is None:
        seeds = float(np.var(treatment.values - control.values, ddof=1)) / num_seeds
        return Variance(seeds, num_seeds - 1, seeds * num_seeds, 0.0, np.inf)
    table = treatment.examples - _examples(control)
    num_examples = table.shape[1]
    seeds = float(np.var(table.mean(axis=1), ddof=1)) / num_seeds
    residual = _residual_mean_square(table)
    examples = float(np.var(table.mean(axis=0), ddof=1)) - residual / num_seeds if num_examples > 1 else 0.0
    # Means of few seeds can agree by accident; they still vary as what is left of single scores makes them.
    seeds = seeds or residual / (num_seeds * num_examples)
    return Variance(
        seeds, num_seeds - 1, seeds * num_seeds, max(0.0, examples) / num_examples, max(1, num_examples - 1)
    )


def _unpaired_variance(treatment: Scores, control: Scores) -> Variance:
    """Return the parts from both tables apart: Welch's for the seeds, the rest of the examples' differences."""
    sides = (treatment, control)
    spreads = [float(np.var(each.values, ddof=1)) for each in sides]
    if treatment.examples is None:
        return _of_two_sides(sides, spreads, 0.0, np.inf)
    first, second = treatment.examples, _examples(control)
    num_examples = first.shape[1]
    residuals = [_residual_mean_square(table) for table in (first, second)]
    # Means of few seeds can agree by accident; they still vary as what is left of single scores makes them.
    spreads = [spread or residual / num_examples for spread, residual in zip(spreads, residuals, strict=True)]
    means = first.mean(axis=0) - second.mean(axis=0)
    left = sum(residual / each.num_seeds for residual, each in zip(residuals, sides, strict=True))
    examples = float(np.var(means, ddof=1)) - left if num_examples > 1 else 0.0
    return _of_two_sides(sides, spreads, max(0.0, examples) / num_examples, max(1, num_examples - 1))


def _of_two_sides(
    sides: tuple[Scores, Scores], spreads: list[float], examples: float, example_degrees: float
) -> Variance:
    parts = [spread / each.num_seeds for spread, each in zip(spreads, sides, strict=True)]
    seeds, degrees = sum(parts), float(sum(each.num_seeds - 1 for each in sides))
    if seeds:
        # Welch (1947).
        degrees = seeds**2 / sum(part**2 / (each.num_seeds - 1) for part, each in zip(parts, sides, strict=True))
    return Variance(seeds, degrees, sum(spreads), examples, example_degrees)


def _residual_mean_square(table: NDArray[np.float64]) -> float:
    degrees = (table.shape[0] - 1) * (table.shape[1] - 1)
    return float(np.sum(_residuals(table) ** 2)) / degrees if degrees else 0.0


def _variance_over_examples(treatment: Scores, control: Scores) -> Variance:
    """Return the variance of a mean difference over examples, for models that are taken as they are."""
    differences = _examples(treatment).mean(axis=0) - _examples(control).mean(axis=0)
    count = differences.size
    return Variance(0.0, np.inf, 0.0, float(np.var(differences, ddof=1)) / count, count - 1)


def _smallest_exact_p(num_seeds: int, num_control_seeds: int, paired: bool) -> float:
    return min(1.0, 2 / (2**num_seeds if paired else comb(num_seeds + num_control_seeds, num_seeds)))


def _interval(difference: float, variance: Variance, level: float) -> Interval:
    half = float(stdtrit(variance.degrees, (1 + level) / 2)) * float(np.sqrt(variance.total))
    return Interval(difference - half, difference + half)


def _p_value(difference: float, variance: Variance, alternative: Alternative) -> float:
    statistic = difference / float(np.sqrt(variance.total))
    if alternative == "two-sided":
        return float(2 * stdtr(variance.degrees, -abs(statistic)))
    return float(stdtr(variance.degrees, -statistic if alternative == "greater" else statistic))
