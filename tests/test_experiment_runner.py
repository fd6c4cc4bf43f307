"""The runner's public functions; what they do to folders is tested in tests/running."""

from __future__ import annotations

from pathlib import Path

import pytest

from errors import ConfigError, DataError
from experiment_config import create_baseline_config, create_cartography_filter_config
from experiment_runner import plan_experiments, print_dry_run, run_experiments_from_configs, run_experiments_from_list


def test_a_plan_is_printed_and_nothing_written(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    print_dry_run([create_baseline_config(), create_cartography_filter_config()], tmp_path / "e")
    printed = capsys.readouterr().out
    assert "data_map_seed42" in printed and "2 experiments: 0 done, 2 to run" in printed
    assert not (tmp_path / "e").exists()


def test_a_misspelt_option_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="did you mean 'stop_on_error'"):
        run_experiments_from_list([create_baseline_config()], tmp_path, stop_on_eror=True)


def test_a_missing_configuration_is_named(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"nowhere\.json: no such file"):
        run_experiments_from_configs([tmp_path / "nowhere.json"], tmp_path)


def test_experiments_keep_their_order(tmp_path: Path) -> None:
    plan = plan_experiments([create_cartography_filter_config("b"), create_baseline_config("a")], tmp_path)
    # The baseline records the map, so it is made first.
    assert [node.name for node in plan.nodes] == ["a", "data_map_seed42", "b"]
