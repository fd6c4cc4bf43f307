"""The default comparison of two variants: seeds and evaluation examples are both sources of chance.

A score is a variant's mean, plus the luck of a seed, plus the difficulty of an example, plus what is left (crossed
random effects). The variance of a difference of means then has a part that falls with more seeds and one that only more
examples make smaller. Both are estimated by the method of moments; the difference is held against critical values that
lie between those of Student's t for either.

Four choices were made because simulation asked for them (docs/calibration.md):

* Critical values. Few seeds know their spread badly, many examples know theirs well. The critical value lies between
  the quantiles of t for both, weighted by their shares of the variance (Cochran and Cox 1950). One t with the degrees
  of freedom of Satterthwaite (1946) finds up to 8 % false differences in place of 5 % from three seeds.
* Degrees of freedom. The spreads over seeds of two sides that are not paired are joined by the rule of Welch (1947):
  from three seeds, Satterthwaite's finds 3.5 % in place of 5 %, and a real difference in 69 cases of 100, not 77.
* Pairing. Runs of one seed share its luck or do not; from a few seeds their means cannot tell. What seeds do to single
  examples can: where residuals of equal seeds correlate, the comparison is paired by seed, otherwise it takes both
  sides as independent, which has more degrees of freedom. The residuals say nothing about the difference of means, so
  that choosing by them leaves the error rates as they are.
* Few examples that differ. Where nearly all scores are the same under both, Student's t trusts a handful of examples
  too much. No p-value is smaller than that of an exact sign test of the examples that differ, if all differ in one
  direction, and an interval of a level that this p-value does not reach holds 0. With fewer than six, where even that
  test cannot reach 0.05, neither is given.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from analysis.conditions import NOTHING_SHARED, example_mismatch, rounded_to_zero
from analysis.effects.sizes import hedges_g, probability_of_superiority
from analysis.floors import smallest_exact_p
from analysis.levels import check_level
from analysis.outcome import Alternative, Basis, Pairing
from analysis.scores import Scores
from analysis.student_t import Interval
from analysis.variances import Variance, paired_variance, residuals, unpaired_variance, variance_over_examples

__all__ = ["MIN_SEEDS", "Comparison", "compare_scores"]

MIN_SEEDS = 3
"""With fewer the spread over seeds is hardly known, and no p-value is given."""

MIN_DIFFERING = 6
"""With fewer examples that differ an exact sign test, of p-value 2 / 2**5 at best, cannot reach 0.05."""


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
    sign_floor: float = 0.0
    """Smallest two-sided p-value of a sign test of the examples that differ; 0 where single examples are unknown."""

    @property
    def standard_error(self) -> float | None:
        """Of the difference; None where it is not known."""
        return None if self.variance is None else float(np.sqrt(self.variance.total))

    def interval_at(self, level: float) -> Interval | None:
        """Return the interval of another level, in (0, 1)."""
        if self.variance is None:
            return None
        half = self.variance.critical_value(1 - level) * math.sqrt(self.variance.total)
        if self.sign_floor >= 1 - level:
            half = max(half, abs(self.difference))
        return Interval(self.difference - half, self.difference + half)


_COST_OF_PAIRING = 1.25
"""Times 1 / num_pairs: the share of the variance that lost degrees of freedom are worth, found by simulation."""


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
    check_level(level)
    shared = treatment.shared_seeds(control)
    if pairing == "paired" and not shared:
        raise ValueError(NOTHING_SHARED)
    plain = _described(treatment, control, shared, level)
    if treatment.examples is None or control.examples is None:
        treatment, control = treatment.without_examples(), control.without_examples()
    elif mismatch := example_mismatch(treatment, control):
        return replace(plain, problem=mismatch)
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


def _residual_correlation(treatment: Scores, control: Scores, shared: list[int]) -> float | None:
    """Return how alike equal seeds move single examples in both, beyond the means of seeds and of examples."""
    if treatment.examples is None or control.examples is None or len(shared) < 2:
        return None
    rows, control_rows = ([each.seeds.index(seed) for seed in shared] for each in (treatment, control))
    first, second = residuals(treatment.examples[rows]), residuals(control.examples[control_rows])
    scale = float(np.sqrt(np.sum(first**2) * np.sum(second**2)))
    # What rounding leaves is no residual.
    rounding = 1e-24 * float(np.sqrt(np.sum(treatment.examples**2) * np.sum(control.examples**2)))
    return float(np.sum(first * second)) / scale if scale > rounding else None


def _pairing_pays(treatment: Scores, control: Scores, shared: list[int], correlation: float | None) -> bool:
    """Return whether pairing saves more variance than its lost degrees of freedom cost."""
    count = len(shared)
    if count < MIN_SEEDS:
        return False
    if correlation is None:
        # Nothing tells; pairing is right whether or not seeds share their luck.
        return count == treatment.num_seeds == control.num_seeds
    paired = 2 * (1 - correlation) / count
    unpaired = 1 / treatment.num_seeds + 1 / control.num_seeds
    return paired < (1 - _COST_OF_PAIRING / count) * unpaired


def _tested(found: Comparison, treatment: Scores, control: Scores, alternative: Alternative) -> Comparison:
    fewest = min(treatment.num_seeds, control.num_seeds)
    several = treatment.num_examples > 1
    if fewest < MIN_SEEDS and not (fewest == 1 and several):
        few = f"{_few_seeds(treatment, control)}: too few to know the spread over seeds"
        return replace(found, problem=f"{few}, at least {MIN_SEEDS} are needed")
    differing = _num_differing(treatment, control) if several else 0
    if 0 < differing < MIN_DIFFERING:
        return replace(found, problem=_few_differ(differing, treatment.num_examples))
    # All examples that differ, differing in one direction: no test of signs finds more.
    found = replace(found, sign_floor=2.0 ** (1 - differing) if differing else 0.0)
    if fewest == 1:
        few = f"{_few_seeds(treatment, control)}: nothing is known of the spread over seeds"
        found = replace(found, basis="examples", problem=f"{few}; the interval holds for these models alone")
        return _with_interval(found, variance_over_examples(treatment, control))
    control_seeds = None if found.paired else control.num_seeds
    found = replace(
        found,
        basis="seeds and examples" if several else "seeds",
        smallest_p=smallest_exact_p(treatment.num_seeds, control_seeds),
    )
    variance = paired_variance(treatment, control) if found.paired else unpaired_variance(treatment, control)
    found = _with_interval(found, variance)
    if found.problem:
        return found
    return replace(found, p_value=_p_value(found, variance, alternative))


def _few_seeds(treatment: Scores, control: Scores) -> str:
    """Return who has too few seeds, and how many."""
    counts = [f"{each.num_seeds} seeds" if each.num_seeds > 1 else "one seed" for each in (treatment, control)]
    if counts[0] == counts[1]:
        return counts[0]
    few = [
        f"the {name} has {count}"
        for name, count, each in zip(("treatment", "control"), counts, (treatment, control), strict=True)
        if each.num_seeds < MIN_SEEDS
    ]
    return " and ".join(few)


def _num_differing(treatment: Scores, control: Scores) -> int:
    """Return how many examples have another mean score under the treatment than under the control."""
    means, control_means = treatment.example_means, control.example_means
    # Means of equal scores may differ by rounding.
    return int(np.count_nonzero(rounded_to_zero(means - control_means, means, control_means)))


def _few_differ(differing: int, num_examples: int) -> str:
    score = "example scores" if differing == 1 else "examples score"
    return (
        f"only {differing} of {num_examples:,} {score} differently: too few to tell a difference from chance, at least "
        f"{MIN_DIFFERING} must"
    )


def _with_interval(found: Comparison, variance: Variance) -> Comparison:
    error = math.sqrt(variance.total)
    if not math.isfinite(error):
        return replace(found, problem="scores are too large for their variance to be a number")
    if not error > _negligible(found):
        same = "within every seed the difference is the same" if found.paired else "scores do not vary"
        return replace(found, problem=f"{same}, so that no test applies")
    found = replace(found, variance=variance)
    return replace(found, interval=found.interval_at(found.level))


def _negligible(found: Comparison) -> float:
    """Return a standard error that is nothing but rounding."""
    return 1e-12 * max(abs(found.mean), abs(found.control_mean))


def _p_value(found: Comparison, variance: Variance, alternative: Alternative) -> float:
    statistic = found.difference / math.sqrt(variance.total)
    both = max(variance.p_value(statistic), found.sign_floor)
    if alternative == "two-sided":
        return both
    return both / 2 if (statistic > 0) == (alternative == "greater") else 1 - both / 2
