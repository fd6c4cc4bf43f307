"""Results of benchmarks, in whatever form they come: metrics, and results per sample."""

from __future__ import annotations

import hashlib
import math
import re
from collections.abc import Iterable, Mapping
from typing import Any

from errors import ConfigError
from tracking.folders.contents import flatten
from tracking.folders.folder import EVALUATIONS
from tracking.recording.plain import fields_of, plain

__all__ = ["read_result", "samples_file"]

_SAMPLES = ("samples", "per_sample_results", "per_sample", "examples")
_UNSAFE = re.compile(r"[^\w.+=-]+")


def read_result(benchmark: str, result: Any) -> tuple[dict[str, float], list[dict[str, Any]]]:
    """Return the metrics and the samples of a benchmark's result.

    Args:
        benchmark: for messages.
        result: ``{"metrics": {...}, "samples": [...]}``, ``{"accuracy": 81.2, "samples": [...]}``, or an object with
            such attributes. Metrics may be nested; what is no finite number is left out. Samples are optional.

    Raises:
        ConfigError: there is neither a metric nor a sample in it.
    """
    values = _values(result)
    samples = next((_samples(benchmark, values[name]) for name in _SAMPLES if values.get(name) is not None), [])
    named = values.get("metrics")
    source = plain(named if named is not None else {name: values[name] for name in values if name not in _SAMPLES})
    metrics = {name: float(value) for name, value in flatten(source) if _is_number(value)}
    if not metrics and not samples:
        raise ConfigError(
            f"evaluation {benchmark}: no metric found in {result!r:.80}; "
            'expected something like {"accuracy": 81.2} or {"metrics": {...}, "samples": [...]}'
        )
    return metrics, samples


def samples_file(benchmark: str) -> str:
    """Return where a benchmark's samples go, relative to the experiment's folder; no name leads out of it.

    Raises:
        ConfigError: the name is empty.
    """
    safe = _UNSAFE.sub("_", benchmark).strip(".")[:150]
    if not benchmark.strip() or not safe:
        raise ConfigError(f"evaluation: {benchmark!r} names no benchmark")
    if safe != benchmark:
        # Two names that differ only in what a file cannot be called get two files.
        safe += "-" + hashlib.sha256(benchmark.encode()).hexdigest()[:8]
    return f"{EVALUATIONS}/{safe}.jsonl"


def _values(result: Any) -> Mapping[Any, Any]:
    if not isinstance(result, Mapping) and hasattr(result, "metrics"):
        return {name: getattr(result, name, None) for name in ("metrics", *_SAMPLES)}
    return fields_of(result) or {}


def _samples(benchmark: str, samples: Any) -> list[dict[str, Any]]:
    if hasattr(samples, "to_dict") and hasattr(samples, "columns"):
        samples = samples.to_dict("records")
    if isinstance(samples, Mapping):
        samples = _by_id(samples)
    if samples is None or not isinstance(samples, Iterable):
        raise ConfigError(
            f"evaluation {benchmark}: samples must be a list of mappings, or a mapping of ids to mappings"
        )
    rows = [plain(sample) for sample in samples]
    return [row if isinstance(row, dict) else {"score": row} for row in rows]


def _by_id(samples: Mapping[Any, Any]) -> list[dict[Any, Any]] | None:
    """Return the samples of ids mapped to results; None where it is something else, such as a frame's columns."""
    if not all(isinstance(row, Mapping) and all(isinstance(name, str) for name in row) for row in samples.values()):
        return None
    return [{"id": sample_id, **row} for sample_id, row in samples.items()]


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and math.isfinite(value)
