"""Values observed on features while a model runs, kept by feature index until an epoch or a pass is over."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch
import torch.distributed as dist
from numpy.typing import NDArray
from torch import Tensor

from atomic_files import atomic_path

__all__ = ["FeatureRecords"]

_NOBODY = torch.iinfo(torch.int32).max


class FeatureRecords:
    """One slot a feature and column, filled by scatter: the order in which batches come does not matter.

    The slots live on the device of the values, so that recording never waits for it. A feature seen twice (the
    padding a distributed sampler adds) fills the same slot again.
    """

    def __init__(self, num_features: int) -> None:
        self.num_features = num_features
        self._columns: dict[str, Tensor] = {}
        self._seen: Tensor | None = None

    def add(self, features: Tensor, values: Mapping[str, Tensor]) -> None:
        """Store values of a batch.

        Args:
            features: (B,) index of each feature.
            values: name to (B, ...) values.
        """
        if self._seen is None:
            self._seen = torch.zeros(self.num_features, dtype=torch.bool, device=features.device)
        self._seen[features] = True
        for name, value in values.items():
            if name not in self._columns:
                shape = (self.num_features, *value.shape[1:])
                self._columns[name] = torch.zeros(shape, dtype=value.dtype, device=value.device)
            self._columns[name][features] = value

    def clear(self) -> None:
        """Forget everything observed so far."""
        self._columns, self._seen = {}, None

    @property
    def empty(self) -> bool:
        """Whether nothing was observed yet."""
        return self._seen is None

    def arrays(self) -> dict[str, NDArray[Any]]:
        """Return name to (num_features, ...) values; features never observed are NaN (float columns) or 0.

        In a distributed run every process must call this; each gets the values of all. Where several processes saw
        one feature, the lowest rank's values count, so the result does not depend on timing.
        """
        seen, columns = self._merged()
        arrays: dict[str, NDArray[Any]] = {}
        for name, column in columns.items():
            values = column.float() if column.is_floating_point() else column
            array: NDArray[Any] = values.cpu().numpy()
            if np.issubdtype(array.dtype, np.floating):
                array = array.copy()
                array[~seen] = np.nan
            arrays[name] = array
        arrays["observed"] = seen
        return arrays

    def _merged(self) -> tuple[NDArray[np.bool_], dict[str, Tensor]]:
        if not (dist.is_available() and dist.is_initialized() and dist.get_world_size() > 1):
            seen = torch.zeros(self.num_features, dtype=torch.bool) if self._seen is None else self._seen
            return seen.cpu().numpy(), self._columns
        if self._seen is None:
            raise RuntimeError("a distributed process observed no batch at all")
        owner = torch.where(self._seen, dist.get_rank(), _NOBODY).to(torch.int32)
        dist.all_reduce(owner, op=dist.ReduceOp.MIN)
        mine = owner == dist.get_rank()
        merged: dict[str, Tensor] = {}
        for name, column in self._columns.items():
            part = torch.where(mine.reshape(-1, *[1] * (column.dim() - 1)), column, torch.zeros_like(column))
            part = part.to(torch.int32) if part.dtype == torch.bool else part.contiguous()
            dist.all_reduce(part)
            merged[name] = part.to(column.dtype)
        return (owner != _NOBODY).cpu().numpy(), merged

    def save(self, path: Path) -> None:
        """Write this process's values to an .npz file, atomically."""
        arrays = {name: column.cpu().numpy() for name, column in self._columns.items()}
        if self._seen is not None:
            arrays["__seen__"] = self._seen.cpu().numpy()
        with atomic_path(path) as temporary, temporary.open("wb") as file:
            np.savez(file, allow_pickle=False, **arrays)

    def load(self, path: Path, device: torch.device) -> None:
        """Read what :meth:`save` wrote, replacing what is here."""
        self.clear()
        with np.load(path, allow_pickle=False) as stored:
            for name in stored.files:
                value = torch.from_numpy(stored[name]).to(device)
                if name == "__seen__":
                    self._seen = value
                else:
                    self._columns[name] = value
