"""What the reader of a verdict table must know: what was assumed, what was corrected, and what so few seeds can say."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from experiment_results.comparison_rows import NOT_COMPARED
from experiment_results.comparisons import ComparisonTable
from experiment_results.run_notes import OF_BASELINE
from experiment_results.verdict_options import VerdictOptions
from experiment_results.wording import p_text

__all__ = ["assumption_lines", "listed", "note_lines", "sequential_lines"]

_MAX_LISTED = 5
_SPEAKS_OF = {
    "seeds and examples": "other seeds and other examples of the same kind",
    "seeds": "other seeds on the same examples",
    "examples": "other examples of the same kind, for these very models",
}


def assumption_lines(comparisons: ComparisonTable) -> list[str]:
    """Return what the numbers of the comparisons shown mean, and the smallest p-values that their seeds can reach."""
    table = comparisons.table
    shown = table[(table["family"] == "shown") & (table["verdict"] != NOT_COMPARED)]
    if shown.empty:
        return []
    lines = ["difference: strategy minus baseline; g: the same in standard deviations over seeds (Hedges)."]
    tested = shown[shown["ci_low"].notna()]
    if len(tested):
        lines += _interval_lines(tested, comparisons.options)
        lines.append(
            "Assumed: seeds and examples are random draws; means over seeds are close to normally distributed."
        )
    return [*lines, *_correction_lines(shown, comparisons.options), *_floor_lines(shown)]


def _interval_lines(tested: pd.DataFrame, options: VerdictOptions) -> list[str]:
    """Return of what chance the intervals speak, naming the strategies where it is not the same for all."""
    bases = tested.groupby("basis", sort=False)["strategy"].agg(lambda names: list(dict.fromkeys(names)))
    head = f"Intervals ({options.level * 100:g} %) speak of"
    if len(bases) == 1:
        return [f"{head} {_SPEAKS_OF[str(bases.index[0])]}."]
    return [f"{head} {_SPEAKS_OF[str(basis)]}: {listed(names)}." for basis, names in bases.items()]


def _correction_lines(shown: pd.DataFrame, options: VerdictOptions) -> list[str]:
    count = int(shown["p"].notna().sum())
    margins = sorted({float(margin) for margin in shown["margin"].dropna()})
    lines = []
    if count > 1 and options.correction == "none":
        lines.append(f"{count} p-values, not corrected: the more there are, the likelier one is small by chance.")
    elif count > 1:
        lines.append(f"p corr.: corrected for the {count} comparisons shown ({options.correction}).")
    if margins:
        within = " or ".join(f"±{margin:g}" for margin in margins)
        inner = f"the {(1 - 2 * options.alpha) * 100:g} % interval lies within {within}"
        lines.append(f"better, worse: p corr. below {options.alpha:g}; equivalent: {inner}; undecided: neither.")
    return lines


def _floor_lines(shown: pd.DataFrame) -> list[str]:
    floors = shown.dropna(subset=["smallest_p"]).groupby(["n", "n_baseline", "smallest_p"], sort=True).size()
    lines = [
        f"With {n} and {n_baseline} seeds an exact test over seeds gives no p below {p_text(float(floor))}, "
        "whatever the scores: smaller ones rest on what is assumed."
        for n, n_baseline, floor in floors.index
        if float(floor) > 0.001
    ]
    fewest = int(shown[["n", "n_baseline"]].min().min())
    if fewest < 3:
        lines.append("Fewer than 3 seeds give no p-value: train with more, such as --seeds 42 43 44.")
    return lines


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
