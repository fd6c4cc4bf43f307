"""The forest plot of an analysis: every comparison that is shown, as far as one page holds them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

import numpy as np

from experiment_results.comparisons import ComparisonTable
from experiment_results.picture_subjects import Subject, metric_title
from plots.forest import ForestPanel, draw_forest, forest_panel, panels_that_fit

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["forest_of"]

_MAX_ROWS = 40


def forest_of(subjects: Sequence[Subject], comparisons: ComparisonTable, note: str = "") -> Figure | None:
    """Draw a panel an evaluation set, those with the smallest p-values where not all fit; None without a comparison.

    Args:
        subjects: data sets with their strategies.
        comparisons: of the same runs.
        note: added to the caption.
    """
    found = [pair for subject in subjects for pair in _panels(subject, comparisons)]
    if not found:
        return None
    panels = [panel for panel, _ in found]
    # What is decided must not be hidden behind what came first.
    shown = panels_that_fit(panels, [smallest_p for _, smallest_p in found])
    return draw_forest(shown, _caption(comparisons, len(panels) - len(shown), note))


def _panels(subject: Subject, comparisons: ComparisonTable) -> Iterator[tuple[ForestPanel, float]]:
    """Return panels with their smallest p-value, 1 where there is none."""
    table = comparisons.table
    own = table[table["group"].isin([variant.group for variant in subject.variants])]
    for metric in subject.metrics:
        rows = own[(own["metric"] == metric.name) & (own["family"] == "shown")]
        if rows.empty:
            continue
        margins, total = rows["margin"].dropna(), len(rows)
        if total > _MAX_ROWS:
            rows = rows.sort_values("p", kind="stable").head(_MAX_ROWS).sort_index()
        chosen = f", the {_MAX_ROWS} smallest p of {total} strategies" if total > _MAX_ROWS else ""
        panel = forest_panel(
            subject.titled(metric_title(metric)) + chosen,
            rows["strategy"].tolist(),
            rows["difference"].tolist(),
            list(zip(rows["ci_low"], rows["ci_high"], strict=True)),
            rows["verdict"].tolist(),
            None if margins.empty else float(margins.iloc[0]),
            metric.higher_is_better,
            rows["basis"].eq("examples").tolist(),
        )
        yield panel, float(np.nan_to_num(rows["p"].min(), nan=1.0))


def _caption(comparisons: ComparisonTable, num_left_out: int, note: str) -> str:
    options = comparisons.options
    tests = int((comparisons.table["family"].eq("shown") & comparisons.table["p"].notna()).sum())
    corrected = ""
    if tests > 1 and options.correction == "none":
        corrected = f"{tests} comparisons, not corrected"
    elif tests > 1:
        corrected = f"better and worse corrected for {tests} comparisons ({options.correction}), equivalent not"
    sets = "set" if num_left_out == 1 else "sets"
    rest = f"{num_left_out} further evaluation {sets} with larger p in comparisons.csv" if num_left_out else ""
    parts = [f"bars: {options.interval_level:.0%} intervals, not corrected".replace("%", " %"), corrected, rest, note]
    return "; ".join(part for part in parts if part)
