"""Records are kept by feature index: order, repeats and gaps do not matter."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
from hypothesis import given
from hypothesis import strategies as st

from training.records import FeatureRecords


@given(st.permutations(list(range(12))), st.integers(1, 5))
def test_any_order_and_any_batch_size_give_the_same_arrays(order: list[int], size: int) -> None:
    records = FeatureRecords(12)
    for start in range(0, 12, size):
        index = torch.tensor(order[start : start + size])
        records.add(index, {"p": index.float() / 12, "span": torch.stack([index, index + 1], dim=1)})
    arrays = records.arrays()
    np.testing.assert_array_equal(arrays["p"], (np.arange(12) / 12).astype(np.float32))
    np.testing.assert_array_equal(arrays["span"][:, 1], np.arange(12) + 1)
    assert arrays["observed"].all()


def test_features_never_seen_are_nan() -> None:
    records = FeatureRecords(3)
    records.add(torch.tensor([2]), {"p": torch.tensor([0.5])})
    arrays = records.arrays()
    np.testing.assert_array_equal(np.isnan(arrays["p"]), [True, True, False])
    np.testing.assert_array_equal(arrays["observed"], [False, False, True])


def test_low_precision_values_come_back_as_float32() -> None:
    records = FeatureRecords(1)
    records.add(torch.tensor([0]), {"p": torch.tensor([0.5], dtype=torch.bfloat16)})
    assert records.arrays()["p"].dtype == np.float32


def test_saving_and_loading_continues_where_it_was(tmp_path: Path) -> None:
    first = FeatureRecords(4)
    first.add(torch.tensor([0, 3]), {"p": torch.tensor([0.1, 0.4]), "hit": torch.tensor([True, False])})
    first.save(tmp_path / "records.npz")

    second = FeatureRecords(4)
    second.load(tmp_path / "records.npz", torch.device("cpu"))
    second.add(torch.tensor([1, 2]), {"p": torch.tensor([0.2, 0.3]), "hit": torch.tensor([True, True])})
    arrays = second.arrays()
    np.testing.assert_allclose(arrays["p"], [0.1, 0.2, 0.3, 0.4], rtol=1e-6)
    np.testing.assert_array_equal(arrays["hit"], [True, True, True, False])


def test_clearing_forgets(tmp_path: Path) -> None:
    records = FeatureRecords(2)
    records.add(torch.tensor([0]), {"p": torch.tensor([1.0])})
    records.clear()
    assert records.empty
    records.save(tmp_path / "empty.npz")
    records.load(tmp_path / "empty.npz", torch.device("cpu"))
    assert records.empty
