"""Prints a comparison: subjects as columns, as many at once as the terminal is wide."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rich.cells import cell_len
from rich.text import Text

from analysis.wording import counted
from experiment_commands.comparing.differences import Difference, value_text
from experiment_commands.comparing.metrics import MetricRow
from experiment_commands.comparing.report import Comparison, Section, label_of
from experiment_commands.comparing.wording import verdict_lines
from experiment_commands.numbers import format_for, number_text
from experiment_commands.output import console, print_table
from experiment_commands.wording import status_text
from experiment_results.wording import shortened

__all__ = ["print_comparison"]

_MAX_CELL = 40
_GAP = 2
_LONG_COUNT = 1e9
_LEAST_NAME = 24
"""Characters of a name that a narrow terminal leaves."""
_MAX_ROWS = 25
"""Of environment and code: after a move to another machine every package differs."""


def print_comparison(comparison: Comparison) -> None:
    """Print who is compared, what differs, the metrics, and who is ahead."""
    _print_subjects(comparison)
    for section in comparison.sections:
        _print_section(section, len(comparison.compared))
    _print_metrics(comparison)
    _print_verdict(comparison)


def _print_subjects(comparison: Comparison) -> None:
    rows: list[tuple[str | Text, ...]] = []
    for position, runs in enumerate(comparison.compared):
        subject, first = runs.subject, runs.subject.members[0]
        if subject.grouped:
            seeds = ", ".join(map(str, subject.seeds)) or "none"
            more = f"; not counted: {counted(subject.num_left_out, 'more run')}" if subject.num_left_out else ""
            rows.append((label_of(position), subject.title, first.group, f"{seeds}{more}"))
        else:
            rows.append((label_of(position), subject.title, first.id, status_text(first.status)))
    grouped = comparison.compared[0].subject.grouped
    print_table(
        ("", "variant", "group", "seeds") if grouped else ("", "name", "id", "status"), rows, one_line=not grouped
    )


def _print_section(section: Section, count: int) -> None:
    limit = len(section.differences) if section.title == "configuration" else _MAX_ROWS
    shown = section.differences[:limit]
    if len(section.unknown) == count:
        print(f"\n{section.title}: nothing is recorded")
        return
    print(f"\n{section.title}{'' if shown else ': no difference'}")
    if shown:
        rows = [[Text(each.name), *_values(each)] for each in shown]
        _print_blocks("  ", rows, count, "left")
    if len(section.differences) > limit:
        print(f"… and {len(section.differences) - limit} more; --json shows all")
    for position in section.unknown:
        print(f"nothing is recorded of {label_of(position)}")
    for position in section.mixed:
        print(f"the runs of {label_of(position)} differ among themselves; the first stands for them")


def _values(difference: Difference) -> list[Text]:
    return [Text(value_text(value)) for value in difference.values]


def _print_metrics(comparison: Comparison) -> None:
    differing = [row for row in comparison.metrics if len(set(row.values)) > 1]
    print(f"\nmetrics{'' if differing else ': none differs' if comparison.metrics else ': none'}")
    rows = [[Text(row.name), Text(_better(row)), *_cells(row)] for row in differing]
    if rows:
        _print_blocks("better", rows, len(comparison.compared), "right")
        print(_explanation(differing, comparison.compared[0].subject.grouped))
    equal = len(comparison.metrics) - len(differing)
    if differing and equal:
        print(f"{equal} {'metric is' if equal == 1 else 'metrics are'} the same everywhere")


def _better(row: MetricRow) -> str:
    return row.direction or "" if row.is_quality else ""


def _explanation(rows: Sequence[MetricRow], grouped: bool) -> str:
    marked = "* best" if any(row.best for row in rows) else ""
    spread = "mean ± standard deviation over seeds" if grouped else ""
    return "; ".join(filter(None, [marked, spread]))


def _cells(row: MetricRow) -> Iterator[Text]:
    counted = row.direction is None and all(value is None or value.is_integer() for value in row.values)
    numbers = [*row.values, *row.stds]
    form = ".0f" if counted and max(abs(value or 0) for value in numbers) < _LONG_COUNT else format_for(numbers)
    for position, (value, std) in enumerate(zip(row.values, row.stds, strict=True)):
        text = number_text(value, form) + ("" if std is None else f" ± {number_text(std, form)}")
        best = position in row.best
        yield Text(f"{text} {'*' if best else ' '}", style="bold green" if best else "")


def _print_blocks(second: str, rows: Sequence[Sequence[Text]], count: int, justify: str) -> None:
    """Print rows whose last ``count`` cells are the subjects', in as many tables as the width demands."""
    fixed = len(rows[0]) - count
    widths = [min(_MAX_CELL, max(cell.cell_len for cell in column)) for column in zip(*rows, strict=True)]
    names = shortened([row[0].plain for row in rows], _name_width(widths, fixed))
    rows = [[Text(name), *row[1:]] for name, row in zip(names, rows, strict=True)]
    widths[0] = max(map(cell_len, names))
    start = fixed
    while start < fixed + count:
        end = _last_that_fits(widths, fixed, start)
        labels = [label_of(position - fixed) for position in range(start, end)]
        headings = ["", second][:fixed] + labels
        block = [[*row[:fixed], *row[start:end]] for row in rows]
        print_table(headings, block, right=labels if justify == "right" else ())
        start = end


def _name_width(widths: Sequence[int], fixed: int) -> int:
    """Return how much of a name to show so that all columns fit beside it, or else the widest one."""
    room = console().width - sum(width + _GAP for width in widths[1:])
    if room < _LEAST_NAME:
        room = console().width - sum(width + _GAP for width in [*widths[1:fixed], max(widths[fixed:])])
    return max(_LEAST_NAME, room)


def _last_that_fits(widths: Sequence[int], fixed: int, start: int) -> int:
    """Return the position behind the last column that fits, at least one."""
    left = console().width - sum(width + _GAP for width in widths[:fixed])
    end = start
    while end < len(widths) and (end == start or widths[end] + _GAP <= left):
        left -= widths[end] + _GAP
        end += 1
    return end


def _print_verdict(comparison: Comparison) -> None:
    verdict = comparison.verdict
    if verdict is None:
        print("\nno metric decides here; name one with --metric")
        return
    row = next(row for row in comparison.metrics if row.name == verdict.metric)
    print(f"\n{verdict.metric} ({verdict.direction} is better)")
    for line in verdict_lines(verdict, format_for([*row.values, *row.stds])):
        print(f"  {line}")
