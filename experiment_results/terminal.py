"""The summary on the terminal: one table a metric and data set, then what the reader must know about the numbers."""

from __future__ import annotations

from collections.abc import Iterable

import pandas as pd
from rich import box
from rich.console import Console, RenderableType
from rich.measure import Measurement
from rich.table import Table
from rich.text import Text

from experiment_results.comparison import compare
from experiment_results.frame import DATA_COLUMNS
from experiment_results.metrics import ordered_metrics, primary_metric, reported_metrics
from experiment_results.variants import BASELINE, paired_variants
from experiment_results.wording import data_title, decimals_for, seeds_text, signed, unsigned

__all__ = ["print_summary"]

_NUMBERS = ("n", "rows", "mean", "± 95 %", "std", "difference", "95 % interval")
_MAX_LISTED = 5
_SHOWN_ONCE = ("one seed: no interval", "two seeds: an interval from so few says little")
"""Notes that the caveats below the tables say for all rows."""


def print_summary(
    frame: pd.DataFrame, metric: str | None = None, baseline: str = BASELINE, console: Console | None = None
) -> None:
    """Print tables of ``metric``, or of the primary metric on every evaluation set, and the caveats.

    Args:
        frame: from :func:`experiment_results.frame.build_frame`.
        metric: a metric's column; None takes the primary one.
        baseline: label or strategy name of what the others are compared with.
        console: where to print; None means standard output. Piped output is never cut to a width.
    """
    out = console or Console(highlight=False)
    pairs = paired_variants(frame, baseline)
    tables = [compare(pairs, name) for name in _shown_metrics(frame, metric)]
    for table in tables:
        for data, part in table.groupby(list(DATA_COLUMNS), sort=False):
            if part["n"].any():
                _print(out, _rich_table(part, tuple(map(str, data))))
    for line in [*_variant_notes(tables), *_caveats(tables), *_folder_notes(frame), *_further_metrics(frame, tables)]:
        _print(out, Text(line))


def _shown_metrics(frame: pd.DataFrame, metric: str | None) -> list[str]:
    if metric is not None:
        return [metric]
    primary = primary_metric(frame)
    metrics = ordered_metrics(frame)
    kinds = {each.kind for each in metrics if each.name == primary}
    own = frame.loc[frame["success"], "primary_metric"].dropna().unique()
    return [each.name for each in metrics if each.kind in kinds or each.name in own] or reported_metrics(frame)


def _rich_table(part: pd.DataFrame, data: tuple[str, ...]) -> Table:
    decimals = decimals_for(part["mean"])
    seeds = (int(seed) for text in part["seeds"] for seed in text.split())
    title = f"{part['metric'].iloc[0]} on {data_title(data)}, {seeds_text(seeds)}"
    table = Table(title=Text(title), title_justify="left", title_style="bold", box=box.SIMPLE_HEAD)
    table.pad_edge, table.collapse_padding = False, True
    table.add_column("strategy", overflow="fold")
    for name in _NUMBERS:
        table.add_column(name, justify="right", no_wrap=True)
    for _, row in part.iterrows():
        table.add_row(*_cells(row, decimals))
    return table


def _cells(row: pd.Series, decimals: int) -> list[Text]:
    if not row["n"]:
        return [Text(row["strategy"]), Text("0"), Text(""), Text("failed" if row["failed"] else "no value")]
    if row["strategy"] == row["baseline"]:
        difference = ["baseline", ""]
    else:
        low, high = signed(row["difference_low"], decimals), signed(row["difference_high"], decimals)
        difference = [signed(row["difference"], decimals), _interval(low, high)]
    spread = [unsigned(value, decimals) for value in (row["mean"], row["ci_high"] - row["mean"], row["std"])]
    return [Text(text) for text in (row["strategy"], str(row["n"]), _rows(row["train_rows"]), *spread, *difference)]


def _rows(count: float) -> str:
    return "–" if pd.isna(count) else f"{count:,.0f}"


def _interval(low: str, high: str) -> str:
    return "–" if low == "–" else f"{low} to {high}"


def _variant_notes(tables: Iterable[pd.DataFrame]) -> list[str]:
    """Return what is special to single variants, each said once over all metrics."""
    notes: dict[str, None] = {}
    for table in tables:
        for strategy, note in zip(table["strategy"], table["note"], strict=True):
            special = "; ".join(each for each in note.split("; ") if each and each not in _SHOWN_ONCE)
            if special:
                notes[f"{strategy}: {special}"] = None
    return list(notes)


def _caveats(tables: list[pd.DataFrame]) -> list[str]:
    counts = {int(count) for table in tables for count in table["n"] if count}
    if not counts:
        return []
    lines = ["difference: to the baseline, paired by seed. Intervals: 95 % (t) over seeds, on this evaluation set."]
    if 1 in counts:
        lines.append("One seed gives no interval: train with more, such as --seeds 42 43 44.")
    if 2 in counts:
        lines.append("An interval from fewer than 3 seeds says little: train with more, such as --seeds 42 43 44.")
    return lines


def _folder_notes(frame: pd.DataFrame) -> list[str]:
    unfinished, unreadable = frame.attrs.get("unfinished", []), frame.attrs.get("unreadable", [])
    lines = [f"{len(frame)} runs read"] if len(frame) else ["no finished run"]
    if unfinished:
        lines[0] += f"; {len(unfinished)} not finished, left out: {_listed(unfinished)}"
    if unreadable:
        lines.append(f"{len(unreadable)} skipped, since a file cannot be read:")
        lines += [f"  {message}" for message in unreadable]
    return lines


def _listed(names: list[str]) -> str:
    more = f" and {len(names) - _MAX_LISTED} more" if len(names) > _MAX_LISTED else ""
    return ", ".join(names[:_MAX_LISTED]) + more


def _further_metrics(frame: pd.DataFrame, tables: list[pd.DataFrame]) -> list[str]:
    shown = {str(table["metric"].iloc[0]) for table in tables if len(table)}
    others = [each.name for each in ordered_metrics(frame) if each.name not in shown]
    return [f"Further metrics: {', '.join(others)}"] if others else []


def _print(console: Console, item: RenderableType) -> None:
    if console.is_terminal:
        console.print(item)
        return
    needed = Measurement.get(console, console.options.update(width=10_000), item).maximum
    with_width = console.width
    console.width = max(with_width, needed)
    console.print(item)
    console.width = with_width
