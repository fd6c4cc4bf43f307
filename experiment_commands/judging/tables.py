"""Prints what tests say: whose runs, a line a test, the reasons below, and what all of it rests on."""

from __future__ import annotations

from collections.abc import Sequence
from math import isclose
from textwrap import fill

from rich.text import Text

from analysis.wording import counted, p_text
from experiment_commands.comparing.metrics import SubjectRuns
from experiment_commands.comparing.report import label_of
from experiment_commands.judging.findings import EQUIVALENCE, Evidence, Finding, Questions
from experiment_commands.judging.sides import Confounder
from experiment_commands.judging.wording import (
    assumption_lines,
    confounder_lines,
    correction_line,
    estimate_text,
    finding_name,
)
from experiment_commands.numbers import format_for, number_text
from experiment_commands.output import print_table
from experiment_results.wording import VERDICT_STYLES

__all__ = ["print_findings", "print_refusal", "print_sides"]

_LINE = 120


def print_sides(sides: Sequence[SubjectRuns]) -> None:
    """Print whose runs are tested, by their letters."""
    rows = []
    for position, side in enumerate(sides):
        subject = side.subject
        seeds = ", ".join(map(str, subject.seeds)) or "none"
        runs = f"{len(subject.members)}"
        more = counted(subject.num_left_out, "more run") if subject.num_left_out else ""
        rows.append((label_of(position), subject.title, runs, seeds, more))
    shown = 5 if any(row[-1] for row in rows) else 4
    headings = ("", "what", "runs", "seeds", "not counted")
    print_table(headings[:shown], [row[:shown] for row in rows], right=("runs",))


def print_refusal(confounders: Sequence[Confounder]) -> None:
    """Print in what the runs differ beside strategy and seed, and how to test them all the same."""
    print("\nno verdict, as these runs differ in more than strategy and seed:")
    for line in confounder_lines(confounders):
        print(f"  {line}")
    print("--allow-differences tests them all the same; if one of these is what you compare, name it in a filter")


def print_findings(findings: Sequence[Finding], confounders: Sequence[Confounder], questions: Questions) -> None:
    """Print the tests, one line each, and below them what decides, what is assumed and what does not count."""
    if confounders:
        print("\nthese runs differ in more than strategy and seed; a difference may come from any of:")
        for line in confounder_lines(confounders):
            print(f"  {line}")
    print()
    _print_table(findings, questions)
    several = len({each.method for each in findings}) > 1
    for each in findings:
        if each.verdict.reason:
            print(f"{finding_name(each, several)}: {each.verdict.word}; {each.verdict.reason}")
        if each.evidence is not None and (each.method == EQUIVALENCE or not _is_of_difference(each.evidence)):
            print(
                f"{finding_name(each, several)}: {estimate_text(each.evidence.outcome, each.interval_level(questions))}"
            )
    notes = dict.fromkeys(f"{each.measure.name}: {note}" for each in findings for note in each.notes)
    lines = [*notes, correction_line(findings, questions), *assumption_lines(findings)]
    print()
    for line in filter(None, lines):
        print(fill(line, _LINE))


def _print_table(findings: Sequence[Finding], questions: Questions) -> None:
    rows = [_row(each) for each in findings]
    other = "B" if all(each.side == 1 for each in findings) else "other"
    numbers = ["A", other, "difference", f"{questions.level * 100:g} % interval", "p", "p corrected", "g"]
    headings = ["", "metric", "method", *numbers, "verdict"]
    hidden = {"method"} if len({each.method for each in findings}) == 1 else set()
    if len(findings) == 1:
        hidden.add("p corrected")
    kept = [position for position, heading in enumerate(headings) if heading not in hidden]
    print_table(
        [headings[position] for position in kept],
        [[row[position] for position in kept] for row in rows],
        right=numbers,
        spare=("g", "p", "A", other),
    )


def _row(finding: Finding) -> list[str | Text]:
    verdict = Text(finding.verdict.word, style=VERDICT_STYLES.get(finding.verdict.word, ""))
    head: list[str | Text] = [f"{label_of(finding.side)} − A", finding.measure.name, finding.method]
    if finding.evidence is None:
        return [*head, *["–"] * 7, verdict]
    return [
        *head,
        *_numbers(finding.evidence, finding.method),
        p_text(finding.verdict.p_corrected),
        *_effect(finding),
        verdict,
    ]


def _numbers(evidence: Evidence, method: str) -> list[str]:
    comparison, outcome = evidence.comparison, evidence.outcome
    spreads = [comparison.std, comparison.control_std]
    form = format_for([comparison.mean, comparison.control_mean, *spreads])
    # An interval of another quantity than the difference, or of another level, stands in the lines below.
    interval = outcome.interval if _is_of_difference(evidence) and method != EQUIVALENCE else None
    return [
        _mean(comparison.control_mean, comparison.control_std, form),
        _mean(comparison.mean, comparison.std, form),
        f"{comparison.difference:+{form}}",
        "–" if interval is None else f"{interval.low:+{form}} to {interval.high:+{form}}",
        p_text(outcome.p_value),
    ]


def _is_of_difference(evidence: Evidence) -> bool:
    """Return whether a test is about the difference of the means, as most are."""
    comparison, outcome = evidence.comparison, evidence.outcome
    return outcome.estimate is None or isclose(outcome.estimate, comparison.difference, rel_tol=1e-6, abs_tol=1e-9)


def _mean(mean: float, std: float | None, form: str) -> str:
    return f"{mean:{form}}" if std is None else f"{mean:{form}} ± {number_text(std, form)}"


def _effect(finding: Finding) -> list[str]:
    effect = None if finding.evidence is None else finding.evidence.comparison.hedges_g
    return ["–" if effect is None else f"{effect:+.2f}"]
