"""Windows to examples: which window speaks for a row, and the text that its predicted span stands for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from tasks.base import Records, Rows
from tasks.squad_metrics import exact_match

if TYPE_CHECKING:
    from datasets import Dataset

__all__ = ["Decoded", "decode", "is_correct", "window_of_gold"]

_NULL_THRESHOLD = 0.0


class Decoded(NamedTuple):
    """One prediction an example. N examples."""

    texts: list[str]
    """The answer; empty for no answer, and where nothing was observed."""
    spans: list[str]
    """The best span's text, whether or not no answer was preferred."""
    observed: NDArray[np.bool_]
    """(N,) whether any window was observed."""
    score: NDArray[np.float64]
    """(N,) start plus end logit of the best span; NaN where nothing was observed."""
    null_score: NDArray[np.float64]
    """(N,) the least null score over windows."""
    log_p: NDArray[np.float64]
    """(N,) log-probability of the best span in its window."""


def window_of_gold(records: Records, features: Dataset, num_rows: int) -> NDArray[np.int64]:
    """Return for each row the window that speaks for its gold answer.

    That is the window which holds the answer, the one with the highest p_start * p_end if several do. A row whose
    answer no window holds (an unanswerable one, or an answer longer than a window) is spoken for by the window least
    sure of CLS. Windows are never pooled: a window without the answer is trivially right about CLS.

    Args:
        records: observations, NaN for windows that were not observed.
        features: windows.
        num_rows: N.

    Returns:
        (N,) index of a feature; -1 where no such window was observed.
    """
    row, holds = _numbers(features, "row"), _numbers(features, "has_answer")
    joint = records["log_p_start"].astype(np.float64) + records["log_p_end"]
    answered = np.zeros(num_rows, dtype=bool)
    answered[row[holds]] = True
    candidates = np.flatnonzero(~np.isnan(joint) & (holds | ~answered[row]))
    return _first_by_row(candidates, row, np.where(holds, -joint, joint), num_rows)


def decode(records: Records, features: Dataset, rows: Rows, no_answer_allowed: bool) -> Decoded:
    """Return the text of each row's best span over its windows, or no answer where that scores higher.

    Args:
        records: observations with best_start, best_end, best_score, best_log_p and null_score.
        features: windows.
        rows: the examples.
        no_answer_allowed: compare the best span's score with the least null score over windows.
    """
    row, count = _numbers(features, "row"), len(rows)
    score, null = records["best_score"].astype(np.float64), records["null_score"].astype(np.float64)
    seen = np.flatnonzero(~np.isnan(score))
    window = _first_by_row(seen, row, -score, count)
    observed = window >= 0
    least_null = np.full(count, np.inf)
    np.minimum.at(least_null, row[seen], null[seen])
    best = np.where(observed, score[window], np.nan)
    spans = _texts(records, features, rows, np.where(observed, window, -1))
    refused = no_answer_allowed & observed & (least_null > best + _NULL_THRESHOLD)
    texts = ["" if refuse else span for refuse, span in zip(refused, spans, strict=True)]
    log_p = np.where(observed, records["best_log_p"].astype(np.float64)[window], np.nan)
    return Decoded(texts, spans, observed, best, np.where(observed, least_null, np.nan), log_p)


def is_correct(decoded: Decoded, rows: Rows) -> NDArray[np.bool_]:
    """Return (N,) whether each decoded text is an exact match with one of its row's golds (no gold: the empty text)."""
    golds = rows.table["answers"][:]
    return np.array(
        [
            text in gold["text"] or any(exact_match(text, answer) for answer in gold["text"] or [""])
            for text, gold in zip(decoded.texts, golds, strict=True)
        ],
        dtype=bool,
    )


def _first_by_row(
    candidates: NDArray[np.int64], row: NDArray[np.int64], key: NDArray[Any], num_rows: int
) -> NDArray[np.int64]:
    """Return for each row the candidate with the least key, the earlier of equals; -1 for rows without any."""
    order = candidates[np.lexsort((candidates, key[candidates], row[candidates]))]
    present, position = np.unique(row[order], return_index=True)
    chosen = np.full(num_rows, -1, dtype=np.int64)
    chosen[present] = order[position]
    return chosen


def _texts(records: Records, features: Dataset, rows: Rows, window: NDArray[np.int64]) -> list[str]:
    """Return the best span's text of each row, cut from the original context; empty where the window is -1."""
    first, last = _numbers(features, "context_first"), _numbers(features, "context_last")
    start, end = records["best_start"][window].astype(np.int64), records["best_end"][window].astype(np.int64)
    legal = (window >= 0) & (first[window] <= start) & (start <= end) & (end <= last[window])
    flat, begins = _flat_lists(features, "offset_mapping")
    origin = begins[window]
    begin_char = np.where(legal, flat[np.where(legal, origin + 2 * start, 0)], 0).tolist()
    end_char = np.where(legal, flat[np.where(legal, origin + 2 * end + 1, 0)], 0).tolist()
    contexts = rows.table["context"][:]
    return [context[begin:end].strip() for context, begin, end in zip(contexts, begin_char, end_char, strict=True)]


def _numbers(features: Dataset, name: str) -> NDArray[Any]:
    """Return a column of one number a feature."""
    values: NDArray[Any] = features.with_format("numpy")[name][:]
    return values


def _flat_lists(features: Dataset, name: str) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the values of a list column end to end, and where each feature's begin."""
    column = features.with_format("arrow")[name][:].combine_chunks()
    flat: NDArray[np.int64] = column.flatten().to_numpy()
    begins = column.offsets.to_numpy()[:-1].astype(np.int64)
    return flat, begins - begins[0] if len(begins) else begins
