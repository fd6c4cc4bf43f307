"""Questions and contexts to windows of tokens, at the speed of the tokeniser.

A context longer than the room that its question leaves is cut into windows that share ``doc_stride`` tokens. Every
window is a feature. Targets are the tokens of the first gold answer; a window that does not hold all of it, like every
window of an unanswerable row, targets CLS, token 0.
"""

from __future__ import annotations

import functools
import itertools
import logging
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from errors import ConfigError
from tasks.base import FeatureOptions, Rows
from tasks.feature_cache import cached_features, feature_key
from tasks.qa_rows import has_unanswerable
from tasks.token_columns import flat_values, list_column, token_columns

if TYPE_CHECKING:
    from datasets import Dataset
    from transformers import PreTrainedTokenizerBase

__all__ = ["featurise_questions"]

_LEAST_ROOM = 8

_log = logging.getLogger(__name__)

Ints = NDArray[np.int64]


class _Plan(NamedTuple):
    """How all windows of a split are cut."""

    max_length: int
    max_question: int | None
    """Tokens after which a question is cut; None if none is that long."""
    stride: int
    ablation: str
    no_answer_allowed: bool


class _Windows(NamedTuple):
    """Windows of a batch, flattened. W windows of T tokens together."""

    lengths: Ints
    """(W,) tokens."""
    first: Ints
    """(W,) first context token."""
    last: Ints
    """(W,) last context token; less than first where there is none."""
    owner: Ints
    """(W,) position in the batch of the row that each window belongs to."""
    offsets: Ints
    """(T, 2) characters of the context (or question) that each token covers."""


def featurise_questions(
    rows: Rows, tokenizer: PreTrainedTokenizerBase, options: FeatureOptions, cache_dir: Path | None
) -> Dataset:
    """Return one feature a window, in the order of the rows.

    Columns: input_ids, attention_mask, token_type_ids (if the tokeniser has them), row, start_positions,
    end_positions, has_answer, context_first, context_last (inclusive), no_answer_allowed (the same for all: whether
    the split has unanswerable rows) and offset_mapping (flat: two numbers a token).

    Raises:
        ConfigError: max_length leaves no room for context beside the questions.
    """

    @functools.cache
    def plan() -> _Plan:
        return _plan_windows(rows, tokenizer, options)

    @functools.cache
    def report_stride() -> None:
        if plan().stride < options.doc_stride:
            _log.warning(
                "doc_stride %d leaves no room beside the longest question; using %d", options.doc_stride, plan().stride
            )

    def make(batch: pa.Table, indices: list[int]) -> pa.Table:
        features = _featurise_batch(batch, indices, tokenizer, plan())
        if features.num_rows > batch.num_rows:
            report_stride()
        return features

    return cached_features(rows, make, feature_key("qa", rows, tokenizer, options), cache_dir)


