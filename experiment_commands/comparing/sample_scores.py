"""Which scores of single examples a metric is the mean of: only those can say how sure a difference is."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from tracking.folders.samples import Sample, read_samples
from tracking.reading.local_backend import LocalBackend
from tracking.reading.records import ExperimentRecord

__all__ = ["SampleScores", "metric_matches", "scores_of_metric", "scores_per_evaluation"]

_PREDICTIONS = "trainer_output/eval_predictions*.jsonl"
"""What runs leave that were made before evaluations were written down as such."""
_OTHER_NAMES = {"accuracy": ("correct", "acc"), "acc": ("correct", "accuracy"), "exact_match": ("em", "correct")}
_SEPARATORS = "_/."


class SampleScores(NamedTuple):
    """One score for each example of an evaluation."""

    scores: Mapping[str, float]
    """By the example's id; an id that comes again has its count behind it."""
    scale: float
    """What the mean of the scores is multiplied by to give the metric: 1 or 100."""


def scores_per_evaluation(backend: LocalBackend, record: ExperimentRecord, metric: str) -> dict[str, SampleScores]:
    """Return the evaluations, by name, whose scores average to an experiment's value of a metric.

    Args:
        backend: the store.
        record: the experiment.
        metric: a name that it has a value of, as :func:`experiment_commands.comparing.metrics.metrics_of` names it.
    """
    found = {}
    for name, samples, values in _evaluations(backend, record, metric):
        for value in values:
            scores = scores_of_metric(samples, metric, value)
            if scores is not None:
                found[name] = scores
    return found


def _evaluations(
    backend: LocalBackend, record: ExperimentRecord, metric: str
) -> Iterator[tuple[str, Sequence[Sample], list[float]]]:
    """Yield name, samples and values of the metric of each evaluation that may be behind it."""
    value = record.metrics.get(metric)
    results = backend.get_evaluation_results(record.id)
    for evaluation, samples in ((result.evaluation, result.samples) for result in results):
        own = [number for name, number in evaluation.metrics.items() if metric_matches(metric, name)]
        if metric.startswith(f"{evaluation.benchmark}/") or value is None:
            yield evaluation.benchmark, samples, own
        elif value in own or not own:
            yield evaluation.benchmark, samples, [value]
    if not results and value is not None:
        for path in sorted(record.folder.glob(_PREDICTIONS)):
            yield _benchmark(path), read_samples(path), [value]


def _benchmark(path: Path) -> str:
    return path.stem.removeprefix("eval_predictions").strip("_") or "validation"


def metric_matches(metric: str, name: str) -> bool:
    """Return whether ``name`` is the metric or its end: ``f1`` is, of ``eval_f1`` and of ``squad/f1``."""
    return metric == name or (metric.endswith(name) and metric[-len(name) - 1] in _SEPARATORS)


def scores_of_metric(samples: Sequence[Sample], metric: str, value: float) -> SampleScores | None:
    """Return the scores of the examples whose mean is the metric's value, or None where there are none.

    A mean that is not the value shows that the metric is no average over examples, such as a macro F1, or that the
    number is another one: a QA model's ``score`` is no F1.
    """
    for field in _fields(samples, metric):
        numbers = [_number(sample.content.get(field)) for sample in samples]
        scores = [number for number in numbers if number is not None]
        if len(scores) < len(samples):
            continue
        mean = math.fsum(scores) / len(scores)
        for scale in (1.0, 100.0):
            if math.isclose(mean * scale, value, rel_tol=1e-9, abs_tol=_rounding(value)):
                return SampleScores(dict(zip(_unique_ids(samples), scores, strict=True)), scale)
    return None


def _fields(samples: Sequence[Sample], metric: str) -> list[str]:
    """Return the fields that may hold the metric's scores, the likeliest first."""
    if not samples:
        return []
    names = [str(name) for name in samples[0].content if metric_matches(metric, str(name))]
    others = [other for name, others in _OTHER_NAMES.items() if metric_matches(metric, name) for other in others]
    return [*sorted(names, key=len, reverse=True), *others, "score"]


def _number(value: Any) -> float | None:
    return float(value) if isinstance(value, bool | int | float) and math.isfinite(value) else None


def _rounding(value: float) -> float:
    """Return how far the value may be from the mean because it was rounded when it was written down."""
    text = repr(float(value))
    decimals = len(text.partition(".")[2]) if "e" not in text else 12
    return 0.5000001 * 10.0**-decimals if decimals < 12 else 0.0


def _unique_ids(samples: Sequence[Sample]) -> Iterator[str]:
    seen: Counter[str] = Counter()
    for sample in samples:
        seen[sample.sample_id] += 1
        count = seen[sample.sample_id]
        yield sample.sample_id if count == 1 else f"{sample.sample_id}\n{count}"
