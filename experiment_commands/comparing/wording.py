"""How a comparison puts numbers and margins into words."""

from __future__ import annotations

from experiment_commands.comparing.report import label_of
from experiment_commands.comparing.verdict import Verdict, Versus

__all__ = ["verdict_lines"]


def verdict_lines(verdict: Verdict, form: str, grouped: bool) -> list[str]:
    """Return who is ahead by how much, and what the intervals cover.

    Args:
        verdict: from :func:`experiment_commands.comparing.verdict.find_verdict`.
        form: of the metric in the tables.
        grouped: whether the compared are means over seeds.
    """
    lines = [_pair(verdict, each, form) for each in verdict.versus]
    lines += [f"{label_of(position)} has no {verdict.metric}" for position in verdict.without]
    if not verdict.versus:
        return [*lines, "there is nothing to compare it with"]
    return [*lines, *_coverage(verdict, grouped)]


def _pair(verdict: Verdict, versus: Versus, form: str) -> str:
    first, other, margin = label_of(verdict.first), label_of(versus.other), versus.margin
    word = "ahead of" if margin.difference >= 0 else "behind"
    text = f"{first} is {word} {other} by {abs(margin.difference):{form}}"
    if verdict.leader is None and margin.difference == 0:
        text = f"{first} and {other} have the same value"
    if margin.interval is None:
        return f"{text}; {versus.no_interval}"
    low, high = margin.interval
    text += f", {verdict.level * 100:g} % interval {low:+{form}} to {high:+{form}}"
    return text if margin.distinguishable else f"{text}: not distinguishable"


def _coverage(verdict: Verdict, grouped: bool) -> list[str]:
    margins = [each.margin for each in verdict.versus if each.margin.interval is not None]
    lines = []
    if margins:
        counts = sorted({margin.num_pairs for margin in margins})
        number = f"{counts[0]:,}" if len(counts) == 1 else f"{counts[0]:,} to {counts[-1]:,}"
        lines.append(
            f"The interval covers the choice of seeds ({number} pairs of the same seed), not of examples."
            if grouped
            else f"The interval covers the choice of examples ({number} scored by both), not of seeds: "
            "another seed may move either run."
        )
        if any(margin.num_left_out for margin in margins):
            lines.append(f"{'Seeds' if grouped else 'Examples'} that only one of two has are left out of it.")
    if len(verdict.versus) > 1:
        lines.append(f"The leader was picked from {len(verdict.versus) + 1} after looking, which flatters it.")
    return lines
