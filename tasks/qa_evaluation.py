"""Score decoded answers: the metrics of a data set and one row per example."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from tasks.base import Evaluation, Records, Rows
from tasks.predictions import refuse_missing, with_planted
from tasks.qa_rows import has_unanswerable
from tasks.spans import Decoded, decode
from tasks.squad_metrics import AnswerScore, best_threshold, score_answer

if TYPE_CHECKING:
    from datasets import Dataset

__all__ = ["evaluate_answers"]


def evaluate_answers(records: Records, features: Dataset, rows: Rows) -> Evaluation:
    """Decode every row's answer and score it by the official SQuAD rules.

    Metrics, in percent: exact_match and f1; loss is the mean over windows. With unanswerable rows the rules of
    v2.0 hold, and HasAns_exact, HasAns_f1, NoAns_exact, NoAns_f1, best_exact, best_f1 and their null thresholds are
    added.

    Each prediction has id, prediction, gold (list), exact_match and f1 (0 to 1), score (start plus end logit of the
    best span), confidence (that span's probability) and, with unanswerable rows, null_score.

    Raises:
        DataError: a row has no prediction.
    """
    v2 = has_unanswerable(rows)
    decoded = decode(records, features, rows, v2)
    refuse_missing(decoded.observed, rows)
    golds: list[list[str]] = [answers["text"] for answers in rows.table["answers"][:]]
    scores = [score_answer(text, gold, v2) for text, gold in zip(decoded.texts, golds, strict=True)]
    metrics = _means(scores) | {"loss": float(np.nanmean(records["loss"].astype(np.float64)))}
    if v2:
        metrics |= _no_answer_metrics(decoded, golds, scores)
    return Evaluation(metrics, with_planted(_predictions(decoded, golds, scores, rows, v2), rows))


def _means(scores: Sequence[AnswerScore], names: tuple[str, str] = ("exact_match", "f1")) -> dict[str, float]:
    return {name: 100.0 * float(np.mean(values)) for name, values in zip(names, zip(*scores, strict=True), strict=True)}


def _no_answer_metrics(decoded: Decoded, golds: list[list[str]], scores: Sequence[AnswerScore]) -> dict[str, float]:
    answerable = np.array([bool(gold) for gold in golds])
    metrics: dict[str, float] = {}
    for kind, chosen in (("HasAns", answerable), ("NoAns", ~answerable)):
        part = [score for score, take in zip(scores, chosen, strict=True) if take]
        metrics |= _means(part, (f"{kind}_exact", f"{kind}_f1"))
    spans = [score_answer(text, gold, v2=True) for text, gold in zip(decoded.spans, golds, strict=True)]
    differences = decoded.null_score - decoded.score
    for index, name in enumerate(("exact", "f1")):
        values = [span[index] for span in spans]
        metrics[f"best_{name}"], metrics[f"best_{name}_thresh"] = best_threshold(values, answerable, differences)
    return metrics


def _predictions(
    decoded: Decoded, golds: list[list[str]], scores: Sequence[AnswerScore], rows: Rows, v2: bool
) -> list[dict[str, Any]]:
    confidence: NDArray[np.float64] = np.exp(decoded.log_p)
    predictions: list[dict[str, Any]] = [
        {"id": str(name), "prediction": text, "gold": gold, **score._asdict()}
        for name, text, gold, score in zip(rows.ids, decoded.texts, golds, scores, strict=True)
    ]
    for index, prediction in enumerate(predictions):
        prediction["score"] = float(decoded.score[index])
        prediction["confidence"] = float(confidence[index])
        if v2:
            prediction["null_score"] = float(decoded.null_score[index])
    return predictions
