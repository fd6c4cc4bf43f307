"""Features on disk, made once for the same content, whichever run or process asks first."""

from __future__ import annotations

import hashlib
import json
import logging
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from atomic_files import atomic_path

if TYPE_CHECKING:
    import pyarrow as pa
    from datasets import Dataset
    from transformers import PreTrainedTokenizerBase

    from tasks.base import FeatureOptions, Rows

__all__ = ["cached_features", "feature_key"]

_VERSION = 1
"""Raise it when features of the same rows change."""

_BATCH = 1000

_log = logging.getLogger(__name__)

BatchFunction = Callable[["pa.Table", list[int]], "pa.Table"]
"""Rows of a batch and their positions to features; a row may give several."""


def feature_key(task: str, rows: Rows, tokenizer: PreTrainedTokenizerBase, options: FeatureOptions) -> str:
    """Return the sha256 of all that decides the features: rows, tokeniser, options and this code's version."""
    backend = json.loads(tokenizer.backend_tokenizer.to_str())
    # The last call leaves these two behind; they are part of the options instead.
    del backend["truncation"], backend["padding"]
    inputs = [tokenizer.model_input_names, tokenizer.model_max_length]
    parts = [_VERSION, task, rows.fingerprint, asdict(options), backend, inputs]
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()


def cached_features(rows: Rows, make: BatchFunction, key: str, cache_dir: Path | None) -> Dataset:
    """Return the features of ``rows``: from ``cache_dir`` if they are there, else made and, with a folder, kept there.

    Args:
        rows: the examples.
        make: turns a batch of them into features.
        key: content key, the name of the file.
        cache_dir: folder of cached features; None keeps them in memory.

    Raises:
        ResourceError: the folder cannot be written or the disk is full.
    """
    from datasets import Dataset

    if cache_dir is None:
        return _map(rows, make, key, keep_in_memory=True)
    path = cache_dir / f"features_{key[:32]}.arrow"
    if not path.exists():
        # Two processes that start together both do the work; each renames a whole file, and their content is equal.
        with atomic_path(path) as temporary:
            _map(rows, make, key, cache_file_name=str(temporary), load_from_cache_file=False)
    return Dataset.from_file(str(path))


def _map(rows: Rows, make: BatchFunction, key: str, **where: Any) -> Dataset:
    started = time.perf_counter()
    with _no_progress_bar():
        features = rows.table.with_format("arrow").map(
            make,
            with_indices=True,
            batched=True,
            batch_size=_BATCH,
            remove_columns=rows.table.column_names,
            new_fingerprint=key[:32],
            **where,
        )
    _log.info("tokenised %d rows into %d features in %.1f s", len(rows), len(features), time.perf_counter() - started)
    return features.with_format(None)


@contextmanager
def _no_progress_bar() -> Iterator[None]:
    """Silence the library's bar, which would break into the runner's own."""
    from datasets.utils import are_progress_bars_disabled, disable_progress_bars, enable_progress_bars

    if are_progress_bars_disabled():
        yield
        return
    disable_progress_bars()
    try:
        yield
    finally:
        enable_progress_bars()
