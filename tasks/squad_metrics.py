"""Exact match and F1 by the official SQuAD rules, v1.1 and v2.0, an example at a time.

Rules of the two official evaluation scripts (Rajpurkar et al. 2016 and 2018). They differ where a text is empty after
normalisation: v1.1 gives two empty texts exact match 1 and F1 0; v2.0 gives F1 1 and leaves out empty golds.
A missing prediction has no place here: the caller refuses it.
"""

from __future__ import annotations

import re
import string
from collections import Counter
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

__all__ = ["AnswerScore", "best_threshold", "exact_match", "normalise", "score_answer", "token_f1"]

_ARTICLES = re.compile(r"\b(a|an|the)\b")
_DELETE_PUNCTUATION = str.maketrans("", "", string.punctuation)


class AnswerScore(NamedTuple):
    """Scores of one example, each 0 to 1."""

    exact_match: float
    f1: float


def normalise(text: str) -> str:
    """Return ``text`` in lower case, without ASCII punctuation, English articles and repeated white space."""
    return " ".join(_ARTICLES.sub(" ", text.lower().translate(_DELETE_PUNCTUATION)).split())


def exact_match(prediction: str, gold: str) -> bool:
    """Return whether two texts are equal after normalisation."""
    return prediction == gold or normalise(prediction) == normalise(gold)


def token_f1(prediction: str, gold: str, v2: bool = False) -> float:
    """Return the F1 of the two bags of tokens; see the module on texts that normalise to nothing."""
    predicted, golden = normalise(prediction).split(), normalise(gold).split()
    if v2 and not (predicted and golden):
        return float(predicted == golden)
    same = (Counter(predicted) & Counter(golden)).total()
    if same == 0:
        return 0.0
    precision, recall = same / len(predicted), same / len(golden)
    return 2 * precision * recall / (precision + recall)


def score_answer(prediction: str, golds: Sequence[str], v2: bool = False) -> AnswerScore:
    """Return the best scores over the golds.

    Args:
        prediction: the decoded text; empty for no answer.
        golds: gold answers; none for an unanswerable question, whose right prediction is the empty text.
        v2: apply the rules of v2.0.
    """
    if v2:
        golds = [gold for gold in golds if normalise(gold)] or [""]
    return AnswerScore(
        max((float(exact_match(prediction, gold)) for gold in golds), default=0.0),
        max((token_f1(prediction, gold, v2) for gold in golds), default=0.0),
    )


def best_threshold(scores: ArrayLike, answerable: ArrayLike, differences: ArrayLike) -> tuple[float, float]:
    """Find the null threshold that would have given the best mean score, as the v2.0 script does.

    A question is left unanswered where its null score less its best span's exceeds the threshold.

    Args:
        scores: (num_examples,) score of each best span, 0 to 1, whether or not it was given.
        answerable: (num_examples,) bool.
        differences: (num_examples,) null score less best span score.

    Returns:
        The best mean score in percent and its threshold.
    """
    order = np.argsort(np.asarray(differences, dtype=float), kind="stable")
    ordered = np.asarray(differences, dtype=float)[order]
    gains = np.where(np.asarray(answerable, dtype=bool), np.asarray(scores, dtype=float), -1.0)[order]
    unanswerable = float(np.count_nonzero(~np.asarray(answerable, dtype=bool)))
    totals = unanswerable + np.concatenate([[0.0], np.cumsum(gains)])
    best = int(np.argmax(totals))
    return 100.0 * float(totals[best]) / max(len(ordered), 1), float(ordered[best - 1]) if best else 0.0
