"""Small training dynamics for the tests of this room."""

from __future__ import annotations

import functools
import shutil
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cartography import DataMap, Dynamics, build_data_map, write_epoch

PROVENANCE = {
    "task": "qa",
    "model": "demo",
    "dataset": "demo",
    "dataset_fingerprint": "f" * 64,
    "split": "train",
    "seeds": [42],
    "source": "train",
}


def dynamics_of(gold_prob: Any, correct: Any = None, margin: Any = None) -> Dynamics:
    """Dynamics with the given (E, N) gold probabilities; the rest follows from them unless given."""
    gold = np.asarray(gold_prob, dtype=np.float32)
    right = gold > 0.5 if correct is None else np.asarray(correct, dtype=np.bool_)
    margins = (gold - 0.5) * 4 if margin is None else np.asarray(margin, dtype=np.float32)
    rows = np.arange(gold.shape[1])
    return Dynamics(
        ids=np.char.add("q", rows.astype(str)),
        rows=rows,
        epochs=tuple(range(len(gold))),
        gold_prob=gold,
        margin=margins,
        el2n=1 - gold,
        loss=1 - gold,
        correct=right,
    )


def write_dynamics(folder: Path, dynamics: Dynamics) -> None:
    """Write all epochs."""
    for place, epoch in enumerate(dynamics.epochs):
        write_epoch(folder, epoch, epoch_columns(dynamics, place))


def epoch_columns(dynamics: Dynamics, place: int) -> dict[str, NDArray[Any]]:
    """The columns of one epoch, as the trainer hands them over."""
    names = ("gold_prob", "margin", "el2n", "loss", "correct")
    return {"id": dynamics.ids, "row": dynamics.rows, **{name: getattr(dynamics, name)[place] for name in names}}


def random_dynamics(num_examples: int = 40, num_epochs: int = 4, seed: int = 0) -> Dynamics:
    """Dynamics without structure."""
    return dynamics_of(np.random.default_rng(seed).random((num_epochs, num_examples)))


def random_map(folder: Path, num_examples: int = 40, num_epochs: int = 4, seed: int = 0) -> DataMap:
    """A finished map on disk; its picture is drawn once a test run, since most tests do not look at it."""
    template, made = _random_map(num_examples, num_epochs, seed)
    shutil.copytree(template.name, folder, dirs_exist_ok=True)
    return made


@functools.cache
def _random_map(num_examples: int, num_epochs: int, seed: int) -> tuple[tempfile.TemporaryDirectory[str], DataMap]:
    folder = tempfile.TemporaryDirectory()
    write_dynamics(Path(folder.name), random_dynamics(num_examples, num_epochs, seed))
    return folder, build_data_map(folder.name, {**PROVENANCE, "seeds": [seed]})
