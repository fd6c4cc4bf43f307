"""Rows, features, signals and weights: read once a process, and shared by every run of a suite."""

from __future__ import annotations

import dataclasses
import json
from collections import OrderedDict
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from tasks.base import DataSource, FeatureOptions, Rows, Task
from tasks.models import read_weights

if TYPE_CHECKING:
    from datasets import Dataset
    from torch import Tensor
    from transformers import PreTrainedTokenizerBase

__all__ = ["DataCache"]

T = TypeVar("T")
_KEPT = 16


class DataCache:
    """Keeps the last few splits and their features in memory; features are also cached on disk by content."""

    def __init__(self) -> None:
        self._kept: OrderedDict[str, Any] = OrderedDict()
        self._weights: tuple[Any, Mapping[str, Tensor]] | None = None

    def rows(self, task: Task, source: DataSource) -> Rows:
        """Return the rows of one split; read again only where a file of theirs is another one than before."""
        key = ["rows", task.name, dataclasses.asdict(source), _files(Path(source.name).expanduser())]
        return self._once(key, lambda: task.load(source))

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

    def read_folder(self, folder: Path, read: Callable[[Path], T]) -> T:
        """Return what ``read`` makes of a folder; read again only where a file in it is another one than before.

        Whoever gets it changes nothing in it.
        """
        return self._once(["folder", read.__qualname__, str(folder), _files(folder)], lambda: read(folder))

    def weights(self, model: str) -> Mapping[str, Tensor]:
        """Return the weights in a model's folder, read at most once while no other model is asked for.

        Nobody changes them: models copy from them.
        """
        stamp = (model, _files(Path(model)))
        if self._weights is None or self._weights[0] != stamp:
            # One at a time: they may be large.
            self._weights = None
            self._weights = (stamp, read_weights(model))
        return self._weights[1]

    def _once(self, key: list[Any], make: Callable[[], T]) -> T:
        name = json.dumps(key, sort_keys=True)
        if name not in self._kept:
            self._kept[name] = make()
            while len(self._kept) > _KEPT:
                self._kept.popitem(last=False)
        self._kept.move_to_end(name)
        kept: T = self._kept[name]
        return kept


def _files(place: Path) -> list[tuple[str, int, int, int]]:
    """Return what tells a file, or the files of a folder, from those that lay there before."""
    try:
        paths = sorted(place.iterdir()) if place.is_dir() else [place]
        found = [(path.name, path.stat()) for path in paths if path.is_file()]
    except OSError:
        # Whoever reads it says what is wrong.
        return []
    return [(name, status.st_ino, status.st_size, status.st_mtime_ns) for name, status in found]
