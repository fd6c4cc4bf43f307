"""What a strategy decides: which rows are trained, how soft their labels are, how much their loss counts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from errors import SignalError

__all__ = ["TrainingPlan", "compose", "normalise_weights"]

Bools = NDArray[np.bool_]
Floats = NDArray[np.float32]


@dataclass(frozen=True)
class TrainingPlan:
    """A strategy's decision about every row. After it no code asks which strategy runs."""

    keep: Bools
    """(num_examples,) rows to train on."""
    smoothing: Floats
    """(num_examples,) label-smoothing mass in [0, 1) of each row."""
    weight: Floats
    """(num_examples,) loss weight, mean 1 over the kept rows."""
    report: Mapping[str, Any] = field(default_factory=dict)
    """What was decided and why: rows before, kept, dropped by reason, weight and smoothing summaries."""

    @classmethod
    def identity(cls, num_examples: int) -> TrainingPlan:
        """Return the plan that changes nothing."""
        return cls(
            keep=np.ones(num_examples, dtype=np.bool_),
            smoothing=np.zeros(num_examples, dtype=np.float32),
            weight=np.ones(num_examples, dtype=np.float32),
        )

    @classmethod
    def filtering(cls, keep: Bools, report: Mapping[str, Any] | None = None) -> TrainingPlan:
        """Return the plan that trains on the rows where ``keep`` (num_examples,) holds, and changes nothing else."""
        return replace(cls.identity(len(keep)), keep=keep, report=report or {})

    @classmethod
    def smoothed(cls, smoothing: NDArray[np.floating[Any]], report: Mapping[str, Any] | None = None) -> TrainingPlan:
        """Return the plan that keeps every row and smooths its label by ``smoothing`` (num_examples,)."""
        return replace(cls.identity(len(smoothing)), smoothing=smoothing.astype(np.float32), report=report or {})

    @classmethod
    def weighted(cls, weight: NDArray[np.floating[Any]], report: Mapping[str, Any] | None = None) -> TrainingPlan:
        """Return the plan that keeps every row and weights its loss by ``weight`` (num_examples,) scaled to mean 1."""
        identity = cls.identity(len(weight))
        return replace(identity, weight=normalise_weights(weight, identity.keep), report=report or {})


def normalise_weights(weight: NDArray[np.floating[Any]], keep: Bools) -> Floats:
    """Scale ``weight`` (num_examples,) to mean 1 over the kept rows; rows not kept get 1.

    All-equal weights come back as exactly 1.0, so that a constant score is exactly the baseline.

    Raises:
        SignalError: weights are negative, not finite, or all zero over the kept rows.
    """
    kept = np.asarray(weight, dtype=np.float64)[keep]
    if kept.size == 0:
        raise SignalError("no row is kept, so there is nothing to weight")
    if not np.isfinite(kept).all() or (kept < 0).any() or kept.max() == 0:
        raise SignalError("loss weights must be finite, non-negative and not all zero")
    scaled = np.ones(len(weight), dtype=np.float64)
    kept = kept / kept.max()
    scaled[keep] = 1.0 if (kept == 1.0).all() else kept / kept.mean()
    return scaled.astype(np.float32)


def compose(plans: Sequence[TrainingPlan], labels: NDArray[Any] | None = None) -> TrainingPlan:
    """Join plans: keep is AND, weights multiply and are renormalised over the kept rows, smoothing takes the larger.

    Args:
        plans: at least one plan, all over the same rows.
        labels: (num_examples,) class of each row, where the task has classes.

    Raises:
        SignalError: nothing is kept, or a class loses all its rows.
    """
    keep = np.logical_and.reduce([plan.keep for plan in plans])
    _check_kept(keep, labels, plans)
    weight = normalise_weights(np.prod([plan.weight.astype(np.float64) for plan in plans], axis=0), keep)
    smoothing = np.max([plan.smoothing for plan in plans], axis=0).astype(np.float32)
    report = {**summarise(keep, smoothing, weight), "strategies": [dict(plan.report) for plan in plans]}
    return TrainingPlan(keep=keep, smoothing=smoothing, weight=weight, report=report)


def _check_kept(keep: Bools, labels: NDArray[Any] | None, plans: Sequence[TrainingPlan]) -> None:
    names = " + ".join(str(plan.report.get("strategy", "?")) for plan in plans)
    if not keep.any():
        raise SignalError(
            f"{names}: keeps none of {len(keep)} rows; loosen the filter (a larger fraction, fewer excluded clusters)"
        )
    if labels is None:
        return
    lost = sorted(set(np.unique(labels).tolist()) - set(np.unique(labels[keep]).tolist()))
    if lost:
        raise SignalError(
            f"{names}: keeps {int(keep.sum())} of {len(keep)} rows but none of class {', '.join(map(str, lost))}; "
            "loosen the filter so that every class keeps some rows"
        )


def summarise(keep: Bools, smoothing: Floats, weight: Floats) -> dict[str, Any]:
    """Return counts and the weight and smoothing summaries of a plan, for results.json."""
    kept_weight = weight[keep].astype(np.float64)
    return {
        "rows_before": len(keep),
        "rows_kept": int(keep.sum()),
        "rows_dropped": int((~keep).sum()),
        "same_as_baseline": bool(keep.all() and (smoothing == 0).all() and (weight == 1).all()),
        "weight": {
            "min": float(kept_weight.min()),
            "mean": float(kept_weight.mean()),
            "max": float(kept_weight.max()),
            "effective_sample_size": float(kept_weight.sum() ** 2 / (kept_weight**2).sum()),
        },
        "smoothing": {"mean": float(smoothing[keep].mean(dtype=np.float64)), "max": float(smoothing[keep].max())},
    }
