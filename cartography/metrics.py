"""Per-example metrics of training dynamics and the categories drawn from them.

Definitions: confidence, variability, correctness, forgetting ("forgetfulness") and threshold closeness as in
Swayamdipta et al., Dataset Cartography (EMNLP 2020) and their code; AUM as in Pleiss et al. (NeurIPS 2020);
EL2N as in Paul et al. (NeurIPS 2021), averaged over epochs.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cartography.dynamics import Dynamics
from errors import ConfigError, SignalError

__all__ = [
    "CATEGORIES",
    "NEVER_LEARNED",
    "MetricsAccumulator",
    "Thresholds",
    "ambiguity",
    "categorise",
    "category_codes",
    "compute_metrics",
]

CATEGORIES = ("easy", "ambiguous", "hard")
NEVER_LEARNED = 1000
"""Forgetting events given to an example that no epoch got right, as in the reference code."""
_CHUNK = 1 << 15
"""Examples handled at once: small enough that the temporaries stay in the processor's cache."""


@dataclass(frozen=True)
class Thresholds:
    """Where the categories part. None stands for the median over all examples."""

    confidence: float | None = None
    variability: float | None = None

    def __post_init__(self) -> None:
        for name, value, top in (("confidence", self.confidence, 1.0), ("variability", self.variability, 0.5)):
            if value is not None and not 0 <= value <= top:
                raise ConfigError(f"Thresholds.{name}: must lie between 0 and {top:g}, got {value!r}")


class MetricsAccumulator:
    """Takes epochs one at a time, so only one of them need be in memory. N examples, about 50 bytes each."""

    def __init__(self, num_examples: int) -> None:
        self._count = np.zeros(num_examples, dtype=np.int16)
        self._mean = np.zeros(num_examples)
        self._squares = np.zeros(num_examples)
        self._sums = {name: np.zeros(num_examples) for name in ("margin", "el2n", "loss")}
        self._correct = np.zeros(num_examples, dtype=np.int16)
        self._forgotten = np.zeros(num_examples, dtype=np.int16)
        self._was_correct = np.zeros(num_examples, dtype=np.bool_)

    def add(self, epoch: Mapping[str, NDArray[Any]]) -> None:
        """Add the next epoch: gold_prob, margin, el2n, loss and correct, each (N,).

        An example whose ``gold_prob`` is NaN was not observed in this epoch, which then does not count for it.
        """
        for start in range(0, len(self._mean), _CHUNK):
            part = slice(start, start + _CHUNK)
            self._add_part(part, {name: epoch[name][part] for name in ("gold_prob", "correct", *self._sums)})

    def _add_part(self, part: slice, epoch: Mapping[str, NDArray[Any]]) -> None:
        gold = epoch["gold_prob"].astype(np.float64)
        seen = ~np.isnan(gold)
        everywhere = bool(seen.all())
        count = self._count[part]
        count += seen
        # Welford's update: exact where the naive sum of squares loses digits for near-constant probabilities.
        step = gold - self._mean[part]
        scaled = step / np.maximum(count, 1)
        if not everywhere:
            step[~seen] = scaled[~seen] = 0.0
        self._mean[part] += scaled
        self._squares[part] += step * (step - scaled)
        for name, total in self._sums.items():
            values = epoch[name]
            total[part] += values if everywhere else np.where(seen, values, 0.0)
        right = epoch["correct"] & seen
        self._correct[part] += right
        before = self._was_correct[part]
        self._forgotten[part] += before & ~right & seen
        self._was_correct[part] = right | (before & ~seen)

    def finish(self) -> dict[str, NDArray[Any]]:
        """Return the metrics, each (N,); examples never observed are NaN (``observed`` is 0 for them).

        The accumulator is used up: its arrays become the result's.
        """
        closeness = np.empty_like(self._mean)
        for start in range(0, len(self._mean), _CHUNK):
            part = slice(start, start + _CHUNK)
            count = np.where(self._count[part] == 0, np.nan, self._count[part])
            self._squares[part] = np.sqrt(self._squares[part] / count)
            for total in self._sums.values():
                total[part] /= count
            mean = self._mean[part]
            mean[np.isnan(count)] = np.nan
            closeness[part] = mean * (1.0 - mean)
        self._forgotten[self._correct == 0] = NEVER_LEARNED
        return {
            "confidence": self._mean,
            "variability": self._squares,
            "correctness": self._correct,
            "forgetting": self._forgotten,
            "threshold_closeness": closeness,
            "aum": self._sums["margin"],
            "el2n": self._sums["el2n"],
            "loss": self._sums["loss"],
            "observed": self._count,
        }


