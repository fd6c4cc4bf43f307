"""The plan as a table: first the numbers, then their drawing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console, Group, RenderableType
from rich.table import Table
from rich.text import Text

from planning.estimate import Cost
from planning.makespan import makespan
from planning.nodes import DONE, Node, Plan

__all__ = ["PlanRow", "duration", "plan_rows", "print_plan", "size"]

_HEADINGS = ("run", "strategy", "seed", "rows", "steps", "needs", "status", "time", "disk")
_NUMBERS = ("seed", "rows", "steps", "time", "disk")
_UNBROKEN = ("run", *_NUMBERS)
_NARROWEST = 130
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
    if console.width < _NARROWEST:
        console = Console(file=console.file, width=_NARROWEST)
    console.print(_drawing(plan, plan_rows(plan, costs)))
    for line in (*_totals(plan, costs, workers), *plan.notes):
        console.print(Text(line))


def _drawing(plan: Plan, rows: Sequence[PlanRow]) -> RenderableType:
    table = Table(box=None, pad_edge=False, header_style="bold")
    for heading in _HEADINGS:
        table.add_column(
            heading, justify="right" if heading in _NUMBERS else "left", no_wrap=heading in _UNBROKEN, overflow="fold"
        )
    for row in rows:
        colour = _COLOURS[row.status.partition(" ")[0]]
        table.add_row(*(Text(getattr(row, heading), style=colour) for heading in _HEADINGS))
    return Group(Text(f"plan for {plan.experiments_dir}"), table)


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
