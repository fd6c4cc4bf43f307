"""How a comparison puts numbers and differences into words."""

from __future__ import annotations

from analysis.outcome import Basis
from experiment_commands.comparing.report import label_of
from experiment_commands.comparing.verdict import Verdict, Versus

__all__ = ["verdict_lines"]

_COVERAGE: dict[Basis, str] = {
    "seeds and examples": "of seeds and of examples",
    "seeds": "of seeds, not of examples",
    "examples": "of examples, not of seeds: another seed may move either run",
}


def verdict_lines(verdict: Verdict, form: str) -> list[str]:
    """Return who is ahead by how much, and what the intervals cover.

    Args:
        verdict: from :func:`experiment_commands.comparing.verdict.find_verdict`.
        form: of the metric in the tables.
    """
    lines = [_pair(verdict, each, form) for each in verdict.versus]
    lines += [f"{label_of(position)} has no {verdict.metric}" for position in verdict.without]
    if not verdict.versus:
        return [*lines, "there is nothing to compare it with"]
    return [*lines, *_coverage(verdict)]


def _pair(verdict: Verdict, versus: Versus, form: str) -> str:
    first, other = label_of(verdict.first), label_of(versus.other)
    word = "ahead of" if versus.difference >= 0 else "behind"
    text = f"{first} is {word} {other} by {abs(versus.difference):{form}}"
    if verdict.leader is None and versus.difference == 0:
        text = f"{first} and {other} have the same value"
    if versus.interval is None:
        return f"{text}; {versus.problem}"
    low, high = versus.interval
    text += f", {verdict.level * 100:g} % interval {low:+{form}} to {high:+{form}}"
    return text if versus.distinguishable else f"{text}: not distinguishable"


def _coverage(verdict: Verdict) -> list[str]:
    known = [each for each in verdict.versus if each.interval is not None]
    lines = [
        f"The interval covers the choice {_COVERAGE[basis]}." for basis in dict.fromkeys(each.basis for each in known)
    ]
    if len(verdict.versus) > 1:
        lines.append(f"The leader was picked from {len(verdict.versus) + 1} after looking, which flatters it.")
    return lines
