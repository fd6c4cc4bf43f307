"""How findings are put into words: the reasons of verdicts, what is assumed, and what so few seeds can reach."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from analysis.hypothesis_tests.methods import DEFAULT_METHOD, METHODS
from analysis.outcome import Outcome
from analysis.wording import NOTABLE_FLOOR, chance_text, correction_text, floor_text, p_text
from experiment_commands.comparing.differences import value_text
from experiment_commands.comparing.report import label_of
from experiment_commands.judging.findings import Evidence, Finding, Questions
from experiment_commands.judging.sides import Confounder
from experiment_commands.numbers import number_text

__all__ = ["assumption_lines", "confounder_lines", "correction_line", "estimate_text", "finding_name"]


def finding_name(finding: Finding, several_methods: bool) -> str:
    """Return what was tested, for lines below a table."""
    by = f" by {finding.method}" if several_methods else ""
    return f"{label_of(finding.side)} − A in {finding.measure.name}{by}"


def confounder_lines(confounders: Sequence[Confounder]) -> list[str]:
    """Return a line for each setting that differs, with its value on each side."""
    lines = []
    for each in confounders:
        values = [
            f"{label_of(side)} {'varies' if side in each.within else value_text(value)}"
            for side, value in enumerate(each.difference.values)
        ]
        lines.append(f"{each.difference.name}: {', '.join(values)}")
    return lines


def correction_line(findings: Sequence[Finding], questions: Questions) -> str:
    """Return how p-values were corrected; empty for a single one."""
    return correction_text(sum(_p_value(each) is not None for each in findings), questions.correction)


def _p_value(finding: Finding) -> float | None:
    return None if finding.evidence is None else finding.evidence.outcome.p_value


def assumption_lines(findings: Iterable[Finding]) -> list[str]:
    """Return of what chance tests speak, what they assume, and the floors of exact tests; each once."""
    lines = [line for each in findings if each.evidence is not None for line in _lines_of(each.method, each.evidence)]
    return list(dict.fromkeys(lines))


def _lines_of(method: str, evidence: Evidence) -> list[str]:
    comparison, outcome = evidence.comparison, evidence.outcome
    if outcome.p_value is None and outcome.interval is None:
        return []
    basis = comparison.basis if method == DEFAULT_METHOD else METHODS[method].basis
    lines = [
        f"{outcome.test}: speaks of {chance_text(basis, comparison.num_examples)}. "
        f"It assumes that {'; '.join(outcome.assumptions)}."
    ]
    if method == DEFAULT_METHOD:
        seeds = comparison.num_control_seeds, comparison.num_seeds
        lines.append(floor_text(*seeds, comparison.smallest_p, comparison.paired))
    elif outcome.smallest_p is not None and outcome.smallest_p >= NOTABLE_FLOOR:
        lines.append(f"{outcome.test}: gives no p below {p_text(outcome.smallest_p)}, whatever the scores.")
    return lines


def estimate_text(outcome: Outcome, level: float) -> str:
    """Return what a test estimates, with its interval: not all of them are about the difference of the means."""
    interval = outcome.interval
    bounds = "" if interval is None else f" ({100 * level:g} % interval {interval.low:.3g} to {interval.high:.3g})"
    return f"{outcome.test}, estimate {number_text(outcome.estimate, '.3g')}{bounds}"
