from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from errors import ConfigError
from experiment_results.frame import build_frame
from experiment_results.reading import read_experiments
from experiment_results.variants import VariantRuns, paired_variants, parts_by_data
from tests.experiment_folders import config_mapping, write_run

FILTER = ({"name": "cartography_filter", "top_fraction": 0.33},)


def _run(root: Path, name: str, strategies: Any = (), **fields: Any) -> None:
    write_run(root, config_mapping(f"{name}_seed1", 1, strategies, **fields), {"eval_f1": 0.5})


def _frame(root: Path) -> pd.DataFrame:
    return build_frame(read_experiments(root))


def _baselines(root: Path, baseline: str = "baseline") -> dict[str, str | None]:
    pairs = paired_variants(_frame(root), baseline)
    return {variant.label: reference.label if reference else None for variant, reference in pairs}


def test_each_setting_has_its_own_baseline(tmp_path: Path) -> None:
    for samples in (100, 900):
        training = {"max_train_samples": samples}
        _run(tmp_path, "baseline", training=training)
        _run(tmp_path, "filter", FILTER, training=training)
    found = _baselines(tmp_path)
    assert found["filter (max_train_samples=100)"] == "baseline (max_train_samples=100)"
    assert found["filter (max_train_samples=900)"] == "baseline (max_train_samples=900)"


def test_a_strategy_in_another_setting_takes_that_settings_baseline(tmp_path: Path) -> None:
    _run(tmp_path, "baseline")
    _run(tmp_path, "fast", training={"learning_rate": 0.1})
    _run(tmp_path, "fast_filter", FILTER, training={"learning_rate": 0.1})
    assert _baselines(tmp_path) == {"baseline": "baseline", "fast": "baseline", "fast_filter": "fast"}


def test_without_a_single_baseline_there_is_none(tmp_path: Path) -> None:
    for rate in (0.1, 0.2):
        _run(tmp_path, f"rate_{rate}", training={"learning_rate": rate})
    _run(tmp_path, "filter", FILTER)
    assert _baselines(tmp_path)["filter"] is None


def test_data_sets_are_never_compared_with_each_other(tmp_path: Path) -> None:
    _run(tmp_path, "baseline")
    _run(tmp_path, "filter", FILTER, dataset="other")
    assert _baselines(tmp_path)["filter"] is None
    frame = _frame(tmp_path)
    parts = parts_by_data(frame)
    assert [list(part["name"]) for part, _ in parts] == [["baseline_seed1"], ["filter_seed1"]]
    assert [[variant.label for variant, _ in pairs] for _, pairs in parts] == [["baseline"], ["filter"]]


@pytest.mark.parametrize("named", ["filter", "cartography_filter"])
def test_any_strategy_can_be_the_baseline(tmp_path: Path, named: str) -> None:
    _run(tmp_path, "baseline")
    _run(tmp_path, "filter", FILTER)
    assert list(_baselines(tmp_path, named).items()) == [("filter", "filter"), ("baseline", "filter")]


def test_an_unknown_baseline_names_the_nearest(tmp_path: Path) -> None:
    _run(tmp_path, "random_filter")
    with pytest.raises(
        ConfigError, match=r"'randomfilter'; did you mean 'random_filter'\? \(strategies: random_filter\)"
    ):
        _baselines(tmp_path, "randomfilter")


def test_folders_follow_the_run_that_counts(tmp_path: Path) -> None:
    for name, end in (("baseline", "2025-02-01"), ("base", "2025-01-01")):
        write_run(tmp_path, config_mapping(f"{name}_seed1", 1), {"eval_f1": 0.5}, finished_at=end)
    ((variant, _),) = paired_variants(_frame(tmp_path))
    assert isinstance(variant, VariantRuns)
    assert [folder.split("_seed")[0] for folder in variant.folders("eval_f1").values()] == ["baseline"]
