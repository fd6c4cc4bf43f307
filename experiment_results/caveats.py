"""What the reader of a verdict table must know: what was assumed, what was corrected, and what so few seeds can say."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import cast

import pandas as pd

from analysis.crossed import MIN_SEEDS
from analysis.outcome import Basis
from analysis.wording import chance_text, correction_text, floor_text
from experiment_results.comparison_rows import NOT_COMPARED
from experiment_results.comparisons import ComparisonTable
from experiment_results.run_notes import OF_BASELINE
from experiment_results.verdict_options import VerdictOptions

__all__ = ["assumption_lines", "listed", "note_lines", "sequential_lines"]

_MAX_LISTED = 5


def assumption_lines(comparisons: ComparisonTable) -> list[str]:
    """Return what the numbers of the comparisons shown mean, and the smallest p-values that their seeds can reach."""
    table = comparisons.table
    shown = table[(table["family"] == "shown") & (table["verdict"] != NOT_COMPARED)]
    if shown.empty:
        return []
    lines = ["difference: strategy minus baseline; g: the same in standard deviations over seeds (Hedges)."]
    estimated, tested = shown[shown["ci_low"].notna()], shown[shown["p"].notna()]
    head = f"Intervals ({comparisons.options.interval_level * 100:g} %) speak of"
    bases = _who(estimated, "basis")
    lines += [f"{head} {chance_text(cast('Basis', basis))}{who}." for basis, who in bases.items()]
    lines += [f"Runs of equal seeds are {_PAIRING[design]}{who}." for design, who in _who(tested, "design").items()]
    if len(tested):
        lines.append(
            "Assumed: seeds and examples are random draws; means over seeds are close to normally distributed."
        )
    return [*lines, *_verdict_lines(tested, comparisons.options), *_floor_lines(shown)]


_PAIRING = {"paired": "paired", "unpaired": "not paired"}


def _who(rows: pd.DataFrame, column: str) -> dict[str, str]:
    """Return for each value of a column ": whom it holds for", or nothing where it holds for all.

    A strategy of which it holds on some evaluation sets only is named with the set.
    """
    values = list(dict.fromkeys(map(str, rows[column])))
    if len(values) == 1:
        return {values[0]: ""}
    several = rows.groupby("strategy")[column].nunique()
    names: dict[str, list[str]] = {value: [] for value in values}
    for value, strategy, eval_set in zip(rows[column], rows["strategy"], rows["eval_set"], strict=True):
        names[str(value)].append(f"{strategy} on {eval_set}" if several[strategy] > 1 else str(strategy))
    return {value: f": {listed(list(dict.fromkeys(own)))}" for value, own in names.items()}


def _verdict_lines(tested: pd.DataFrame, options: VerdictOptions) -> list[str]:
    """Return how p-values were corrected and what the words mean; nothing where there is no p-value."""
    if tested.empty:
        return []
    lines = [correction_text(len(tested), options.correction)]
    margins = sorted({float(margin) for margin in tested["margin"].dropna()})
    words = f"better, worse: p corr. below {options.alpha:g}; "
    if margins:
        within = " or ".join(f"±{margin:g}" for margin in margins)
        words += f"equivalent: the {(1 - 2 * options.alpha) * 100:g} % interval, not corrected, lies within {within}; "
    lines.append(f"{words}undecided: neither.")
    unknown = tested.loc[tested["margin"].isna(), "metric"].unique()
    if unknown.size:
        lines.append(f"Nobody said which difference in {', '.join(unknown)} matters: --margin does.")
    return [line for line in lines if line]


def _floor_lines(shown: pd.DataFrame) -> list[str]:
    columns = ["n_baseline", "n", "smallest_p", "design"]
    floors = shown.dropna(subset=["smallest_p"]).groupby(columns, sort=True).size().index
    lines = [floor_text(own, n, float(floor), design == "paired") for own, n, floor, design in floors]
    if int(shown[["n", "n_baseline"]].min().min()) < MIN_SEEDS:
        lines.append(f"Fewer than {MIN_SEEDS} seeds on a side give no p-value: train with more (--seeds).")
    return [line for line in lines if line]


def note_lines(tables: Sequence[pd.DataFrame]) -> list[str]:
    """Return what is special to single variants, each said once over all metrics.

    Args:
        tables: with columns ``strategy`` and ``note``, whose clauses are apart by "; "; one that begins with
            "baseline: " is about the variant in column ``baseline``.
    """
    strategies: dict[str, dict[str, None]] = {}
    for row in (row for table in tables for row in table.to_dict("records")):
        for note in filter(None, str(row["note"]).split("; ")):
            of_baseline = note.startswith(OF_BASELINE)
            owner = str(row["baseline" if of_baseline else "strategy"])
            strategies.setdefault(note.removeprefix(OF_BASELINE), {})[owner] = None
    return [f"{listed(list(names))}: {note}" for note, names in strategies.items()]


def sequential_lines(experiments_dir: Path) -> list[str]:
    """Return a warning where seeds were added until comparisons were decided."""
    names = sorted(path.name for path in experiments_dir.glob("decisions_*.json"))
    if not names:
        return []
    return [
        f"Seeds were added until decided: the claims that hold are in {listed(names)}; p-values here know nothing "
        "of the looks in between."
    ]


def listed(names: Sequence[str]) -> str:
    """Return names with commas between them, the first few of many."""
    more = f" and {len(names) - _MAX_LISTED} more" if len(names) > _MAX_LISTED else ""
    return ", ".join(names[:_MAX_LISTED]) + more
