from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from cartography import average_data_maps, build_data_map, categorise, load_data_map
from errors import ConfigError, SignalError
from tests.cartography.dynamics_builders import PROVENANCE, dynamics_of, epoch_columns, random_map, write_dynamics


def test_metrics_are_the_means(tmp_path: Path) -> None:
    maps = [random_map(tmp_path / str(seed), seed=seed) for seed in (1, 2, 3)]
    mean = average_data_maps([tmp_path / str(seed) for seed in (1, 2, 3)], tmp_path / "mean")
    for name in ("confidence", "variability", "correctness", "aum", "el2n", "observed"):
        np.testing.assert_allclose(mean.columns[name], np.mean([m.columns[name] for m in maps], axis=0), atol=1e-8)
    expected = categorise(mean.columns["confidence"], mean.columns["variability"])
    assert mean.columns["category"].tolist() == expected.tolist()
    loaded = load_data_map(tmp_path / "mean")
    assert loaded.provenance["seeds"] == [1, 2, 3]
    assert "key" not in loaded.provenance
    np.testing.assert_array_equal(loaded.columns["correctness"], mean.columns["correctness"])


def test_forgetting_is_averaged_over_the_runs_that_learned(tmp_path: Path) -> None:
    runs = {"a": [[1, 1, 0], [1, 0, 0], [1, 1, 0]], "b": [[1, 0, 0], [1, 0, 0], [1, 0, 0]]}
    for name, right in runs.items():
        write_dynamics(tmp_path / name, dynamics_of(np.full((3, 3), 0.5), np.array(right, dtype=bool)))
        build_data_map(tmp_path / name, PROVENANCE)
    mean = average_data_maps([tmp_path / "a", tmp_path / "b"], tmp_path / "mean")
    assert mean.columns["forgetting"].tolist() == [0, 1, 1000]


def test_rows_are_joined_by_id(tmp_path: Path) -> None:
    first = random_map(tmp_path / "a")
    dynamics = dynamics_of(np.random.default_rng(0).random((4, 40)))
    order = np.random.default_rng(1).permutation(40)
    from cartography import write_epoch

    for place in range(4):
        columns = {name: values[order] for name, values in epoch_columns(dynamics, place).items()}
        write_epoch(tmp_path / "b", place, columns)
    build_data_map(tmp_path / "b", {**PROVENANCE, "seeds": [1]})
    mean = average_data_maps([tmp_path / "a", tmp_path / "b"], tmp_path / "mean")
    np.testing.assert_allclose(mean.columns["confidence"], first.columns["confidence"], atol=1e-8)


def test_maps_of_other_rows_are_refused(tmp_path: Path) -> None:
    random_map(tmp_path / "a")
    random_map(tmp_path / "b", num_examples=30)
    with pytest.raises(SignalError, match=r"covers 30 examples and .* 40, of which they share 30"):
        average_data_maps([tmp_path / "a", tmp_path / "b"], tmp_path / "mean")
    build_data_map(tmp_path / "b", {**PROVENANCE, "dataset_fingerprint": "other"})
    with pytest.raises(SignalError, match="differ in dataset_fingerprint"):
        average_data_maps([tmp_path / "a", tmp_path / "b"], tmp_path / "mean")
    assert not (tmp_path / "mean").exists()


def test_impossible_requests(tmp_path: Path) -> None:
    random_map(tmp_path / "a")
    with pytest.raises(ConfigError, match="at least two"):
        average_data_maps([tmp_path / "a", tmp_path / "." / "a"], tmp_path / "mean")
    with pytest.raises(ConfigError, match="another folder"):
        average_data_maps([tmp_path / "a", tmp_path / "b"], tmp_path / "b")
    with pytest.raises(SignalError, match="Cartography metrics not found"):
        average_data_maps([tmp_path / "a", tmp_path / "b"], tmp_path / "mean")
