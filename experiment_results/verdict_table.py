"""The verdict table: one for each metric and data set, the baselines first, advice below."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from typing import Any, NamedTuple

import pandas as pd
from rich import box
from rich.table import Table
from rich.text import Text

from experiment_results.comparison_rows import NOT_COMPARED
from experiment_results.frame import DATA_COLUMNS
from experiment_results.verdict_options import VerdictOptions
from experiment_results.wording import data_title, decimals_for, p_text, seeds_text, signed, unsigned

__all__ = ["VerdictTable", "verdict_table"]

_FIGURES = ("p", "p corr.", "g")
_FEW_FIGURES = ("p corr.",)
"""For which a narrow terminal has room; comparisons.csv holds all."""
_STYLES = {"better": "green", "worse": "red", "equivalent": "cyan"}


class VerdictTable(NamedTuple):
    """What is printed of one metric on one data set."""

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
    seeds = (int(seed) for text in summary["seeds"] for seed in text.split())
    data = [str(summary[name].iloc[0]) for name in DATA_COLUMNS]
    title = f"{summary['metric'].iloc[0]} on {data_title(data)}, {seeds_text(seeds)}"
    table = Table(title=Text(title), title_justify="left", title_style="bold", box=box.SIMPLE_HEAD)
    table.pad_edge, table.collapse_padding = False, True
    table.add_column("strategy", overflow="fold")
    figures = _FEW_FIGURES if narrow else _FIGURES
    for name in (
        "n",
        "mean" if narrow else "mean ± std",
        "difference",
        f"{options.interval_level * 100:g} % interval",
        *figures,
    ):
        table.add_column(name, justify="right", no_wrap=True)
    table.add_column("verdict", no_wrap=True)
    advice = []
    for own in summary.to_dict("records"):
        row = rows.get(own["group"])
        table.add_row(*_cells(own, row, decimals, narrow))
        if row is not None and row["advice"]:
            advice.append(f"{own['strategy']}: {row['advice']}")
    return VerdictTable(table, tuple(advice))


def _cells(own: Mapping[Hashable, Any], row: Mapping[Hashable, Any] | None, decimals: int, narrow: bool) -> list[Text]:
    if not own["n"]:
        return [Text(str(own["strategy"])), Text("0"), Text("failed" if own["failed"] else "no value")]
    cells = [str(own["strategy"]), str(own["n"]), _mean(own, decimals, narrow)]
    if row is None:
        return [*map(Text, [*cells, "baseline"])]
    low, high = signed(row["ci_low"], decimals), signed(row["ci_high"], decimals)
    cells += [signed(row["difference"], decimals), "–" if low == "–" else f"{low} to {high}"]
    before, corrected, size = p_text(row["p"]), p_text(row["p_corrected"]), signed(row["hedges_g"], 2)
    cells += [corrected] if narrow else [before, corrected, size]
    verdict = str(row["verdict"])
    return [*map(Text, cells), Text(verdict, _STYLES.get(verdict, "dim" if verdict == NOT_COMPARED else ""))]


def _mean(own: Mapping[Hashable, Any], decimals: int, narrow: bool) -> str:
    spread = unsigned(own["std"], decimals)
    mean = unsigned(own["mean"], decimals)
    return mean if narrow or spread == "–" else f"{mean} ± {spread}"
