from __future__ import annotations

import dataclasses
import stat
from pathlib import Path

import numpy as np
import pytest

from cartography import read_dynamics, write_epoch
from errors import DataError, ResourceError, SignalError
from tests.cartography.dynamics_builders import dynamics_of, epoch_columns, random_dynamics, write_dynamics


def test_round_trip(tmp_path: Path) -> None:
    written = random_dynamics()
    write_dynamics(tmp_path, written)
    read = read_dynamics(tmp_path)
    assert read.epochs == written.epochs
    for field in dataclasses.fields(read)[1:]:
        np.testing.assert_array_equal(getattr(read, field.name), getattr(written, field.name))
    assert read.ids.tolist() == written.ids.tolist()
    assert read.gold_prob.dtype == np.float32


def test_an_epoch_written_again_replaces_the_first(tmp_path: Path) -> None:
    write_dynamics(tmp_path, random_dynamics(seed=1))
    write_epoch(tmp_path, 3, epoch_columns(random_dynamics(seed=2), 3))
    np.testing.assert_array_equal(read_dynamics(tmp_path).gold_prob[3], random_dynamics(seed=2).gold_prob[3])
    assert sorted(path.name for path in (tmp_path / "training_dynamics").iterdir()) == [
        f"epoch_{epoch}.parquet" for epoch in range(4)
    ]


def test_epochs_are_joined_by_id(tmp_path: Path) -> None:
    dynamics = random_dynamics()
    write_dynamics(tmp_path, dynamics)
    shuffled = np.random.default_rng(5).permutation(len(dynamics.ids))
    columns = {name: values[shuffled] for name, values in epoch_columns(dynamics, 2).items()}
    write_epoch(tmp_path, 2, columns)
    np.testing.assert_array_equal(read_dynamics(tmp_path).gold_prob, dynamics.gold_prob)


def test_epochs_beyond_nine_stay_in_order(tmp_path: Path) -> None:
    dynamics = random_dynamics(num_examples=3, num_epochs=12)
    write_dynamics(tmp_path, dynamics)
    np.testing.assert_array_equal(read_dynamics(tmp_path).gold_prob, dynamics.gold_prob)


def test_extra_columns_are_kept(tmp_path: Path) -> None:
    import pyarrow.parquet as pq

    columns = epoch_columns(random_dynamics(), 0)
    path = write_epoch(tmp_path, 0, {**columns, "start_prob": columns["gold_prob"]})
    assert "start_prob" in pq.read_table(path).column_names


def test_rounding_above_one_is_clipped(tmp_path: Path) -> None:
    dynamics = dynamics_of([[1.0004, np.nan, 0.5]])
    write_dynamics(tmp_path, dynamics)
    np.testing.assert_array_equal(read_dynamics(tmp_path).gold_prob, np.array([[1, np.nan, 0.5]], dtype=np.float32))


def test_no_dynamics(tmp_path: Path) -> None:
    with pytest.raises(SignalError, match=r"no training dynamics.*--enable_cartography"):
        read_dynamics(tmp_path)


@pytest.mark.parametrize("lost", [0, 1])
def test_a_lost_epoch_is_named(tmp_path: Path, lost: int) -> None:
    write_dynamics(tmp_path, random_dynamics())
    for epoch in range(lost, 2):
        (tmp_path / "training_dynamics" / f"epoch_{epoch}.parquet").unlink()
    with pytest.raises(SignalError, match=r"epoch_1\.parquet is missing"):
        read_dynamics(tmp_path)


def test_other_examples_in_one_epoch(tmp_path: Path) -> None:
    write_dynamics(tmp_path, random_dynamics())
    columns = epoch_columns(random_dynamics(), 1)
    columns["id"] = np.char.add("other", columns["id"])
    write_epoch(tmp_path, 1, columns)
    with pytest.raises(DataError, match=r"epoch_1\.parquet: holds other examples.*0 in common"):
        read_dynamics(tmp_path)


def test_repeated_ids(tmp_path: Path) -> None:
    columns = epoch_columns(random_dynamics(), 0)
    columns["id"] = np.where(np.arange(40) < 2, "twin", columns["id"])
    write_epoch(tmp_path, 0, columns)
    with pytest.raises(DataError, match=r"more than once .'twin'"):
        read_dynamics(tmp_path)


def test_a_truncated_file(tmp_path: Path) -> None:
    write_dynamics(tmp_path, random_dynamics())
    path = tmp_path / "training_dynamics" / "epoch_2.parquet"
    path.write_bytes(path.read_bytes()[:-100])
    with pytest.raises(DataError, match=r"epoch_2\.parquet: not a readable epoch"):
        read_dynamics(tmp_path)


def test_wrong_columns(tmp_path: Path) -> None:
    columns = epoch_columns(random_dynamics(), 0)
    with pytest.raises(DataError, match="lack the columns margin"):
        write_epoch(tmp_path, 0, {name: values for name, values in columns.items() if name != "margin"})
    with pytest.raises(DataError, match="of one length"):
        write_epoch(tmp_path, 0, {**columns, "loss": columns["loss"][:-1]})
    with pytest.raises(DataError, match=r"probability, but row 7 has 1\.5"):
        columns["gold_prob"] = np.where(np.arange(40) == 7, 1.5, columns["gold_prob"])
        write_epoch(tmp_path, 0, columns)
    assert not (tmp_path / "training_dynamics").exists()


def test_an_unwritable_folder(tmp_path: Path) -> None:
    (tmp_path / "training_dynamics").write_text("a file where the folder should be")
    with pytest.raises(ResourceError, match="choose a folder"):
        write_epoch(tmp_path, 0, epoch_columns(random_dynamics(), 0))
    assert stat.S_ISREG((tmp_path / "training_dynamics").stat().st_mode)
