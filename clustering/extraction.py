"""Embed the rows of a data set with any encoder."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import pyarrow as pa
import torch
from numpy.typing import NDArray
from torch import Tensor

from clustering.embedding_files import Embeddings, load_embeddings, vectors_file, write_examples, write_provenance
from clustering.options import ClusteringOptions, content_key
from clustering.pooling import cls_and_answer, masked_mean
from errors import DataError, SignalError
from tasks.base import FeatureOptions, Rows, Task

if TYPE_CHECKING:
    from datasets import Dataset
    from transformers import PreTrainedModel, PreTrainedTokenizerBase

__all__ = ["choose_windows", "extract_embeddings"]

_FORMAT = 1
_CALM = 0.2
_TEXTS = ("question", "context", "text", "text_pair")
_WEIGHTS = ("*.safetensors", "*.bin", "config.json", "tokenizer.json")


class _Encoder(NamedTuple):
    model: PreTrainedModel
    tokenizer: PreTrainedTokenizerBase
    device: torch.device


def extract_embeddings(
    options: ClusteringOptions,
    rows: Rows,
    task: Task,
    folder: Path,
    progress: Callable[[int, int], None] | None = None,
) -> Embeddings:
    """Embed ``rows`` into ``folder``; see :func:`clustering.extract`."""
    if not len(rows):
        raise DataError(f"{rows.source.name}, split {rows.source.split!r}: no rows to embed")
    max_length = options.max_length or task.default_max_length
    facts = {
        "format": _FORMAT,
        "task": task.name,
        "model": options.model,
        "model_digest": _digest(options.model),
        "dataset": rows.source.name,
        "dataset_fingerprint": rows.fingerprint,
        "split": rows.source.split,
        "seed": options.seed if options.model == "demo" else None,
        "max_length": max_length,
        "doc_stride": options.doc_stride,
    }
    key = content_key(facts)
    finished = _finished(folder, key)
    if finished is not None:
        return finished
    encoder = _load_encoder(options)
    features = task.featurise(rows, encoder.tokenizer, FeatureOptions(max_length, options.doc_stride))
    parts = _embed(encoder, features, len(rows), options.batch_size, folder, progress)
    write_examples(folder, _describe(rows))
    created_at = time.strftime("%Y-%m-%dT%H:%M:%S%z")
    more = {"num_examples": len(rows), "parts": parts, "source": "embeddings", "created_at": created_at, "key": key}
    write_provenance(folder, {**facts, **more})
    return load_embeddings(folder)


def _finished(folder: Path, key: str) -> Embeddings | None:
    try:
        found = load_embeddings(folder)
    except SignalError:
        return None
    return found if found.provenance.get("key") == key else None


def _digest(model: str) -> str | None:
    """Return the sha256 over a local model's files: the same folder may hold other weights after another run."""
    folder = Path(model)
    if not folder.is_dir():
        return None
    digest = hashlib.sha256()
    for path in sorted(path for pattern in _WEIGHTS for path in folder.glob(pattern)):
        with path.open("rb") as handle:
            digest.update(hashlib.file_digest(handle, "sha256").digest())
    return digest.hexdigest()


def _load_encoder(options: ClusteringOptions) -> _Encoder:
    from tasks.models import DEMO, load_encoder, load_tokenizer

    tokenizer = load_tokenizer(options.model)
    # The demo model is untrained: its weights follow the seed, and nobody else's random numbers change.
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(options.seed)
        model = load_encoder(options.model)
    if options.model == DEMO:
        _calm(model)
    if model.config.is_encoder_decoder:
        model = model.get_encoder()
    device = torch.accelerator.current_accelerator() if torch.accelerator.is_available() else None
    device = device or torch.device("cpu")
    torch.nn.Module.to(model.train(False), device)
    return _Encoder(model, tokenizer, device)


def _calm(model: PreTrainedModel) -> None:
    """Shrink the layers' matrices of the untrained model, so that its vectors tell which words a text has.

    It is initialised large, to learn fast; untrained, such layers scramble what the word embeddings hold.
    """
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            if parameter.dim() > 1 and "embeddings" not in name:
                parameter.mul_(_CALM)


