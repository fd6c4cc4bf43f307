"""Comparisons with one control, looked at again after every seed, each until it is settled.

The whole history is worked out anew from the scores: looks are prefixes of the planned seeds, so that who looks, how
often, and whether the work was interrupted in between makes no difference to what is said.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from analysis.crossed import Comparison, compare_scores
from analysis.scores import Scores
from analysis.sequential.design import Design
from analysis.sequential.prediction import Chances, chances_at
from analysis.student_t import Interval
from analysis.verdicts import Word, lies_within

__all__ = ["Look", "Rule", "among", "evaluated_alike", "monitor"]


class Rule(NamedTuple):
    """What a difference means."""

    margin: float | None
    """Differences within -margin and margin do not matter; None where nobody said so."""
    higher_is_better: bool = True


class Look(NamedTuple):
    """What one comparison came to at one look."""

    num_seeds: int
    """On each side."""
    comparison: Comparison
    level: float
    """What the p-value had to fall below, for this look and for all comparisons."""
    interval: Interval | None
    """Holds at all looks together (repeated confidence interval); None where no variance is known."""
    chances: Chances | None
    """Of each answer by the last seed; None where the comparison is settled, was the last look, or has no p-value."""
    word: Word
    stop: bool
    """Whether no more seeds are wanted."""
    reason: str
    """Why to stop or to go on; a clause without a full stop. Empty for a claim, which its p-value explains."""

    def as_json(self) -> dict[str, Any]:
        """Return what programs are told."""
        return {
            "num_seeds": self.num_seeds,
            "difference": self.comparison.difference,
            "interval": self.interval and list(self.interval),
            "p_value": self.comparison.p_value,
            "level": self.level,
            "chances": self.chances and self.chances._asdict(),
            "verdict": self.word,
            "stop": self.stop,
            "reason": self.reason,
        }


def monitor(
    treatments: Mapping[str, Scores | None],
    control: Scores,
    seeds: Sequence[int],
    design: Design,
    rule: Rule,
    control_seeds: Sequence[int] | None = None,
) -> dict[str, list[Look]]:
    """Return the looks at each treatment, the last of them the one at which it stopped or that is newest.

    A treatment is better or worse where its p-value falls below its level at that look. Levels spend ``design.alpha``
    over the looks, shared among the treatments; what a settled one had goes to the others (the group-sequential
    procedure of Holm: Maurer and Bretz 2013). Else it is equivalent where both one-sided tests hold, at levels that
    spend alpha over the looks too. Else there is no more to wait for where a decision has become improbable, or where
    nothing has differed so far. Scores whose difference has no p-value yet, such as those of few examples that differ,
    are waited for.

    Args:
        treatments: scores by name, None where there are none yet; seeds that are missing, or failed, are waited for.
        control: what they are compared with.
        seeds: in the order in which they are run, whatever they score; others do not count. A look at so many seeds
            is a look at the first of each side.
        design: when to look and when to stop.
        rule: the margin, and which direction is good.
        control_seeds: where the control was run with other seeds or in another order; None takes ``seeds``.

    Raises:
        ValueError: other than ``design.max_seeds`` seeds, or one that comes twice.
    """
    control_seeds = seeds if control_seeds is None else control_seeds
    for order in (seeds, control_seeds):
        if len(order) != design.max_seeds or len(set(order)) < len(order):
            raise ValueError(f"expected {design.max_seeds} distinct seeds, got {list(order)}")
    apart = {name for name, each in treatments.items() if each is not None and not evaluated_alike(each, control)}
    looks: dict[str, list[Look]] = {name: [] for name in treatments}
    for count in design.looks:
        seen = {
            name: comparison
            for name, scores in treatments.items()
            if scores is not None
            and not _stopped(looks[name])
            and (mine := among(scores, seeds[:count]))
            and (theirs := among(control, control_seeds[:count]))
            and (comparison := _next(mine, theirs, design, looks[name]))
        }
        num_claims = sum(1 for history in looks.values() if _claimed(history))
        for name, look in _judged(seen, len(treatments) - num_claims, design, rule).items():
            # No number of seeds makes scores of other examples comparable.
            looks[name].append(look._replace(stop=True) if name in apart else look)
    return looks


def _stopped(history: Sequence[Look]) -> bool:
    return bool(history) and history[-1].stop


def _claimed(history: Sequence[Look]) -> bool:
    return bool(history) and history[-1].word in ("better", "worse")


def _next(treatment: Scores, control: Scores, design: Design, history: Sequence[Look]) -> Comparison | None:
    """Return the comparison over the seeds so far; None where there are no more of them than at the look before."""
    count = min(treatment.num_seeds, control.num_seeds)
    if count < design.first_look or (history and count <= history[-1].num_seeds):
        return None
    return compare_scores(treatment, control)


def among(scores: Scores, seeds: Sequence[int]) -> Scores | None:
    """Return the scores of those of the seeds that are there, or None where there are none."""
    there = [seed for seed in seeds if seed in scores.seeds]
    return scores.of(there) if there else None


def evaluated_alike(treatment: Scores, control: Scores) -> bool:
    """Return whether both have scores of the same examples, or one has none of examples at all."""
    known = treatment.examples is not None and control.examples is not None
    return not known or set(treatment.example_ids) == set(control.example_ids)


def _judged(seen: Mapping[str, Comparison], num_open: int, design: Design, rule: Rule) -> dict[str, Look]:
    """Return a look for each comparison; every claim makes the level of the others larger, so it goes in rounds."""
    claims: dict[str, Look] = {}
    while True:
        alpha = design.alpha / max(1, num_open - len(claims))
        judged = {name: _look(each, alpha, design, rule) for name, each in seen.items() if name not in claims}
        new = {name: look for name, look in judged.items() if _claimed([look])}
        if not new:
            return claims | judged
        claims |= new


def _look(comparison: Comparison, alpha: float, design: Design, rule: Rule) -> Look:
    num_seeds = min(comparison.num_seeds, comparison.num_control_seeds)
    level = design.level(num_seeds, alpha)
    open_look = Look(num_seeds, comparison, level, comparison.interval_at(1 - level), None, "undecided", False, "")
    if comparison.p_value is None:
        hopeless = num_seeds >= design.max_seeds or _nothing_differs(comparison)
        return open_look._replace(stop=hopeless, reason=comparison.problem)
    if comparison.p_value < level:
        gained = (comparison.difference > 0) == rule.higher_is_better
        return open_look._replace(word="better" if gained else "worse", stop=True)
    if rule.margin is not None and lies_within(comparison, rule.margin, design.equivalence_level(num_seeds)):
        return open_look._replace(
            word="equivalent", stop=True, reason=f"any difference is smaller than {rule.margin:g}"
        )
    if num_seeds >= design.max_seeds:
        return open_look._replace(stop=True, reason=f"{num_seeds} seeds did not decide")
    return _outlook(open_look, alpha, design, rule)


def _nothing_differs(comparison: Comparison) -> bool:
    """Whether both sides score the same and nothing varies, as where a strategy changes nothing."""
    return comparison.basis != "nothing" and comparison.difference == 0


def _outlook(look: Look, alpha: float, design: Design, rule: Rule) -> Look:
    end = design.max_seeds
    chances = chances_at(look.comparison, end, design.level(end, alpha), rule.margin, design.equivalence_level(end))
    percent = 100 * chances.any
    likely = "less than 1 %" if percent < 1 else "more than 99 %" if percent > 99 else f"{percent:.0f} %"
    reason = f"{likely} likely to be decided by {end} seeds"
    return look._replace(chances=chances, stop=chances.any < design.futility, reason=reason)
