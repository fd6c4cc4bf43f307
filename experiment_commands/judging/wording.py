"""How findings are put into words: the reasons of verdicts, what is assumed, and what so few seeds can reach."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from analysis.crossed import Basis
from experiment_commands.comparing.differences import value_text
from experiment_commands.comparing.report import label_of
from experiment_commands.judging.findings import Evidence, Finding, Questions
from experiment_commands.judging.sides import Confounder
from experiment_commands.p_values import p_text

__all__ = ["assumption_lines", "confounder_lines", "correction_line", "finding_name"]

_CHANCE: dict[Basis, str] = {
    "seeds and examples": "other seeds and other examples of the same kind",
    "seeds": "other seeds on this evaluation set",
    "examples": "other examples of the same kind, for these very models: another seed may change the sign",
    "nothing": "nothing but these runs",
}


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
    count = sum(_p_value(each) is not None for each in findings)
    if count < 2:
        return ""
    if questions.correction == "none":
        return f"{count} p-values, not corrected: the more there are, the likelier a small one comes by chance."
    return f"p corrected for all {count} p-values above ({questions.correction})."


def _p_value(finding: Finding) -> float | None:
    return None if finding.evidence is None else finding.evidence.outcome.p_value


def assumption_lines(findings: Iterable[Finding], level: float) -> list[str]:
    """Return what intervals and p-values speak of, what they assume, and the floors of exact tests; each once."""
    known = [each.evidence for each in findings if each.evidence is not None]
    lines = [line for evidence in known for line in _lines_of(evidence, level)]
    return list(dict.fromkeys(lines))


def _lines_of(evidence: Evidence, level: float) -> list[str]:
    comparison, outcome, _ = evidence
    lines = []
    if outcome.interval is not None:
        lines.append(f"{outcome.test}: assumes that {'; '.join(outcome.assumptions)}.")
        known = f" ({comparison.num_examples:,} examples)" if comparison.num_examples else ""
        lines.append(f"{level * 100:g} % intervals speak of {_CHANCE[comparison.basis]}{known}.")
    elif outcome.p_value is not None:
        lines.append(f"{outcome.test}: assumes that {'; '.join(outcome.assumptions)}.")
    floor = outcome.smallest_p if outcome.smallest_p is not None else comparison.smallest_p
    if floor is not None:
        seeds = f"{comparison.num_control_seeds} and {comparison.num_seeds} seeds"
        lines.append(f"With {seeds} an exact test over seeds gives no p below {p_text(floor)}, whatever the scores.")
    return lines
