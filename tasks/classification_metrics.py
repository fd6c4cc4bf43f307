"""Accuracy and macro F1, in percent like the metrics of question answering, so that tables read alike."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

__all__ = ["accuracy", "macro_f1"]


def accuracy(gold: NDArray[np.int64], predicted: NDArray[np.int64]) -> float:
    """Return the share of right predictions, 0 to 100."""
    return 100.0 * float(np.mean(gold == predicted))


def macro_f1(gold: NDArray[np.int64], predicted: NDArray[np.int64]) -> float:
    """Return the mean F1 over the classes that occur in ``gold`` or ``predicted``, 0 to 100 (as scikit-learn does)."""
    classes = np.union1d(gold, predicted)
    hits = np.array([np.count_nonzero((gold == label) & (predicted == label)) for label in classes])
    total = np.array([np.count_nonzero(gold == label) + np.count_nonzero(predicted == label) for label in classes])
    return 100.0 * float(np.mean(2 * hits / total))
