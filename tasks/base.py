"""The interface of a task: load rows, turn them into features, score logits, evaluate."""

from __future__ import annotations

import functools
import hashlib
import json
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from datasets import Dataset
    from torch import Tensor
    from transformers import PreTrainedTokenizerBase

__all__ = ["DataSource", "Evaluation", "FeatureOptions", "Records", "Rows", "Task"]

_BLOCK = 4096

Records = Mapping[str, NDArray[Any]]
"""Name to (num_features,) values observed on each feature, as :meth:`Task.observe` returned them."""


@dataclass(frozen=True)
class DataSource:
    """Where rows come from: what ``--dataset`` says, and how to read it."""

    name: str
    """``demo``, ``demo-nli``, a hub name, ``name:subset``, a file, or a folder with one file a split."""
    split: str = "train"
    columns: Mapping[str, str] = field(default_factory=dict)
    """Canonical column to the file's column name, or its position in a header-less file."""
    max_samples: int | None = None
    """Read at most this many rows: a random sample with a fixed seed, in file order."""
    label_names: tuple[str, ...] = ()
    """Classes in the order of their numbers, as training defined them; empty: take them from the data."""


@dataclass(frozen=True)
class Rows:
    """Examples of one split. ``table`` has a string ``id``, an integer ``row``, and the task's own columns."""

    table: Dataset
    source: DataSource
    label_names: tuple[str, ...] = ()

    def __len__(self) -> int:
        return len(self.table)

    @functools.cached_property
    def ids(self) -> NDArray[np.str_]:
        """(num_examples,) stable ids: the dataset's, else a content hash."""
        return np.asarray(self.table["id"], dtype=np.str_)

    @functools.cached_property
    def labels(self) -> NDArray[Any] | None:
        """(num_examples,) class index, or None where the task has no classes."""
        return np.asarray(self.table["label"]) if "label" in self.table.column_names else None

    @functools.cached_property
    def fingerprint(self) -> str:
        """sha256 over the content of every row, in order: the same data gives the same fingerprint anywhere.

        Columns are hashed in blocks of a fixed number of rows, so neither column order nor the table's chunks matter.
        """
        digest = hashlib.sha256(json.dumps(list(self.label_names)).encode())
        table = self.table.with_format("arrow")
        for start in range(0, len(self.table), _BLOCK):
            block = table[start : start + _BLOCK]
            for name in sorted(block.column_names):
                values = json.dumps([name, block[name].to_pylist()], sort_keys=True, ensure_ascii=False, default=str)
                digest.update(values.encode())
        return digest.hexdigest()


@dataclass(frozen=True)
class FeatureOptions:
    """How rows become model inputs."""

    max_length: int
    """Longest input in tokens; longer question-answering contexts are cut into windows."""
    doc_stride: int = 128
    """Tokens that two neighbouring windows share (question answering)."""
    ablation: str = "none"
    """``none``, ``q_only`` (question or hypothesis alone) or ``p_only`` (passage or premise alone)."""


@dataclass(frozen=True)
class Evaluation:
    """Metrics of a data set, and one row per example with its own scores."""

    metrics: dict[str, float]
    predictions: list[dict[str, Any]]


class Task(ABC):
    """What differs between question answering and classification. Shapes: B features in a batch, L tokens, K classes.

    A feature is what the model sees (a window in question answering); an example is a row of the data set.
    Every feature carries ``row``, the position of its example in :class:`Rows`.
    """

    name: ClassVar[str]
    primary_metric: ClassVar[str]
    """The metric that decides, without prefix: ``f1``, ``accuracy``."""
    auto_model: ClassVar[str]
    """Name of the transformers auto class that loads a model for this task."""
    default_max_length: ClassVar[int]

    @abstractmethod
    def load(self, source: DataSource) -> Rows:
        """Read and check one split. Raises DataError naming file, row and remedy."""

    @abstractmethod
    def model_config(self, rows: Rows) -> dict[str, Any]:
        """Return the keyword arguments for the model's config (number of labels, label names)."""

    @abstractmethod
    def featurise(
        self, rows: Rows, tokenizer: PreTrainedTokenizerBase, options: FeatureOptions, cache_dir: Path | None = None
    ) -> Dataset:
        """Return features: model inputs, targets, ``row``, and what :meth:`observe` and :meth:`evaluate` need."""

    @property
    @abstractmethod
    def batch_columns(self) -> tuple[str, ...]:
        """Feature columns beside the model inputs that :meth:`losses` and :meth:`observe` need in a batch."""

    @abstractmethod
    def losses(self, outputs: Any, batch: Mapping[str, Tensor], smoothing: Tensor | None) -> Tensor:
        """Return the loss of each feature, (B,), from the model's outputs.

        Args:
            outputs: the model's output (``logits``, or ``start_logits`` and ``end_logits``).
            batch: padded tensors, the columns named by :attr:`batch_columns` among them.
            smoothing: (B,) label-smoothing mass, or None for hard labels.
        """

    @abstractmethod
    def observe(self, outputs: Any, batch: Mapping[str, Tensor]) -> dict[str, Tensor]:
        """Return what is worth keeping of each feature, each (B,) or (B, K), vectorised, without gradient."""

    @abstractmethod
    def examples(self, records: Records, features: Dataset, rows: Rows) -> dict[str, NDArray[Any]]:
        """Join records of features into one value an example.

        Returns:
            ``gold_prob``, ``margin``, ``el2n``, ``loss`` (float) and ``correct`` (bool), each (num_examples,).
            Examples none of whose features were observed (gold_prob NaN in every record) are NaN.
        """

    @abstractmethod
    def evaluate(self, records: Records, features: Dataset, rows: Rows) -> Evaluation:
        """Decode predictions and score them.

        Raises:
            DataError: an example has no prediction.
        """

    @abstractmethod
    def texts(self, rows: Rows, indices: Sequence[int]) -> list[str]:
        """Return a readable text of each example (its inputs and its gold answer or label), for reports."""
