"""The plan as a table: first the numbers, then their drawing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from rich.cells import cell_len
from rich.console import Console
from rich.text import Text

from planning.estimate import Cost
from planning.makespan import makespan
from planning.nodes import DONE, Node, Plan
from terminal.table_layout import TableLayout, lay_out

__all__ = ["PlanRow", "duration", "plan_rows", "print_plan", "size"]

_HEADINGS = ("run", "strategy", "seed", "rows", "steps", "needs", "status", "time", "disk")
_NUMBERS = ("seed", "rows", "steps", "time", "disk")
_WHOLE = ("run", *_NUMBERS)
_SPARE = ("seed", "strategy", "disk", "rows", "needs", "steps")
"""Columns that a narrow terminal has no room for, the first first: names of runs say the first two."""
_COLOURS = {"done": "green", "resume": "yellow", "new": ""}


@dataclass(frozen=True)
class PlanRow:
    """One line of the table, as text."""

    run: str
    strategy: str
    seed: str
    rows: str
    steps: str
    needs: str
    status: str
    time: str
    disk: str


def plan_rows(plan: Plan, costs: Mapping[Path, Cost]) -> list[PlanRow]:
    """Return the table's lines: every node in the order in which it is made."""
    names = {node.folder: node.name for node in plan.nodes}
    return [_row(node, plan, costs[node.folder], names) for node in plan.nodes]


def _row(node: Node, plan: Plan, cost: Cost, names: Mapping[Path, str]) -> PlanRow:
    state = plan.state(node)
    needs = [names[folder] for folder in node.needs] + [str(folder) for folder in node.supplied]
    finished = state.status == DONE
    recorded = node.recorded_by is not None
    signals = {"data_map": "(data map)", "average": "(average of data maps)", "clusters": "(clustering)"}
    return PlanRow(
        run=node.name,
        strategy=signals.get(node.kind, node.config.strategy_name),
        seed=str(node.config.training.seed) if node.kind in ("experiment", "data_map") else "",
        rows="" if node.kind == "average" or recorded else str(cost.rows),
        steps="" if node.kind in ("average", "clusters") or recorded else str(cost.steps),
        needs=", ".join(needs),
        status=state.status + (f" ({state.reason})" if state.reason and not finished else ""),
        time="" if finished or recorded else duration(cost.seconds),
        disk="" if finished or recorded else size(cost.disk_bytes),
    )


def print_plan(plan: Plan, costs: Mapping[Path, Cost], console: Console | None = None, workers: int = 1) -> None:
    """Print the plan, its totals and its notes.

    Args:
        plan: what is to be made.
        costs: of its nodes, by their folders.
        console: where to print; None means standard output.
        workers: how many nodes are made at the same time.
    """
    console = console or Console()
    # A pipe has room.
    width = console.width if console.is_terminal else None
    layout = _layout(plan_rows(plan, costs), width)
    console.print(Text(f"plan for {plan.experiments_dir}"), soft_wrap=width is None)
    console.print(Text("\n").join(layout.lines), soft_wrap=True)
    remarks = [layout.remark] if layout.remark else []
    for line in (*remarks, *_totals(plan, costs, workers), *plan.notes):
        console.print(Text(line), soft_wrap=width is None)


def _layout(rows: Sequence[PlanRow], width: int | None) -> TableLayout:
    cells = [
        [Text(getattr(row, heading), _COLOURS[row.status.partition(" ")[0]]) for heading in _HEADINGS] for row in rows
    ]
    layout = lay_out(_HEADINGS, cells, _NUMBERS, width, spare=_SPARE, whole=_WHOLE)
    if width is None or all(cell_len(line.plain) <= width for line in layout.lines):
        return layout
    # There is no room even for the names of runs.
    return lay_out(_HEADINGS, cells, _NUMBERS, width, spare=_SPARE)


def _totals(plan: Plan, costs: Mapping[Path, Cost], workers: int) -> list[str]:
    left = plan.unfinished
    runs = [node for node in plan.experiments if plan.state(node).status != DONE]
    count = len(plan.experiments)
    lines = [f"{count} experiment{'' if count == 1 else 's'}: {count - len(runs)} done, {len(runs)} to run"]
    if not left:
        return [*lines, "nothing is left to do"]
    seconds = [costs[node.folder].seconds for node in left]
    disk = [costs[node.folder].disk_bytes for node in left]
    unknown = " (and what is marked '?')" if None in seconds else ""
    lines.append(
        f"expected: {duration(sum(value or 0 for value in seconds))}, "
        f"{size(sum(value or 0 for value in disk))} of disk{unknown}"
    )
    if workers > 1:
        lines.append(f"with {workers} at the same time: {duration(makespan(plan, costs, workers))} at best{unknown}")
    measured = all(costs[node.folder].measured for node in left if costs[node.folder].steps.rows)
    source = "finished runs like these" if measured else "a rough rule, as no run like these is finished"
    return [*lines, f"times come from {source}"]


def duration(seconds: float | None) -> str:
    """Return ``~12 s``, ``~3 min``, ``~2.5 h``, or ``?``."""
    if seconds is None:
        return "?"
    if seconds < 90:
        return f"~{seconds:.0f} s"
    return f"~{seconds / 60:.0f} min" if seconds < 5400 else f"~{seconds / 3600:.1f} h"


def size(number: float | None) -> str:
    """Return ``~12 MB``, ``~1.3 GB``, or ``?``."""
    if number is None:
        return "?"
    return f"~{number / 1e6:.0f} MB" if number < 1e9 else f"~{number / 1e9:.1f} GB"
