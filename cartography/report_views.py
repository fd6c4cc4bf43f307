"""The report as Markdown, as tables on the terminal, and as JSON."""

from __future__ import annotations

import dataclasses
import html
import re
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from cartography.metrics import CATEGORIES
from cartography.report import Breakdown, MapReport, ReportedExample

if TYPE_CHECKING:
    from rich.console import Console

__all__ = ["print_report", "report_json", "report_markdown"]

_MARKDOWN = re.compile(r"([\\`*_\[\]|~#])")
_INTRODUCTIONS = {
    "easy": "Learned early and kept: highest confidence first.",
    "ambiguous": "The model keeps changing its mind: highest (1 - confidence) + variability first.",
    "hard": "Low confidence throughout: lowest first. Often wrong labels.",
}


class Table(NamedTuple):
    """A table in any rendering; cells are raw text."""

    title: str
    introduction: str
    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


def report_json(report: MapReport) -> dict[str, Any]:
    """Return the report as plain values for JSON."""
    return dataclasses.asdict(report)


def report_markdown(report: MapReport, max_chars: int) -> str:
    """Return the report as a Markdown document; texts cannot break out of their cells."""
    lines = [f"# {_escaped(_headline(report), max_chars)}", "", _escaped(_facts(report), 1000), ""]
    for table in _tables(report):
        lines += [f"## {table.title}", ""]
        lines += [_escaped(table.introduction, 1000), ""] if table.introduction else []
        if not table.rows:
            lines += ["None.", ""]
            continue
        lines += [_row(table.header, max_chars), "|" + " --- |" * len(table.header)]
        lines += [*(_row(row, max_chars) for row in table.rows), ""]
    return "\n".join(lines)


def _row(cells: Sequence[str], max_chars: int) -> str:
    return "| " + " | ".join(_escaped(cell, max_chars) for cell in cells) + " |"


def _escaped(text: str, max_chars: int) -> str:
    return _MARKDOWN.sub(r"\\\1", html.escape(_cut(text, max_chars), quote=False))


def _cut(text: str, max_chars: int) -> str:
    """Shorten in the middle: questions stand at the start of a text, answers at its end."""
    flat = " ".join(text.split())
    tail = max_chars // 3
    return flat if len(flat) <= max_chars else f"{flat[: max_chars - tail - 1]}…{flat[-tail:]}"


def print_report(report: MapReport, console: Console, max_chars: int) -> None:
    """Print the report as tables. Texts are shown literally: brackets in them are no markup."""
    from rich.table import Table as RichTable
    from rich.text import Text

    console.print(Text(_headline(report), style="bold"))
    console.print(Text(_facts(report)))
    for table in _tables(report):
        console.print()
        console.print(Text(table.title, style="bold"))
        if table.introduction:
            console.print(Text(table.introduction, style="dim"))
        if not table.rows:
            console.print("None.")
            continue
        if table.header[-1] == "text":
            _print_examples(table, console, max_chars)
            continue
        drawn = RichTable(show_edge=False, pad_edge=False)
        for place, name in enumerate(table.header):
            drawn.add_column(name, justify="right" if place else "left")
        for row in table.rows:
            drawn.add_row(*(Text(_cut(cell, max_chars)) for cell in row))
        console.print(drawn)


def _print_examples(table: Table, console: Console, max_chars: int) -> None:
    """Print numbers on one line and the text below it: a narrow column of text is unreadable."""
    from rich.padding import Padding
    from rich.text import Text

    for identity, *numbers, text in table.rows:
        line = "  ".join(f"{name} {value}" for name, value in zip(table.header[1:-1], numbers, strict=True))
        console.print(Text.assemble((_cut(identity, max_chars), "bold"), "  ", (line, "cyan")))
        if text:
            console.print(Padding(Text(_cut(text, max_chars)), (0, 0, 0, 4)))


def _headline(report: MapReport) -> str:
    facts = report.provenance
    return f"Data map of {facts.get('dataset')} ({facts.get('split')})"


def _facts(report: MapReport) -> str:
    facts = report.provenance
    seeds = facts.get("seeds") or [facts.get("seed")]
    limits = facts.get("thresholds", {})
    parts = [f"task {facts.get('task')}", f"model {facts.get('model')}", f"seeds {', '.join(map(str, seeds))}"]
    parts.append(f"{facts.get('epochs')} epochs, the first {facts.get('burn_in', 0)} left out")
    parts.append(f"logits from {facts.get('source')}")
    parts += [f"{name} threshold {value:.4f}" for name, value in limits.items()]
    return "; ".join(parts) + "."


def _tables(report: MapReport) -> Iterator[Table]:
    yield _region_table(report)
    for breakdown in report.breakdowns:
        yield _breakdown_table(breakdown)
    for region in report.regions:
        yield _example_table(region.name.capitalize(), _INTRODUCTIONS[region.name], region.shown)
    introduction = (
        f"Lowest mean margin (AUM) first. {report.num_negative_aum:,} examples have a negative one: on average the "
        f"model preferred another answer. {report.num_never_right:,} were never right. "
        "Look before you delete: hard is not wrong."
    )
    yield _example_table("Label-error candidates", introduction, report.label_error_candidates)


def _region_table(report: MapReport) -> Table:
    names = ("confidence", "variability", "aum", "right")
    rows = tuple(
        (
            region.name,
            f"{region.examples:,}",
            f"{region.share:.1%}",
            *(_number(region.means.get(name)) for name in names),
        )
        for region in report.regions
    )
    header = ("category", "examples", "share", *(f"mean {name}" for name in names[:3]), "epochs right")
    return Table("Categories", "", header, rows)


def _number(value: float | None) -> str:
    return "" if value is None else f"{value:.3f}"


def _breakdown_table(breakdown: Breakdown) -> Table:
    rows = []
    for group, counts in breakdown.counts.items():
        total = sum(counts.values())
        cells = (f"{counts[name]:,} ({counts[name] / total:.0%})" for name in CATEGORIES)
        rows.append((group, f"{total:,}", *cells))
    return Table(f"By {breakdown.title}", "", (breakdown.title, "examples", *CATEGORIES), tuple(rows))


def _example_table(title: str, introduction: str, examples: Sequence[ReportedExample]) -> Table:
    header = ("id", "confidence", "variability", "right", "AUM", "text")
    rows = tuple(
        (
            example.id,
            f"{example.confidence:.3f}",
            f"{example.variability:.3f}",
            f"{example.correctness:g}/{example.observed:g}",
            f"{example.aum:.2f}",
            example.text or "",
        )
        for example in examples
    )
    return Table(title, introduction, header, rows)
