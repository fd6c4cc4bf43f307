"""Features to padded tensors, with what the loss needs beside the model's inputs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase

__all__ = ["FEATURE", "SMOOTHING", "WEIGHT", "FeatureCollator"]

FEATURE, WEIGHT, SMOOTHING = "feature", "weight", "smoothing"
"""Batch keys: index of each feature, its loss weight, its label-smoothing mass."""


@dataclass
class FeatureCollator:
    """Pads to the longest of the batch and looks up weight and smoothing by feature index, never by position."""

    tokenizer: PreTrainedTokenizerBase
    columns: tuple[str, ...]
    """Feature columns that go into the batch beside the model's inputs."""
    weight: NDArray[np.float32] | None = None
    """(num_features,) loss weight, or None where nothing is trained."""
    smoothing: NDArray[np.float32] | None = None
    """(num_features,) smoothing mass, or None for hard labels."""
    pad_to: int | None = None
    """Pad every batch to this length instead of the longest (for comparison only)."""

    def __call__(self, features: Sequence[dict[str, Any]]) -> dict[str, Tensor]:
        """Return the batch's tensors."""
        names = [name for name in self.tokenizer.model_input_names if name in features[0]]
        length = self.pad_to or max(len(feature["input_ids"]) for feature in features)
        batch = {name: self._padded([feature[name] for feature in features], name, length) for name in names}
        for name in (FEATURE, *self.columns):
            batch[name] = torch.as_tensor([feature[name] for feature in features])
        index = batch[FEATURE].numpy()
        if self.weight is not None:
            batch[WEIGHT] = torch.from_numpy(self.weight[index])
        if self.smoothing is not None:
            batch[SMOOTHING] = torch.from_numpy(self.smoothing[index])
        return batch

    def _padded(self, rows: Sequence[Sequence[int]], name: str, length: int) -> Tensor:
        """Return (B, length); padding stands on the right, so that the positions of answers stay.

        ``tokenizer.pad`` does the same several times slower, which small models feel.
        """
        padding = {"input_ids": self.tokenizer.pad_token_id, "token_type_ids": self.tokenizer.pad_token_type_id}
        padded = np.full((len(rows), length), padding.get(name, 0) or 0, dtype=np.int64)
        for row, values in zip(padded, rows, strict=True):
            row[: len(values)] = values
        return torch.from_numpy(padded)
