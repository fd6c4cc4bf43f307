"""The verdict table: one for each metric and data set, the baselines first, advice below."""

from __future__ import annotations

import math
from collections.abc import Hashable, Mapping, Sequence
from typing import Any, NamedTuple

import pandas as pd
from rich import box
from rich.table import Table
from rich.text import Text

from analysis.metric_directions import direction_of
from analysis.wording import p_text
from experiment_results.comparison_rows import NOT_COMPARED
from experiment_results.frame import DATA_COLUMNS
from experiment_results.verdict_options import VerdictOptions
from experiment_results.wording import VERDICT_STYLES, data_title, decimals_for, seeds_text, signed, unsigned
from terminal.text import printable

__all__ = ["VerdictTable", "verdict_table"]

_FIGURES = ("p", "p corr.", "g")
_FEW_FIGURES = ("p corr.",)
"""For which a narrow terminal has room; comparisons.csv holds all."""
_MOST_ADVICE = 12
"""Lines below a table that somebody still reads."""
_LEAST_NAME = 12
"""Characters of a name that stay in one line on a narrow terminal."""


class VerdictTable(NamedTuple):
    """What is printed of one metric on one data set."""

    title: str
    table: Table
    advice: tuple[str, ...]
    """A line for each verdict that has more to say than its word."""


def verdict_table(
    summary: pd.DataFrame, comparisons: pd.DataFrame, options: VerdictOptions, narrow: bool = False
) -> VerdictTable:
    """Return the table of one metric on one data set.

    Args:
        summary: from :func:`experiment_results.summaries.summarise`; its order is the table's.
        comparisons: of the same metric, with :data:`experiment_results.comparison_rows.COLUMNS`.
        options: of the comparisons.
        narrow: leave out the spread over seeds, the p-value before its correction and the effect size.
    """
    rows = {row["group"]: row for row in comparisons.to_dict("records")}
    decimals = decimals_for(summary["mean"])
    table = Table(box=box.SIMPLE_HEAD)
    table.pad_edge, table.collapse_padding = False, True
    table.add_column("strategy", overflow="fold", min_width=_LEAST_NAME)
    headings = ["n", "mean" if narrow else "mean ± std"]
    if rows:
        figures = _FEW_FIGURES if narrow else _FIGURES
        headings += ["difference", f"{options.interval_level * 100:g} % interval", *figures]
    for name in headings:
        table.add_column(name, justify="right", no_wrap=True)
    if rows:
        table.add_column("verdict", no_wrap=True)
    advice: list[tuple[float, str]] = []
    for own in summary.to_dict("records"):
        row = rows.get(own["group"])
        table.add_row(*_cells(own, row, bool(rows), decimals, narrow))
        if row is not None and row["advice"]:
            advice.append((row["p"], f"{own['strategy']}: {row['advice']}"))
    return VerdictTable(_title(summary), table, _most_telling(advice))


def _title(summary: pd.DataFrame) -> str:
    metric = str(summary["metric"].iloc[0])
    direction = " (lower is better)" if direction_of(metric) == "lower" else ""
    data = [str(summary[name].iloc[0]) for name in DATA_COLUMNS]
    seeds = {tuple(map(int, text.split())) for text in summary["seeds"] if text}
    if len(seeds) == 1:
        trained = seeds_text(seeds.pop())
    else:
        counts = sorted(map(len, seeds))
        trained = f"{counts[0]} to {counts[-1]} seeds each" if counts[0] < counts[-1] else f"{counts[0]} seeds each"
    return f"{metric}{direction} on {data_title(data)}, {trained}"


def _most_telling(advice: Sequence[tuple[float, str]]) -> tuple[str, ...]:
    """Return the lines in the order of the table, of very many those with the smallest p."""
    if len(advice) <= _MOST_ADVICE:
        return tuple(line for _, line in advice)
    ranked = sorted(advice, key=lambda each: math.inf if math.isnan(each[0]) else each[0])
    lines = [line for _, line in ranked[:_MOST_ADVICE]]
    return *lines, f"and {len(advice) - _MOST_ADVICE} more, in comparisons.csv (column advice)"


def _cells(
    own: Mapping[Hashable, Any], row: Mapping[Hashable, Any] | None, compared: bool, decimals: int, narrow: bool
) -> list[Text]:
    if not own["n"]:
        return [Text(printable(str(own["strategy"]))), Text("0"), Text("failed" if own["failed"] else "no value")]
    cells = [printable(str(own["strategy"])), str(own["n"]), _mean(own, decimals, narrow)]
    if row is None:
        return [*map(Text, [*cells, "baseline"] if compared else cells)]
    low, high = signed(row["ci_low"], decimals), signed(row["ci_high"], decimals)
    cells += [signed(row["difference"], decimals), "–" if low == "–" else f"{low} to {high}"]
    before, corrected, size = p_text(row["p"]), p_text(row["p_corrected"]), signed(row["hedges_g"], 2)
    cells += [corrected] if narrow else [before, corrected, size]
    verdict = str(row["verdict"])
    return [*map(Text, cells), Text(verdict, VERDICT_STYLES.get(verdict, "dim" if verdict == NOT_COMPARED else ""))]


def _mean(own: Mapping[Hashable, Any], decimals: int, narrow: bool) -> str:
    spread = unsigned(own["std"], decimals)
    mean = unsigned(own["mean"], decimals)
    return mean if narrow or spread == "–" else f"{mean} ± {spread}"
