"""Rows of extractive question answering, read and checked."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from errors import DataError
from tasks.base import DataSource, Rows
from tasks.checks import check_answers
from tasks.columns import missing_column, question_columns
from tasks.readers import ANSWERS, RawSplit, read_split
from tasks.rows import make_ids, make_rows, text_column

__all__ = ["has_unanswerable", "load_questions"]


def load_questions(source: DataSource) -> Rows:
    """Read one split and check it.

    Columns are recognised by common names: question, context, and answers as ``{"text": [...], "answer_start":
    [...]}``, as a list of ``{"text", "answer_start"}``, as JSON text of either, or as two columns answer(s) and
    answer_start of one value or a list each. A row without answers, or with a true is_impossible, is unanswerable.

    Raises:
        DataError: unreadable files, a missing column, no rows, repeated ids, or answers that do not stand where
            answer_start says.
    """
    raw = read_split(source)
    own = question_columns(raw, source.columns)
    columns = {name: text_column(raw, own, name) for name in ("question", "context")}
    answers = _answers(raw, own)
    ids = make_ids(raw, own, {**columns, "answers": answers})
    check_answers(ids, columns["context"], answers, raw.where)
    extra: dict[str, Any] = {name: raw.table[own[name]] for name in ("title", "planted") if name in own}
    return make_rows({"id": ids, **columns, "answers": pa.array(answers, ANSWERS), **extra}, source)


def has_unanswerable(rows: Rows) -> bool:
    """Return whether any row is unanswerable, so that no answer is a legal answer."""
    answers = rows.table.with_format("arrow")["answers"][:]
    counts = pc.list_value_length(pc.struct_field(answers, "text"))
    return bool(pc.any(pc.equal(counts, 0)).as_py())


def _answers(raw: RawSplit, own: Mapping[str, str]) -> list[dict[str, list[Any]]]:
    if "answers" not in own:
        raise missing_column(raw, "answers")
    values = raw.table[own["answers"]].to_pylist()
    starts: list[Any] = [None] * len(values)
    if "answer_start" in own:
        starts = raw.table[own["answer_start"]].to_pylist()
    if "is_impossible" in own:
        impossible = raw.table[own["is_impossible"]].to_pylist()
        values = [None if _is_true(flag) else value for value, flag in zip(values, impossible, strict=True)]
    answers = []
    for row, (value, start) in enumerate(zip(values, starts, strict=True)):
        try:
            answers.append(_one_row(value, start))
        except (KeyError, TypeError, ValueError) as error:
            raise DataError(
                f"{raw.where}: row {row}: cannot read answers {value!r:.80} with answer_start {start!r:.40}; expected "
                f'{{"text": [...], "answer_start": [...]}}, or a text with the character where it starts'
            ) from error
    return answers


def _one_row(value: Any, start: Any) -> dict[str, list[Any]]:
    """Return one row's answers in the canonical form."""
    if isinstance(value, str) and value.lstrip()[:1] in ("{", "[") and start is None:
        value = json.loads(value)
    if value is None or value == "" or value == []:
        return {"text": [], "answer_start": []}
    if isinstance(value, Mapping):
        return _paired(value["text"], value["answer_start"])
    if isinstance(value, list) and isinstance(value[0], Mapping):
        return _paired([gold["text"] for gold in value], [gold["answer_start"] for gold in value])
    return _paired(value, start)


def _paired(texts: Any, starts: Any) -> dict[str, list[Any]]:
    texts = texts if isinstance(texts, list) else [texts]
    starts = starts if isinstance(starts, list) else [starts]
    if len(texts) != len(starts) or not all(isinstance(text, str) for text in texts):
        raise ValueError("as many answer_start as texts are needed")
    return {"text": texts, "answer_start": [int(start) for start in starts]}


def _is_true(flag: Any) -> bool:
    return flag.strip().lower() in ("true", "1", "yes") if isinstance(flag, str) else bool(flag)
