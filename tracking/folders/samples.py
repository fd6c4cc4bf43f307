"""Results per sample of an evaluation: one JSON line each."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from atomic_files import finite, open_regular, write_text

__all__ = ["Sample", "read_samples", "write_samples"]

_IDS = ("sample_id", "id", "example_id", "question_id", "doc_id")
_SCORES = ("score", "correct", "exact_match", "em", "acc", "f1")


class Sample(NamedTuple):
    """What an evaluation says of one sample."""

    position: int
    sample_id: str
    score: float | None
    """The number that the metric averages, where the content names one."""
    content: Mapping[str, Any]


def write_samples(path: Path, samples: Iterable[Mapping[str, Any]]) -> int:
    """Write samples to ``path``, whole or not at all; return how many there are.

    Raises:
        ResourceError: the file cannot be written.
    """
    lines = [json.dumps(finite(dict(sample)), ensure_ascii=False, allow_nan=False) for sample in samples]
    write_text(path, "".join(f"{line}\n" for line in lines))
    return len(lines)


def read_samples(path: Path) -> list[Sample]:
    """Read samples; none where the file is gone, and torn lines are left out."""
    try:
        # Not splitlines: an answer may hold other line separators.
        with open_regular(path) as file:
            lines = file.read().decode("utf-8", "replace").split("\n")
    except OSError:
        return []
    samples = []
    for position, line in enumerate(lines):
        try:
            content = json.loads(line)
        except (ValueError, RecursionError):
            continue
        if isinstance(content, dict):
            samples.append(Sample(position, _sample_id(content, position), _score(content), content))
    return samples


def _sample_id(content: Mapping[str, Any], position: int) -> str:
    return next((str(content[name]) for name in _IDS if content.get(name) is not None), str(position))[:255]


def _score(content: Mapping[str, Any]) -> float | None:
    for name in _SCORES:
        value = content.get(name)
        if isinstance(value, bool | int | float) and math.isfinite(value):
            return float(value)
    return None