def compute_metrics(dynamics: Dynamics, burn_in: int = 0) -> dict[str, NDArray[Any]]:
    """Return the metrics of each example over its observed epochs, after leaving out the first ``burn_in``.

    Returns:
        Name to (N,): confidence (mean gold probability), variability (its population standard deviation),
        correctness (number of epochs with a right prediction), forgetting (falls from right to wrong; 1000 where
        never right), threshold_closeness (confidence * (1 - confidence)), aum (mean margin), el2n (mean), loss (mean),
        and observed (number of epochs that counted).

    Raises:
        SignalError: ``burn_in`` leaves no epoch.
    """
    kept = kept_epochs(dynamics.epochs, burn_in)
    accumulator = MetricsAccumulator(dynamics.gold_prob.shape[1])
    for place in range(len(dynamics.epochs) - len(kept), len(dynamics.epochs)):
        names = ("gold_prob", "margin", "el2n", "loss", "correct")
        accumulator.add({name: getattr(dynamics, name)[place] for name in names})
    return accumulator.finish()


def kept_epochs(epochs: tuple[int, ...], burn_in: int) -> tuple[int, ...]:
    """Return the epochs that count.

    Raises:
        ConfigError: ``burn_in`` is negative.
        SignalError: none is left.
    """
    if burn_in < 0:
        raise ConfigError(f"burn_in: must be 0 or more, got {burn_in}")
    if burn_in >= len(epochs):
        raise SignalError(
            f"burn_in {burn_in} leaves none of the {len(epochs)} recorded epochs; lower it or train for more epochs"
        )
    return epochs[burn_in:]


def resolve_thresholds(
    confidence: NDArray[np.float64], variability: NDArray[np.float64], thresholds: Thresholds | None = None
) -> tuple[float, float]:
    """Return the thresholds of confidence and variability: the given ones, else the medians."""
    given = thresholds or Thresholds()
    return (
        float(np.median(confidence)) if given.confidence is None else given.confidence,
        float(np.median(variability)) if given.variability is None else given.variability,
    )


def category_codes(
    confidence: NDArray[np.float64], variability: NDArray[np.float64], thresholds: Thresholds | None = None
) -> NDArray[np.int8]:
    """Return (N,) positions in :data:`CATEGORIES`.

    Easy: confidence at or above its threshold. Below it, ambiguous if variability is above its threshold, else hard.
    """
    min_confidence, max_calm = resolve_thresholds(confidence, variability, thresholds)
    codes = np.where(variability > max_calm, np.int8(1), np.int8(2))
    codes[confidence >= min_confidence] = 0
    return codes


def categorise(
    confidence: NDArray[np.float64], variability: NDArray[np.float64], thresholds: Thresholds | None = None
) -> NDArray[np.str_]:
    """Return (N,) names: easy, ambiguous or hard. See :func:`category_codes`."""
    return np.asarray(CATEGORIES)[category_codes(confidence, variability, thresholds)]


def ambiguity(confidence: NDArray[np.float64], variability: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return (N,) scores that order examples inside the ambiguous region: ``(1 - confidence) + variability``."""
    return (1.0 - confidence) + variability
