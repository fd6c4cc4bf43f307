"""What a plan adds, shares, orders, finds and refuses."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest

from errors import ConfigError, SignalError
from experiment_config import ExperimentConfig, TrainingConfig, create_baseline_config, create_label_smoothing_config
from planning import Node, Plan, PlanOptions, make_plan
from suites import SuiteOptions, create_suite
from tests.planning.folders import finish_experiment, finish_map, half_finish, map_table


def _plan(
    folder: Path, suite: str = "minimal", auto_prepare: bool = True, force: bool = False, **options: object
) -> Plan:
    chosen = SuiteOptions(**{"seeds": (42, 43), **options})  # type: ignore[arg-type]
    return make_plan(create_suite(suite, chosen), PlanOptions(folder, auto_prepare, force))


def _names(plan: Plan) -> list[str]:
    return [node.name for node in plan.nodes]


def _node(plan: Plan, name: str) -> Node:
    return next(node for node in plan.nodes if node.name == name)


def _statuses(plan: Plan) -> dict[str, str]:
    return {node.name: plan.state(node).status for node in plan.nodes}


def test_one_map_recorded_by_the_first_baseline_serves_all(tmp_path: Path) -> None:
    plan = _plan(tmp_path)
    assert _names(plan) == [
        "baseline_seed42",
        "data_map_seed42",
        "cartography_filter_0.33_seed42",
        "baseline_seed43",
        "cartography_filter_0.33_seed43",
    ]
    data_map = _node(plan, "data_map_seed42")
    assert _node(plan, "baseline_seed42").records_to == data_map.folder
    assert data_map.recorded_by == _node(plan, "baseline_seed42").folder
    assert _node(plan, "baseline_seed43").records_to is None
    assert all(_node(plan, f"cartography_filter_0.33_seed{seed}").data_map == data_map.folder for seed in (42, 43))


def test_every_node_stands_behind_what_it_needs(tmp_path: Path) -> None:
    for suite in ("sample", "filtering", "weighting"):
        seen: set[Path] = set()
        for node in _plan(tmp_path, suite, filter_validation=True, map_seeds=(42, 7)).nodes:
            assert set(node.needs) <= seen
            seen.add(node.folder)


def test_without_a_baseline_the_map_gets_a_run_of_its_own(tmp_path: Path) -> None:
    plan = make_plan([create_label_smoothing_config()], PlanOptions(tmp_path))
    assert _names(plan) == ["data_map_seed42", "label_smoothing"]
    assert plan.nodes[0].recorded_by is None


def test_a_map_for_each_seed(tmp_path: Path) -> None:
    plan = _plan(tmp_path, map_per_seed=True)
    maps = [node for node in plan.nodes if node.kind == "data_map"]
    assert [node.name for node in maps] == ["data_map_seed42", "data_map_seed43"]
    assert all(node.recorded_by for node in maps)


def test_maps_are_averaged_and_the_missing_ones_trained(tmp_path: Path) -> None:
    plan = _plan(tmp_path, map_seeds=(42, 9))
    average = next(node for node in plan.nodes if node.kind == "average")
    parts = [_node(plan, "data_map_seed9"), _node(plan, "data_map_seed42")]
    assert average.needs == tuple(part.folder for part in parts)
    assert [part.recorded_by is not None for part in parts] == [False, True]
    assert _node(plan, "cartography_filter_0.33_seed43").data_map == average.folder


def test_an_average_takes_a_map_made_by_hand_as_it_is(tmp_path: Path) -> None:
    part = _node(_plan(tmp_path, map_seeds=(42, 9)), "data_map_seed9")
    map_table(part.folder, 10)
    plan = _plan(tmp_path, map_seeds=(42, 9))
    average = next(node for node in plan.nodes if node.kind == "average")
    assert average.supplied == (part.folder,)
    assert average.needs == (_node(plan, "data_map_seed42").folder,), "what is no node is never waited for"


def test_the_validation_map_is_planned_once(tmp_path: Path) -> None:
    plan = _plan(tmp_path, "filtering", filter_validation=True)
    validation = [node for node in plan.nodes if node.name == "validation_map_seed42"]
    assert len(validation) == 1
    assert _node(plan, "cartography_filter_0.25_seed43").validation_data_map == validation[0].folder


def test_finished_nodes_are_done_and_half_finished_ones_resume(tmp_path: Path) -> None:
    plan = _plan(tmp_path)
    finish_experiment(_node(plan, "baseline_seed42"))
    finish_map(_node(plan, "data_map_seed42"))
    half_finish(_node(plan, "cartography_filter_0.33_seed42"))
    assert _statuses(_plan(tmp_path)) == {
        "baseline_seed42": "done",
        "data_map_seed42": "done",
        "cartography_filter_0.33_seed42": "resume",
        "baseline_seed43": "new",
        "cartography_filter_0.33_seed43": "new",
    }


def test_force_trains_experiments_again_and_keeps_signals(tmp_path: Path) -> None:
    plan = _plan(tmp_path)
    finish_experiment(_node(plan, "baseline_seed42"))
    finish_map(_node(plan, "data_map_seed42"))
    forced = _plan(tmp_path, force=True)
    assert (_statuses(forced)["baseline_seed42"], _statuses(forced)["data_map_seed42"]) == ("new", "done")
    assert _node(forced, "baseline_seed42").records_to is None


def test_a_finished_baseline_is_not_trained_again_to_record_a_map(tmp_path: Path) -> None:
    finish_experiment(_node(_plan(tmp_path), "baseline_seed42"))
    again = _plan(tmp_path)
    assert _node(again, "data_map_seed42").recorded_by is None
    assert _node(again, "baseline_seed42").records_to is None


def test_a_half_finished_baseline_goes_on_recording_only_where_it_began_to(tmp_path: Path) -> None:
    plan = _plan(tmp_path)
    half_finish(_node(plan, "baseline_seed42"))
    assert _node(_plan(tmp_path), "baseline_seed42").records_to == _node(plan, "data_map_seed42").folder
    half_finish(dataclasses.replace(_node(_plan(tmp_path / "b"), "baseline_seed42"), records_to=None))
    assert _node(_plan(tmp_path / "b"), "data_map_seed42").recorded_by is None


def test_a_named_empty_folder_is_where_the_map_is_made(tmp_path: Path) -> None:
    named = str(tmp_path / "map")
    plan = _plan(tmp_path / "e", cartography_dir=named, cluster_dir=str(tmp_path / "c"), suite="sample")
    assert _node(plan, "data_map_seed42").folder == Path(named)
    assert next(node for node in plan.nodes if node.kind == "clusters").folder == tmp_path / "c"
    unnamed = _plan(tmp_path / "e", suite="sample")
    assert _node(plan, "soft_weighting_seed42").folder == _node(unnamed, "soft_weighting_seed42").folder


def test_a_named_map_is_used_as_it_is_and_its_runs_get_folders_of_their_own(tmp_path: Path) -> None:
    map_table(tmp_path / "map", 10)
    plan = _plan(tmp_path / "e", cartography_dir=str(tmp_path / "map"))
    assert [node.kind for node in plan.nodes] == ["experiment"] * 4
    filtered = _node(plan, "cartography_filter_0.33_seed42")
    assert filtered.supplied == (tmp_path / "map",)
    assert filtered.folder != _node(_plan(tmp_path / "e"), filtered.name).folder
    assert any("used as it is" in note for note in plan.notes)


def test_a_map_that_died_half_way_is_not_taken_for_a_supplied_one(tmp_path: Path) -> None:
    from planning.status import mark

    named = str(tmp_path / "map")
    node = _node(_plan(tmp_path / "e", cartography_dir=named), "data_map_seed42")
    mark(node, finished=False, files=[])
    map_table(node.folder, 10)
    plan = _plan(tmp_path / "e", cartography_dir=named)
    assert plan.state(_node(plan, "data_map_seed42")).status == "new"


def test_two_different_maps_do_not_fit_one_folder(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="two different signals"):
        _plan(tmp_path, map_per_seed=True, cartography_dir=str(tmp_path / "map"))


@pytest.mark.parametrize(
    ("suite", "message"),
    [
        ("minimal", r"^Cartography metrics not found: .*python run\.py .*--enable_cartography"),
        ("clusters", r"^Cluster assignments not found: .*python extract_embeddings\.py .*cluster_analysis\.py"),
    ],
)
def test_without_preparation_a_missing_signal_stops(tmp_path: Path, suite: str, message: str) -> None:
    if suite == "clusters":
        chosen = [config for config in create_suite("sample", SuiteOptions()) if "cluster" in config.name]
        with pytest.raises(SignalError, match=message):
            make_plan(chosen, PlanOptions(tmp_path, auto_prepare=False))
        return
    with pytest.raises(SignalError, match=message):
        _plan(tmp_path, suite, auto_prepare=False)


def test_equal_experiments_are_joined_and_none_is_an_error(tmp_path: Path) -> None:
    twice: list[ExperimentConfig] = [create_baseline_config(notes=note) for note in "ab"]
    plan = make_plan(twice, PlanOptions(tmp_path))
    assert len(plan.nodes) == 1 and plan.notes
    other = create_baseline_config(training=TrainingConfig(seed=1))
    assert len(make_plan([*twice, other], PlanOptions(tmp_path)).nodes) == 2
    with pytest.raises(ConfigError, match="no experiment"):
        make_plan([], PlanOptions(tmp_path))
