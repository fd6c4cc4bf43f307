"""Recognise columns by their common names, or as the user mapped them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from errors import ConfigError, DataError
from registry import nearest
from tasks.readers import RawSplit

__all__ = ["classification_columns", "missing_column", "question_columns"]


@dataclass(frozen=True)
class _ColumnNames:
    """Names under which one canonical column is known, best first."""

    canonical: str
    names: tuple[str, ...]


_IDS = _ColumnNames("id", ("id", "guid", "uid", "qid", "question_id", "pairID", "pair_id", "example_id", "idx"))
_PLANTED = _ColumnNames("planted", ("planted",))

_QA_NAMES = (
    _IDS,
    _ColumnNames("question", ("question", "questions", "query")),
    _ColumnNames("context", ("context", "passage", "paragraph", "document")),
    _ColumnNames("answers", ("answers", "answer_text", "answer", "gold_answer")),
    _ColumnNames("answer_start", ("answer_start", "answer_starts", "start")),
    _ColumnNames("is_impossible", ("is_impossible",)),
    _ColumnNames("title", ("title",)),
    _PLANTED,
)
"""Columns of extractive question answering."""

_CLASSIFICATION_NAMES = (
    _IDS,
    _ColumnNames("label", ("label", "gold_label", "labels", "target", "class", "category", "sentiment")),
    _PLANTED,
)
"""Columns of classification beside its texts."""

_PAIRS = (
    ("text", "text_pair"),
    ("premise", "hypothesis"),
    ("sentence1", "sentence2"),
    ("question1", "question2"),
    ("question", "sentence"),
    ("question", "passage"),
    ("text1", "text2"),
    ("sentence_A", "sentence_B"),
)
"""Names of first and second text, best first."""

_TEXTS = ("text", "sentence", "review", "content", "comment", "tweet", "question", "premise", "sentence1")


def question_columns(raw: RawSplit, mapped: Mapping[str, str]) -> dict[str, str]:
    """Return canonical column to the split's own column, for those of question answering that are there.

    Args:
        raw: a split as read.
        mapped: what the user said, canonical column to own column. ``a|b`` names alternatives, for data sets that are
            evaluated together but name their columns differently.

    Raises:
        ConfigError: ``mapped`` has a key that is no canonical column.
        DataError: ``mapped`` names a column that the split does not have.
    """
    valid = [names.canonical for names in _QA_NAMES]
    return _known_columns(raw, _QA_NAMES) | _mapped_columns(raw, mapped, valid)


def classification_columns(raw: RawSplit, mapped: Mapping[str, str]) -> dict[str, str]:
    """Return canonical column to own column of a classification split; see :func:`question_columns`.

    Two texts that are known as a pair are taken as one, unless ``text`` is mapped and ``text_pair`` is not.
    """
    valid = [*(names.canonical for names in _CLASSIFICATION_NAMES), "text", "text_pair"]
    texts = {} if "text" in mapped else _known_texts(raw)
    return _known_columns(raw, _CLASSIFICATION_NAMES) | texts | _mapped_columns(raw, mapped, valid)


def _known_columns(raw: RawSplit, known: Sequence[_ColumnNames]) -> dict[str, str]:
    found = {names.canonical: _first(raw, names.names) for names in known}
    return {canonical: own for canonical, own in found.items() if own is not None}


def _mapped_columns(raw: RawSplit, mapped: Mapping[str, str], valid: list[str]) -> dict[str, str]:
    return {canonical: _mapped_column(raw, canonical, own, valid) for canonical, own in mapped.items()}


def _mapped_column(raw: RawSplit, canonical: str, own: str, valid: list[str]) -> str:
    if canonical not in valid:
        raise ConfigError(f"columns: no column {canonical!r}{nearest(canonical, valid)} (known: {', '.join(valid)})")
    for name in own.split("|"):
        if name in raw.table.column_names:
            return name
    raise DataError(
        f"{raw.where}: no column {own!r} for {canonical!r} (it has: {', '.join(raw.table.column_names)}); where "
        f"data sets name it differently, join the names: {canonical}={own}|OTHER"
    )


def _first(raw: RawSplit, names: Sequence[str]) -> str | None:
    own = {name.lower(): name for name in reversed(raw.table.column_names)}
    return next((own[name.lower()] for name in names if name.lower() in own), None)


def _known_texts(raw: RawSplit) -> dict[str, str]:
    for first, second in _PAIRS:
        own_first, own_second = _first(raw, (first,)), _first(raw, (second,))
        if own_first is not None and own_second is not None:
            return {"text": own_first, "text_pair": own_second}
    text = _first(raw, _TEXTS)
    if text is not None:
        return {"text": text}
    if raw.table.column_names == ["0", "1"]:
        return {"text": "0", "label": "1"}
    return {}


def missing_column(raw: RawSplit, canonical: str) -> DataError:
    """Return the error for a column that was not recognised."""
    listing = ", ".join(raw.table.column_names) or "none"
    return DataError(
        f"{raw.where}: no column for {canonical!r} (it has: {listing}); name it with --columns {canonical}=NAME, "
        f"or by position in a file without a header: --columns {canonical}=0"
    )
