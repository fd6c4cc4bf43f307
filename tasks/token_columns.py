"""Tokenised batches to compact Arrow list columns: token ids as int32, masks and types as int8."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

__all__ = ["flat_values", "list_column", "token_columns"]

_TYPES = {"input_ids": np.int32, "attention_mask": np.int8, "token_type_ids": np.int8}


def token_columns(encoded: Mapping[str, Any], lengths: NDArray[np.int64]) -> dict[str, pa.Array]:
    """Return the model inputs of a tokeniser's output as list columns.

    Args:
        encoded: input name to one list a feature.
        lengths: (num_features,) tokens of each.
    """
    return {
        name: list_column(flat_values(encoded[name], dtype), lengths)
        for name, dtype in _TYPES.items()
        if name in encoded
    }


def flat_values(lists: Sequence[Sequence[int]], dtype: type) -> NDArray[Any]:
    """Return lists of numbers end to end."""
    return np.fromiter(itertools.chain.from_iterable(lists), dtype=dtype)


def list_column(values: NDArray[Any], lengths: NDArray[np.int64]) -> pa.Array:
    """Return an Arrow list column of flat values cut into pieces of the given lengths."""
    ends = np.concatenate([[0], np.cumsum(lengths)]).astype(np.int32)
    return pa.ListArray.from_arrays(pa.array(ends), pa.array(values))
