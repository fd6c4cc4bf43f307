"""Classification of single texts and of pairs, natural language inference among them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
import pyarrow as pa
import torch
from numpy.typing import NDArray
from torch import Tensor

from errors import ConfigError
from tasks.base import DataSource, Evaluation, FeatureOptions, Records, Rows, Task
from tasks.classification_metrics import accuracy, macro_f1
from tasks.classification_rows import load_labelled
from tasks.feature_cache import cached_features, feature_key
from tasks.losses import class_losses
from tasks.observations import observe_classes
from tasks.predictions import refuse_missing, with_planted
from tasks.token_columns import token_columns

if TYPE_CHECKING:
    from datasets import Dataset
    from transformers import PreTrainedTokenizerBase

__all__ = ["Classification", "NaturalLanguageInference"]


class Classification(Task):
    """Rows have text, text_pair (only for pairs) and label. A feature is an example."""

    name: ClassVar[str] = "classification"
    primary_metric: ClassVar[str] = "accuracy"
    auto_model: ClassVar[str] = "AutoModelForSequenceClassification"
    default_max_length: ClassVar[int] = 256
    pairs_only: ClassVar[bool] = False

    def load(self, source: DataSource) -> Rows:
        """Read one split and check it; :func:`tasks.classification_rows.load_labelled` says what is recognised."""
        return load_labelled(source, self.pairs_only)

    def model_config(self, rows: Rows) -> dict[str, Any]:
        """Return number and names of the labels."""
        return {
            "num_labels": len(rows.label_names),
            "id2label": dict(enumerate(rows.label_names)),
            "label2id": {name: number for number, name in enumerate(rows.label_names)},
            "problem_type": "single_label_classification",
        }

    def featurise(
        self, rows: Rows, tokenizer: PreTrainedTokenizerBase, options: FeatureOptions, cache_dir: Path | None = None
    ) -> Dataset:
        """Return one feature a row: input_ids, attention_mask, token_type_ids (if the tokeniser has them), row, labels.

        Texts longer than ``max_length`` are cut, the longer of a pair first.

        Raises:
            ConfigError: an ablation of single texts.
        """
        columns = _text_columns(rows, options.ablation)
        max_length = min(options.max_length, tokenizer.model_max_length)

        def make(batch: pa.Table, indices: list[int]) -> pa.Table:
            texts = [batch[name].to_pylist() for name in columns]
            encoded = tokenizer(*texts, truncation=True, max_length=max_length)
            lengths = np.fromiter(map(len, encoded["input_ids"]), dtype=np.int64)
            return pa.table({**token_columns(encoded, lengths), "row": indices, "labels": batch["label"]})

        return cached_features(rows, make, feature_key("classification", rows, tokenizer, options), cache_dir)

    @property
    def batch_columns(self) -> tuple[str, ...]:
        """The gold class."""
        return ("labels",)

    def losses(self, outputs: Any, batch: Mapping[str, Tensor], smoothing: Tensor | None) -> Tensor:
        """Return cross-entropy with label smoothing, (B,)."""
        return class_losses(outputs.logits, batch["labels"], smoothing)

    @torch.no_grad()
    def observe(self, outputs: Any, batch: Mapping[str, Tensor]) -> dict[str, Tensor]:
        """Return log_p of the gold class, margin, el2n, loss, predicted, each (B,), and probabilities (B, K)."""
        return observe_classes(outputs.logits, batch["labels"])

    def examples(self, records: Records, features: Dataset, rows: Rows) -> dict[str, NDArray[Any]]:
        """Return gold_prob, margin, el2n, loss and correct of each example, each (num_examples,)."""
        feature = _feature_of_row(records, features, rows)
        observed = feature >= 0
        values = {name: records[name] for name in ("margin", "el2n", "loss")}
        values["gold_prob"] = np.exp(records["log_p"].astype(np.float64))
        chosen = {name: np.where(observed, value[feature], np.nan) for name, value in values.items()}
        return {**chosen, "correct": observed & (records["predicted"][feature] == rows.table["label"][:])}

    def evaluate(self, records: Records, features: Dataset, rows: Rows) -> Evaluation:
        """Score the predicted classes. Metrics: accuracy and macro_f1 in percent, loss.

        Each prediction has id, prediction and gold (label names), correct (0 or 1), confidence (probability of the
        predicted class) and probabilities (label name to probability).

        Raises:
            DataError: a row has no prediction.
        """
        feature = _feature_of_row(records, features, rows)
        refuse_missing(feature >= 0, rows)
        gold = np.asarray(rows.table["label"][:], dtype=np.int64)
        predicted = records["predicted"][feature].astype(np.int64)
        metrics = {
            "accuracy": accuracy(gold, predicted),
            "macro_f1": macro_f1(gold, predicted),
            "loss": float(np.mean(records["loss"][feature].astype(np.float64))),
        }
        predictions = _predictions(rows, gold, predicted, records["probabilities"][feature])
        return Evaluation(metrics, with_planted(predictions, rows))

    def texts(self, rows: Rows, indices: Sequence[int]) -> list[str]:
        """Return the text or texts and the label of each example."""
        return [_readable(rows.table[int(index)], rows.label_names) for index in indices]


class NaturalLanguageInference(Classification):
    """Classification of pairs: a premise (``text``) and a hypothesis (``text_pair``)."""

    name: ClassVar[str] = "nli"
    pairs_only: ClassVar[bool] = True


def _text_columns(rows: Rows, ablation: str) -> list[str]:
    pairs = "text_pair" in rows.table.column_names
    if ablation == "none":
        return ["text", "text_pair"] if pairs else ["text"]
    if not pairs:
        raise ConfigError(
            f"ablation {ablation!r} leaves one text of a pair, but {rows.source.name} has single texts; use none"
        )
    return ["text_pair"] if ablation == "q_only" else ["text"]


def _feature_of_row(records: Records, features: Dataset, rows: Rows) -> NDArray[np.int64]:
    """Return the feature observed for each row, -1 where there is none."""
    observed = np.flatnonzero(~np.isnan(records["log_p"]))
    feature = np.full(len(rows), -1, dtype=np.int64)
    feature[np.asarray(features.with_format("numpy")["row"][:])[observed]] = observed
    return feature


def _predictions(
    rows: Rows, gold: NDArray[np.int64], predicted: NDArray[np.int64], probabilities: NDArray[np.float32]
) -> list[dict[str, Any]]:
    names = rows.label_names
    return [
        {
            "id": str(name),
            "prediction": names[guess],
            "gold": names[label],
            "correct": int(guess == label),
            "confidence": float(row[guess]),
            "probabilities": dict(zip(names, map(float, row), strict=True)),
        }
        for name, label, guess, row in zip(rows.ids, gold, predicted, probabilities, strict=True)
    ]


def _readable(row: Mapping[str, Any], label_names: tuple[str, ...]) -> str:
    pair = f"\nSecond text: {row['text_pair']}" if "text_pair" in row else ""
    return f"Text: {row['text']}{pair}\nLabel: {label_names[row['label']]}"