def choose_windows(features: Dataset, num_rows: int) -> NDArray[np.int64]:
    """Return the feature that stands for each row, (num_rows,).

    In question answering it is the window that holds the answer with the most context on its shorter side, and the
    first window of a row that has no answer. Elsewhere every row has one feature.

    Raises:
        DataError: a row has no feature.
    """
    owner = np.asarray(features["row"], dtype=np.int64)
    margin = np.zeros(len(owner), dtype=np.int64)
    if "has_answer" in features.column_names:
        start, end, first, last = (
            np.asarray(features[name], dtype=np.int64)
            for name in ("start_positions", "end_positions", "context_first", "context_last")
        )
        held = np.asarray(features["has_answer"], dtype=np.bool_)
        margin = np.where(held, 1 + np.minimum(start - first, last - end), 0)
    order = np.lexsort((-margin, owner))
    rows, place = np.unique(owner[order], return_index=True)
    if len(rows) != num_rows:
        missing = int(np.setdiff1d(np.arange(num_rows), rows)[0])
        raise DataError(f"row {missing} has no tokens to embed; remove it or check its text")
    return order[place]


def _embed(
    encoder: _Encoder,
    features: Dataset,
    num_rows: int,
    batch_size: int,
    folder: Path,
    progress: Callable[[int, int], None] | None,
) -> list[int]:
    """Write one vector a row and return the widths of its parts."""
    windows = choose_windows(features, num_rows)
    width = encoder.model.config.hidden_size
    parts = [width, width] if "has_answer" in features.column_names else [width]
    with vectors_file(folder, (num_rows, sum(parts))) as vectors, torch.inference_mode():
        done = 0
        for rows, batch in _batches(encoder, features, windows, batch_size):
            vectors[rows] = _pool(encoder, batch).cpu().numpy()
            done += len(rows)
            if progress is not None:
                progress(done, num_rows)
    return parts


def _batches(
    encoder: _Encoder, features: Dataset, windows: NDArray[np.int64], batch_size: int
) -> Iterator[tuple[NDArray[np.int64], dict[str, Tensor]]]:
    """Yield row numbers and padded inputs of similar length, the longest first: memory runs out early if ever."""
    lengths = features.with_format("arrow")[:]["input_ids"].combine_chunks().value_lengths().to_numpy()[windows]
    order = np.argsort(-lengths, kind="stable")
    spans = [name for name in ("start_positions", "end_positions") if name in features.column_names]
    for start in range(0, len(order), batch_size):
        rows = order[start : start + batch_size]
        chosen = features[windows[rows].tolist()]
        inputs = {name: chosen[name] for name in encoder.tokenizer.model_input_names if name in chosen}
        batch: dict[str, Tensor] = dict(encoder.tokenizer.pad(inputs, padding=True, return_tensors="pt"))
        batch |= {name: torch.as_tensor(chosen[name]) for name in spans}
        yield rows, {name: tensor.to(encoder.device) for name, tensor in batch.items()}


def _pool(encoder: _Encoder, batch: dict[str, Tensor]) -> Tensor:
    start, end = batch.pop("start_positions", None), batch.pop("end_positions", None)
    outputs: Any = encoder.model(**batch)
    hidden: Tensor = outputs.last_hidden_state.float()
    if start is None or end is None:
        return masked_mean(hidden, batch["attention_mask"])
    cls = _cls_position(batch["input_ids"], encoder.tokenizer)
    unanswered = end == 0
    return cls_and_answer(hidden, cls, torch.where(unanswered, cls, start), torch.where(unanswered, cls, end))


def _cls_position(input_ids: Tensor, tokenizer: PreTrainedTokenizerBase) -> Tensor:
    """Return (B,) where [CLS] stands; the first token where the tokeniser has none."""
    if tokenizer.cls_token_id is None:
        return torch.zeros(len(input_ids), dtype=torch.int64, device=input_ids.device)
    stands: Tensor = (input_ids == tokenizer.cls_token_id).int()
    return stands.argmax(dim=1)


def _describe(rows: Rows) -> pa.Table:
    """Return id, text, and where there are any label (by name) and planted, for terms and class mixes."""
    names = rows.table.column_names
    texts = zip(*(rows.table[name][:] for name in _TEXTS if name in names), strict=True)
    columns: dict[str, Any] = {
        "id": rows.ids.tolist(),
        "text": ["\n".join(part or "" for part in row) for row in texts],
    }
    if rows.labels is not None:
        columns["label"] = [rows.label_names[label] if rows.label_names else str(label) for label in rows.labels]
    if "planted" in names:
        columns["planted"] = [str(value) for value in rows.table["planted"][:]]
    return pa.table(columns)
