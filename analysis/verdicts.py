"""One word for each comparison: better, worse, equivalent or undecided, and what would decide it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, NamedTuple

from analysis.corrections import Correction, correct
from analysis.crossed import Comparison
from analysis.power.seeds import MAX_SEEDS, Need, seeds_needed

__all__ = ["Claim", "Verdict", "Word", "judge", "lies_within"]

Word = Literal["better", "worse", "equivalent", "undecided"]


class Claim(NamedTuple):
    """A comparison, and what it is judged by."""

    comparison: Comparison
    margin: float | None
    """Differences within -margin and margin do not matter; None where nobody said so."""
    higher_is_better: bool = True


class Verdict(NamedTuple):
    """What a comparison comes to among all that are shown."""

    word: Word
    p_corrected: float | None
    need: Need | None
    """What would show a difference of the margin; only for the undecided."""
    reason: str
    """Why the word is what it is, or what would decide; a clause without a full stop."""


def judge(
    claims: Sequence[Claim], *, alpha: float = 0.05, correction: Correction = "holm", power: float = 0.8
) -> list[Verdict]:
    """Return a verdict for each claim; p-values are corrected for all of them together.

    Better or worse: the corrected p-value is below ``alpha``. Else equivalent: the interval of level ``1 - 2 alpha``
    lies within the margin, which is the pair of one-sided tests of Schuirmann (1987) at level ``alpha``, uncorrected.
    Else undecided.

    Args:
        claims: every comparison that is shown together.
        alpha: level, in (0, 0.5).
        correction: of the p-values.
        power: of what is said to decide the undecided, in (0, 1).

    Raises:
        ValueError: impossible level or power.
    """
    if not 0 < alpha < 0.5 or not 0 < power < 1:
        raise ValueError(f"expected alpha in (0, 0.5) and power in (0, 1), got {alpha} and {power}")
    p_values = [float("nan") if claim.comparison.p_value is None else claim.comparison.p_value for claim in claims]
    corrected = correct(p_values, correction)
    num_tests = max(1, sum(claim.comparison.p_value is not None for claim in claims))
    strictest = alpha if correction == "none" else alpha / num_tests
    return [
        _verdict(claim, None if claim.comparison.p_value is None else float(p), alpha, strictest, power)
        for claim, p in zip(claims, corrected, strict=True)
    ]


def _verdict(claim: Claim, p_corrected: float | None, alpha: float, strictest: float, power: float) -> Verdict:
    comparison = claim.comparison
    if p_corrected is None:
        return Verdict("undecided", None, None, comparison.problem)
    if p_corrected < alpha:
        gained = (comparison.difference > 0) == claim.higher_is_better
        small = claim.margin is not None and lies_within(comparison, claim.margin, alpha)
        reason = f"but by less than the margin of {claim.margin:g}" if small else ""
        return Verdict("better" if gained else "worse", p_corrected, None, reason)
    if claim.margin is None:
        return Verdict("undecided", p_corrected, None, "no margin says which difference would matter")
    if lies_within(comparison, claim.margin, alpha):
        return Verdict("equivalent", p_corrected, None, f"any difference is smaller than {claim.margin:g}")
    need = seeds_needed(comparison, claim.margin, strictest, power)
    if need is None:
        return Verdict("undecided", p_corrected, None, "the spread over seeds is not known")
    advice = _advice(comparison, need)
    if abs(comparison.difference) > claim.margin:
        seen = seeds_needed(comparison, abs(comparison.difference), strictest, power)
        advice = _advice_as_seen(comparison, seen) + advice
    return Verdict("undecided", p_corrected, need, advice)


def lies_within(comparison: Comparison, margin: float, alpha: float) -> bool:
    """Return whether two one-sided tests of level ``alpha`` each place the difference within the margin."""
    interval = comparison.interval_at(1 - 2 * alpha)
    return interval is not None and -margin < interval.low and interval.high < margin


def _advice(comparison: Comparison, need: Need) -> str:
    if need.beyond_seeds:
        return need.beyond_seeds
    if need.seeds is None:
        return f"more than {MAX_SEEDS} seeds {need.goal}"
    more = _more(comparison, need.seeds)
    if more <= 0:
        return f"there are seeds enough {need.goal}; more would narrow the interval"
    return f"{more} more seed{'s' if more > 1 else ''}{_range(comparison, need)} {need.goal}"


def _range(comparison: Comparison, need: Need) -> str:
    """Return how few and how many more seeds it may come to, for the spread over seeds is not known well."""
    if need.fewest is None:
        return ""
    fewest = max(0, _more(comparison, need.fewest))
    return f" ({fewest} or more)" if need.most is None else f" ({fewest} to {_more(comparison, need.most)})"


def _advice_as_seen(comparison: Comparison, need: Need | None) -> str:
    """Return what a difference as large as the one seen would take, which may be far more than the margin."""
    if need is None or need.seeds is None or (more := _more(comparison, need.seeds)) <= 0:
        return ""
    return f"{more} more seed{'s' if more > 1 else ''} if it is as large as it looks; "


def _more(comparison: Comparison, num_seeds: int) -> int:
    return num_seeds - min(comparison.num_seeds, comparison.num_control_seeds)
