from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

import cartography.data_map
from atomic_files import read_json
from cartography import Thresholds, build_data_map, compute_metrics, load_data_map, read_dynamics, rebuild_data_map
from errors import DataError, SignalError
from tests.cartography.dynamics_builders import PROVENANCE, dynamics_of, random_dynamics, random_map, write_dynamics


def test_a_loaded_map_equals_the_built_one(tmp_path: Path) -> None:
    built, loaded = random_map(tmp_path), load_data_map(tmp_path)
    assert loaded.ids.tolist() == built.ids.tolist()
    assert list(loaded.columns) == list(built.columns)
    for name, values in built.columns.items():
        np.testing.assert_array_equal(loaded.columns[name], values)
    assert loaded.provenance == built.provenance


def test_the_files_hold_the_metrics(tmp_path: Path) -> None:
    random_map(tmp_path)
    metrics = compute_metrics(read_dynamics(tmp_path))
    records = json.loads((tmp_path / "cartography_metrics.json").read_text())
    np.testing.assert_allclose([record["aum"] for record in records], metrics["aum"], rtol=0, atol=1e-7)
    header = (tmp_path / "cartography_metrics.csv").read_text().splitlines()[0]
    expected = "id,confidence,variability,correctness,forgetting,threshold_closeness,aum,el2n,loss,observed,category"
    assert header.replace('"', "") == expected
    files = sorted(path.name for path in tmp_path.iterdir() if path.is_file())
    assert files == ["cartography_map.png", "cartography_metrics.csv", "cartography_metrics.json", "provenance.json"]


def test_provenance_says_what_was_done(tmp_path: Path) -> None:
    write_dynamics(tmp_path, random_dynamics(num_epochs=5))
    build_data_map(tmp_path, PROVENANCE, burn_in=2, thresholds=Thresholds(variability=0.25))
    facts = read_json(tmp_path / "provenance.json")
    assert {
        "epochs": 5,
        "burn_in": 2,
        "num_examples": 40,
        "num_unobserved": 0,
        "dataset": "demo",
    }.items() <= facts.items()
    assert facts["thresholds"]["variability"] == 0.25
    assert facts["created_at"]


def test_examples_never_observed_are_left_out_and_counted(tmp_path: Path) -> None:
    write_dynamics(tmp_path, dynamics_of([[0.9, np.nan, 0.2], [0.8, np.nan, 0.3]]))
    made = build_data_map(tmp_path, {**PROVENANCE, "num_examples": 5})
    assert made.ids.tolist() == ["q0", "q2"]
    # One was recorded without a value, two more were meant to be there and are not.
    assert made.provenance["num_unobserved"] == 3
    assert rebuild_data_map(tmp_path).provenance["num_unobserved"] == 3


def test_nothing_observed(tmp_path: Path) -> None:
    write_dynamics(tmp_path, dynamics_of([[np.nan, np.nan]]))
    with pytest.raises(SignalError, match="no example was observed"):
        build_data_map(tmp_path, PROVENANCE)
    assert not (tmp_path / "cartography_metrics.csv").exists()


def test_rebuild_with_another_burn_in(tmp_path: Path) -> None:
    write_dynamics(tmp_path, random_dynamics(num_epochs=6))
    first = build_data_map(tmp_path, {**PROVENANCE, "key": "abc"})
    again = rebuild_data_map(tmp_path, burn_in=3)
    assert again.provenance["burn_in"] == 3
    assert again.provenance["key"] == "abc"
    assert not np.array_equal(first.columns["confidence"], again.columns["confidence"])
    np.testing.assert_array_equal(
        rebuild_data_map(tmp_path, burn_in=0).columns["confidence"], first.columns["confidence"]
    )


def test_a_missing_map_names_the_command(tmp_path: Path) -> None:
    expected = r"^Cartography metrics not found: .*cartography_metrics\.csv.*--enable_cartography"
    with pytest.raises(SignalError, match=expected):
        load_data_map(tmp_path / "nowhere")


def test_an_interrupted_build_is_no_map(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = random_map(tmp_path)

    def stop(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(cartography.data_map, "_draw", stop)
    with pytest.raises(KeyboardInterrupt):
        rebuild_data_map(tmp_path, burn_in=1)
    with pytest.raises(SignalError, match=r"unfinished.*python -m cartography rebuild"):
        load_data_map(tmp_path)
    monkeypatch.undo()
    assert rebuild_data_map(tmp_path, burn_in=0).columns["confidence"].tolist() == first.columns["confidence"].tolist()
    assert not (tmp_path / "provenance.json.unfinished").exists()


def test_a_truncated_table(tmp_path: Path) -> None:
    random_map(tmp_path)
    path = tmp_path / "cartography_metrics.csv"
    lines = path.read_text().splitlines(keepends=True)
    path.write_text("".join(lines[:-3]))
    with pytest.raises(DataError, match=r"cartography_metrics\.csv: truncated.*37 rows.*says 40"):
        load_data_map(tmp_path)
    path.write_text("".join(lines)[:-40])
    with pytest.raises(DataError, match="truncated or garbled"):
        load_data_map(tmp_path)