def _plan_windows(rows: Rows, tokenizer: PreTrainedTokenizerBase, options: FeatureOptions) -> _Plan:
    """Choose window length and stride so that even the longest question leaves room for context."""
    max_length = min(options.max_length, tokenizer.model_max_length)
    lengths = [0]
    if options.ablation != "p_only":
        lengths += map(len, tokenizer(rows.table["question"][:], add_special_tokens=False, verbose=False)["input_ids"])
    too_long = sum(length > max_length // 2 for length in lengths)
    if too_long:
        _log.warning("%d questions are longer than half of max_length %d and were cut", too_long, max_length)
    room = max_length - min(max(lengths), max_length // 2) - tokenizer.num_special_tokens_to_add(pair=True)
    if room < _LEAST_ROOM:
        raise ConfigError(
            f"max_length {max_length} leaves {room} tokens for context; raise it by {_LEAST_ROOM - room} or more"
        )
    stride = min(options.doc_stride, room * 3 // 4)
    max_question = max_length // 2 if too_long else None
    return _Plan(max_length, max_question, stride, options.ablation, has_unanswerable(rows))


def _featurise_batch(batch: pa.Table, indices: list[int], tokenizer: PreTrainedTokenizerBase, plan: _Plan) -> pa.Table:
    encoded = tokenizer(
        _questions(batch, tokenizer, plan),
        batch["context"].to_pylist(),
        truncation="only_second",
        max_length=plan.max_length,
        stride=plan.stride,
        return_overflowing_tokens=True,
        return_offsets_mapping=True,
    )
    windows = _flatten(encoded)
    columns: dict[str, Any] = token_columns(encoded, windows.lengths)
    if plan.ablation == "q_only":
        columns["input_ids"] = _blank_context(encoded["input_ids"], windows, tokenizer)
    columns["row"] = np.asarray(indices, dtype=np.int64)[windows.owner]
    columns |= _targets(windows, batch["answers"].to_pylist())
    columns |= {"context_first": windows.first, "context_last": windows.last}
    columns["no_answer_allowed"] = np.full(len(windows.owner), plan.no_answer_allowed)
    columns["offset_mapping"] = list_column(windows.offsets.astype(np.int32).ravel(), windows.lengths * 2)
    return pa.table(columns)


def _questions(batch: pa.Table, tokenizer: PreTrainedTokenizerBase, plan: _Plan) -> list[str]:
    """Return the batch's questions as the model sees them: empty in the ablation, else cut where too long."""
    questions: list[str] = batch["question"].to_pylist()
    if plan.ablation == "p_only":
        return [""] * len(questions)
    limit = plan.max_question
    if limit is None:
        return questions
    encoded = tokenizer(questions, add_special_tokens=False, return_offsets_mapping=True, verbose=False)
    return [
        question if len(offsets) <= limit else question[: offsets[limit - 1][1]]
        for question, offsets in zip(questions, encoded["offset_mapping"], strict=True)
    ]


def _flatten(encoded: Any) -> _Windows:
    lengths, first, last = [], [], []
    for encoding in encoded.encodings:
        sequence = encoding.sequence_ids
        count = sequence.count(1)
        begin = sequence.index(1) if count else len(sequence)
        lengths.append(len(sequence))
        first.append(begin)
        last.append(begin + count - 1)
    pairs = itertools.chain.from_iterable(itertools.chain.from_iterable(encoded["offset_mapping"]))
    offsets = np.fromiter(pairs, dtype=np.int64, count=2 * sum(lengths)).reshape(-1, 2)
    owner = np.asarray(encoded["overflow_to_sample_mapping"], dtype=np.int64)
    return _Windows(np.asarray(lengths), np.asarray(first), np.asarray(last), owner, offsets)


def _in_context(windows: _Windows) -> tuple[NDArray[np.bool_], Ints]:
    """Return (T,) whether each token belongs to the context, and (W,) where each window begins among the T tokens."""
    begins = np.cumsum(windows.lengths) - windows.lengths
    position = np.arange(len(windows.offsets)) - np.repeat(begins, windows.lengths)
    first, last = (np.repeat(bound, windows.lengths) for bound in (windows.first, windows.last))
    return (position >= first) & (position <= last), begins


def _blank_context(ids: Any, windows: _Windows, tokenizer: PreTrainedTokenizerBase) -> pa.Array:
    """Mask the context's tokens. Positions stay as they are, so that the gold span remains a legal target."""
    flat = flat_values(ids, np.int32)
    blank = tokenizer.mask_token_id if tokenizer.mask_token_id is not None else tokenizer.unk_token_id
    if blank is None:
        raise ConfigError(
            "ablation 'q_only' masks the context, but this tokeniser has neither a mask nor an unknown token"
        )
    flat[_in_context(windows)[0]] = blank
    return list_column(flat, windows.lengths)


def _targets(windows: _Windows, answers: list[dict[str, Any]]) -> dict[str, NDArray[Any]]:
    """Return start_positions, end_positions and has_answer, each (W,).

    A character span covers the tokens from the first that ends after its start to the last that begins before its end.
    """
    spans = np.array([_characters(golds) for golds in answers], dtype=np.int64).reshape(-1, 2)[windows.owner]
    inside, begins = _in_context(windows)
    starts, ends = (np.repeat(bound, windows.lengths) for bound in spans.T)
    before = np.add.reduceat(inside & (windows.offsets[:, 1] <= starts), begins, dtype=np.int64)
    until = np.add.reduceat(inside & (windows.offsets[:, 0] < ends), begins, dtype=np.int64)
    first, last = windows.first + before, windows.first + until - 1
    covered = np.stack(
        [windows.offsets[np.minimum(begins + bound, len(inside) - 1)] for bound in (windows.first, windows.last)]
    )
    held = (spans[:, 0] >= 0) & (windows.last >= windows.first) & (first <= last)
    held &= (covered[0, :, 0] <= spans[:, 0]) & (covered[1, :, 1] >= spans[:, 1])
    return {
        "start_positions": np.where(held, first, 0),
        "end_positions": np.where(held, last, 0),
        "has_answer": held,
    }


def _characters(golds: dict[str, Any]) -> tuple[int, int]:
    """Return the characters of the first gold answer without its outer white space, or (-1, -1) without an answer."""
    if not golds["text"]:
        return -1, -1
    text = golds["text"][0]
    start = golds["answer_start"][0] + len(text) - len(text.lstrip())
    return start, start + len(text.strip())
