"""The summary on the terminal: verdict tables, then what the reader must know about the numbers."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
from rich.console import Console, RenderableType
from rich.measure import Measurement
from rich.text import Text

from analysis.wording import counted
from experiment_results.caveats import assumption_lines, listed, note_lines, sequential_lines
from experiment_results.comparisons import ComparisonTable
from experiment_results.metrics import reported_metrics, shown_metrics
from experiment_results.summaries import summarise
from experiment_results.variants import parts_by_data
from experiment_results.verdict_table import VerdictTable, verdict_table
from terminal.text import printable

__all__ = ["print_summary"]

_NARROW = 100


def print_summary(frame: pd.DataFrame, comparisons: ComparisonTable, console: Console | None = None) -> None:
    """Print a verdict table for each metric that is shown, on every data set, and the caveats.

    Args:
        frame: from :func:`experiment_results.frame.build_frame`.
        comparisons: of the same runs.
        console: where to print; None means standard output. Piped output is never cut to a width.
    """
    out = console or Console(highlight=False)
    options, narrow = comparisons.options, out.is_terminal and out.width < _NARROW
    noted: list[pd.DataFrame] = []
    alone: list[str] = []
    for part, pairs in parts_by_data(frame, options.baseline):
        variants = [variant for variant, _ in pairs]
        for name in [each.name for each in shown_metrics(part, options.metric)] or reported_metrics(part):
            summary = summarise(variants, name)
            rows = comparisons.table[comparisons.table["metric"] == name]
            rows = rows[rows["group"].isin(part["group"])]
            noted += [summary, rows]
            if rows.empty and len(variants) == 1:
                alone.append(variants[0].label)
            if summary["n"].any():
                _print_table(out, verdict_table(summary, rows, options, narrow))
    root = Path(str(frame.attrs.get("experiments_dir", ".")))
    for label in dict.fromkeys(alone):
        _print_line(out, f"{label} is the only variant: there is nothing to compare it with")
    for line in [*note_lines(noted), *assumption_lines(comparisons), *sequential_lines(root), *_folder_lines(frame)]:
        _print_line(out, line)
    further = comparisons.table.loc[comparisons.table["family"] == "further", "metric"].unique()
    if further.size:
        _print_line(out, f"Further metrics, in comparisons.csv: {', '.join(further)}")


def _print_table(console: Console, table: VerdictTable) -> None:
    _print_line(console, table.title, "bold")
    _print(console, table.table)
    for line in table.advice:
        _print_line(console, line)
    if table.advice:
        console.print()


def _folder_lines(frame: pd.DataFrame) -> list[str]:
    unfinished, unreadable = frame.attrs.get("unfinished", []), frame.attrs.get("unreadable", [])
    lines = [f"{counted(len(frame), 'run')} read"] if len(frame) else ["no finished run"]
    if unfinished:
        lines[0] += f"; {len(unfinished)} not finished, left out: {listed(unfinished)}"
    if unreadable:
        lines.append(f"{len(unreadable)} skipped, since a file cannot be read:")
        lines += [f"  {message}" for message in unreadable]
    return lines


def _print_line(console: Console, line: str, style: str = "") -> None:
    _print(console, Text(printable(line), style))


def _print(console: Console, item: RenderableType) -> None:
    if console.is_terminal:
        console.print(item)
        return
    needed = Measurement.get(console, console.options.update(width=10_000), item).maximum
    with_width = console.width
    console.width = max(with_width, needed)
    console.print(item)
    console.width = with_width
