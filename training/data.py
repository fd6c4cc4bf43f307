"""Rows and features, loaded and tokenised once a process and shared by every run of a suite."""

from __future__ import annotations

import dataclasses
import json
from collections import OrderedDict
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from tasks.base import DataSource, FeatureOptions, Rows, Task

if TYPE_CHECKING:
    from datasets import Dataset
    from transformers import PreTrainedTokenizerBase

__all__ = ["DataCache"]

T = TypeVar("T")
_KEPT = 8


class DataCache:
    """Keeps the last few splits and their features in memory; features are also cached on disk by content."""

    def __init__(self) -> None:
        self._kept: OrderedDict[str, Any] = OrderedDict()

    def rows(self, task: Task, source: DataSource) -> Rows:
        """Return the rows of one split, read at most once."""
        return self._once(["rows", task.name, dataclasses.asdict(source)], lambda: task.load(source))

    def features(
        self,
        task: Task,
        rows: Rows,
        tokenizer: PreTrainedTokenizerBase,
        options: FeatureOptions,
        cache_dir: Path | None = None,
    ) -> Dataset:
        """Return the features of ``rows``, tokenised at most once."""
        key = ["features", task.name, rows.fingerprint, tokenizer.name_or_path, dataclasses.asdict(options)]
        return self._once(key, lambda: task.featurise(rows, tokenizer, options, cache_dir))

    def _once(self, key: list[Any], make: Callable[[], T]) -> T:
        name = json.dumps(key, sort_keys=True)
        if name not in self._kept:
            self._kept[name] = make()
            while len(self._kept) > _KEPT:
                self._kept.popitem(last=False)
        self._kept.move_to_end(name)
        kept: T = self._kept[name]
        return kept
