"""How long a plan takes with several workers, on plans that can be counted on fingers."""

from __future__ import annotations

from pathlib import Path

import pytest

from experiment_config import create_baseline_config
from planning.estimate import Cost
from planning.makespan import makespan
from planning.nodes import DONE, NEW, Node, Plan, State
from planning.row_counts import RowCount

CONFIG = create_baseline_config()


def _plan(needs: dict[str, tuple[str, ...]], done: tuple[str, ...] = ()) -> Plan:
    nodes = tuple(
        Node("experiment", name, name, Path(name), CONFIG, needs=tuple(map(Path, needed)))
        for name, needed in needs.items()
    )
    states = {node.folder: State(DONE if node.name in done else NEW) for node in nodes}
    return Plan(nodes, states, Path("experiments"))


def _costs(**seconds: float | None) -> dict[Path, Cost]:
    return {Path(name): Cost(RowCount(None), RowCount(None), value) for name, value in seconds.items()}


@pytest.mark.parametrize(("workers", "seconds"), [(1, 60.0), (2, 40.0), (3, 30.0), (9, 30.0)])
def test_independent_nodes_share_the_workers(workers: int, seconds: float) -> None:
    plan = _plan({"a": (), "b": (), "c": ()})
    assert makespan(plan, _costs(a=10.0, b=20.0, c=30.0), workers) == seconds


def test_whoever_needs_others_waits_for_them() -> None:
    plan = _plan({"a": (), "b": ("a",), "c": ("a",), "d": ("b", "c")})
    assert makespan(plan, _costs(a=10.0, b=20.0, c=5.0, d=1.0), 2) == 31.0
    assert makespan(plan, _costs(a=10.0, b=None, c=5.0, d=1.0), 2) == 16.0, "where nothing is known, nothing counts"


def test_what_is_done_takes_no_time() -> None:
    plan = _plan({"a": (), "b": ("a",)}, done=("a",))
    assert makespan(plan, _costs(a=10.0, b=20.0), 1) == 20.0
    assert makespan(_plan({"a": ()}, done=("a",)), _costs(a=1.0), 2) == 0.0
