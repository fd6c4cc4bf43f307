"""The plan as it is printed."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from rich.console import Console

from planning import PlanOptions, make_plan
from planning.estimate import estimate_costs
from planning.table import PlanRow, duration, plan_rows, print_plan, size
from suites import SuiteOptions, create_suite
from tests.planning.folders import finish_experiment


def test_every_node_has_a_line(tmp_path: Path) -> None:
    plan = make_plan(create_suite("minimal", SuiteOptions(seeds=(42,))), PlanOptions(tmp_path))
    first, data_map, second = plan_rows(plan, estimate_costs(plan))
    assert (first.run, first.strategy, first.seed, first.rows, first.status) == (
        "baseline_seed42",
        "baseline",
        "42",
        "4,000",
        "new",
    )
    assert (data_map.strategy, data_map.needs, data_map.time) == ("(data map)", "baseline_seed42", "")
    assert second.needs == "data_map_seed42"
    assert second.rows.startswith("~") and second.time.startswith("~") and second.disk.endswith("B")


def test_the_print_ends_with_totals_and_keeps_long_names_whole(tmp_path: Path) -> None:
    plan = make_plan(create_suite("filtering", SuiteOptions(seeds=(42,))), PlanOptions(tmp_path))
    finish_experiment(plan.nodes[0])
    plan = make_plan(create_suite("filtering", SuiteOptions(seeds=(42,))), PlanOptions(tmp_path))
    out = io.StringIO()
    print_plan(plan, estimate_costs(plan), Console(file=out, width=60))
    assert "placebo_cartography_filter_0.33_seed42" in out.getvalue()
    assert "12 experiments: 1 done, 11 to run" in out.getvalue()
    assert "expected: ~" in out.getvalue()


@pytest.mark.parametrize(
    ("seconds", "text"), [(None, "?"), (0.4, "~0 s"), (89, "~89 s"), (120, "~2 min"), (7200, "~2.0 h")]
)
def test_durations_read_well(seconds: float | None, text: str) -> None:
    assert duration(seconds) == text


@pytest.mark.parametrize(("number", "text"), [(None, "?"), (2e6, "~2 MB"), (3.25e9, "~3.2 GB")])
def test_sizes_read_well(number: float | None, text: str) -> None:
    assert size(number) == text


@pytest.mark.parametrize(
    ("width", "left_out"),
    [
        (200, []),
        (110, ["seed", "strategy"]),
        (80, ["seed", "strategy", "rows", "disk"]),
        (40, ["seed", "strategy", "rows", "disk", "needs", "steps"]),
    ],
)
def test_a_narrow_terminal_is_told_what_it_has_no_room_for(width: int, left_out: list[str]) -> None:
    plan = make_plan(create_suite("filtering", SuiteOptions(seeds=(42,))), PlanOptions(Path("experiments")))
    out = io.StringIO()
    print_plan(plan, estimate_costs(plan), Console(file=out, width=width, force_terminal=True, color_system=None))
    heading, *lines = out.getvalue().splitlines()[1:]
    assert len(heading) <= width and max(map(len, lines)) <= width
    assert set(heading.split()) == set(PlanRow.__dataclass_fields__) - set(left_out)
    assert ("left out, as" in out.getvalue()) == bool(left_out)
    # Rows are lines until not even the names of runs fit.
    assert ("placebo_cartography_filter_0.33_seed42" in out.getvalue()) == (width > 40)
