"""How many rows filters leave: exact where the map exists, marked as a guess where it does not."""

from __future__ import annotations

from pathlib import Path

import pytest

from errors import SignalError
from experiment_config import (
    ExperimentConfig,
    TrainingConfig,
    create_cartography_filter_config,
    create_combined_config,
    create_label_smoothing_config,
)
from planning import Plan, PlanOptions, make_plan
from planning.rows import kept_rows
from strategies.category_filter import CategoryFilterConfig
from strategies.random_filter import RandomFilterConfig
from tests.planning.folders import finish_map, map_table


def _kept(config: ExperimentConfig, folder: Path) -> str:
    plan = _plan(config, folder)
    return str(kept_rows(plan.nodes[-1], plan))


def _plan(config: ExperimentConfig, folder: Path) -> Plan:
    return make_plan([config], PlanOptions(folder))


def test_without_a_map_a_filter_is_guessed_and_smoothing_known(tmp_path: Path) -> None:
    assert _kept(create_cartography_filter_config(), tmp_path).startswith("~")
    assert _kept(create_label_smoothing_config(), tmp_path) == "4,000"
    assert _kept(create_label_smoothing_config(training=TrainingConfig(max_train_samples=300)), tmp_path) == "300"


def test_with_a_map_it_is_exact(tmp_path: Path) -> None:
    config = create_cartography_filter_config(top_fraction=0.5)
    finish_map(_plan(config, tmp_path).nodes[0])
    assert _kept(config, tmp_path) == "3,500"  # a quarter is ambiguous, half of it goes


def test_chance_needs_no_map(tmp_path: Path) -> None:
    assert _kept(create_combined_config("r", RandomFilterConfig(keep_fraction=0.25)), tmp_path) == "~1,000"


def test_a_map_of_fewer_rows_gives_a_guess(tmp_path: Path) -> None:
    map_table(tmp_path / "map", 100)
    config = create_cartography_filter_config(cartography_dir=str(tmp_path / "map"))
    assert _kept(config, tmp_path).startswith("~")


@pytest.mark.parametrize("map_exists", [False, True])
def test_a_strategy_that_raises_leaves_a_guess_and_fails_in_its_turn(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, map_exists: bool
) -> None:
    def broken(*_: object) -> None:
        raise RuntimeError("kaboom")

    config = create_cartography_filter_config()
    if map_exists:
        finish_map(_plan(config, tmp_path).nodes[0])
    monkeypatch.setattr("strategies.cartography_filter.CartographyFilter._plan", broken)
    assert _kept(config, tmp_path) == "~4,000"


def test_a_filter_that_keeps_nothing_is_seen_before_training(tmp_path: Path) -> None:
    folder = tmp_path / "map"
    map_table(folder, 4000)
    table = folder / "cartography_metrics.csv"
    table.write_text(table.read_text().replace("ambiguous", "hard"))
    config = create_combined_config("c", CategoryFilterConfig(categories=("ambiguous",)), cartography_dir=str(folder))
    with pytest.raises(SignalError, match="keeps none of 4000 rows"):
        _kept(config, tmp_path)


def test_a_filter_that_leaves_nothing_of_a_planned_map_does_not_stop_the_plan(tmp_path: Path) -> None:
    strategies = CategoryFilterConfig(categories=("easy",)), CategoryFilterConfig(categories=("hard",))
    config = create_combined_config("c", *strategies)
    finish_map(_plan(config, tmp_path).nodes[0])
    assert _kept(config, tmp_path) == "0"
