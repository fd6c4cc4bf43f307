"""Checks on the rows of a split. Each counts every offender and shows the first three."""

from __future__ import annotations

import hashlib
import json
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from errors import DataError

__all__ = ["check_answers", "check_texts", "content_ids", "given_ids", "number_labels", "sample_rows"]

_SHOWN = 3
_SAMPLE_SEED = 0
_MAX_CLASSES = 1000
_WHOLE_FLOAT = re.compile(r"[+-]?\d+\.0+")
_FRACTION = re.compile(r"[+-]?\d*\.\d+(e[+-]?\d+)?")


def given_ids(values: Sequence[Any], where: str) -> list[str]:
    """Return a data set's own ids as strings.

    Raises:
        DataError: an id is missing, or several rows share one.
    """
    nameless = [row for row, value in enumerate(values) if value is None or value == ""]
    if nameless:
        raise DataError(
            f"{where}: {_count(len(nameless), 'row')} without an id, first row {nameless[0]}; give each row one"
        )
    ids = [str(value) for value in values]
    counts = Counter(ids)
    if len(counts) < len(ids):
        shared = [name for name, count in counts.items() if count > 1]
        listing = ", ".join(f"{name!r} ({counts[name]} times)" for name in shared[:_SHOWN])
        raise DataError(f"{where}: {_count(len(shared), 'id')} stand on several rows: {listing}; make ids unique")
    return ids


def content_ids(columns: Mapping[str, Sequence[Any]]) -> list[str]:
    """Return ids made of each row's content: the first 16 hexadecimal digits of its sha256.

    The second of two equal rows gets the suffix ``-2``, the third ``-3``; so ids do not change when other rows do.
    """
    names = sorted(columns)
    seen: Counter[str] = Counter()
    ids = []
    for values in zip(*(columns[name] for name in names), strict=True):
        content = json.dumps(dict(zip(names, values, strict=True)), sort_keys=True, ensure_ascii=False)
        digest = hashlib.sha256(content.encode("utf-8", "surrogatepass")).hexdigest()[:16]
        seen[digest] += 1
        ids.append(digest if seen[digest] == 1 else f"{digest}-{seen[digest]}")
    return ids


def check_texts(values: Sequence[Any], column: str, where: str) -> list[str]:
    """Return a text column, numbers written out.

    Raises:
        DataError: a value is missing or is no text.
    """
    bad = [row for row, value in enumerate(values) if not isinstance(value, str | int | float)]
    if bad:
        listing = ", ".join(f"row {row} ({values[row]!r:.40})" for row in bad[:_SHOWN])
        raise DataError(
            f"{where}: column {column!r} is no text in {_count(len(bad), 'row')}: {listing}; mend or remove them"
        )
    return [str(value) for value in values]


def check_answers(
    ids: Sequence[str], contexts: Sequence[str], answers: Sequence[Mapping[str, Any]], where: str
) -> None:
    """Check that every answer stands in its context where ``answer_start`` says.

    Raises:
        DataError: some do not; counts them and shows three with what stands there instead.
    """
    wrong: list[tuple[int, str, int]] = []
    for row, (context, golds) in enumerate(zip(contexts, answers, strict=True)):
        for text, start in zip(golds["text"], golds["answer_start"], strict=True):
            if not text or start < 0 or not context.startswith(text, start):
                wrong.append((row, text, start))
    if not wrong:
        return
    total = sum(len(golds["text"]) for golds in answers)
    shown = "; ".join(_mismatch(ids[row], contexts[row], text, start) for row, text, start in wrong[:_SHOWN])
    raise DataError(
        f"{where}: {len(wrong)} of {total} answers do not stand where answer_start says: {shown}. "
        f"answer_start counts characters from 0; correct these rows or remove them"
    )


def _mismatch(name: str, context: str, text: str, start: int) -> str:
    if not text:
        return f"id {name!r}: the answer at {start} is empty"
    there = context[start : start + len(text)] if start >= 0 else ""
    elsewhere = context.find(text)
    hint = f", it stands at {elsewhere}" if elsewhere >= 0 else ", it stands nowhere"
    return f"id {name!r}: answer {text!r:.60} at {start}, where the context has {there!r:.60}{hint}"


def number_labels(
    values: Sequence[Any], class_names: tuple[str, ...], known: tuple[str, ...], where: str
) -> tuple[NDArray[np.int64], tuple[str, ...]]:
    """Turn labels into numbers.

    Args:
        values: labels as read: strings, integers, or integers that index ``class_names``. -1, ``-``, an empty string
            and null mean unlabelled.
        class_names: names that the source gives its integer labels; empty if it gives none.
        known: classes of the training split in the order of their numbers; empty to define them here: as
            ``class_names`` has them, else sorted (as numbers where all are).
        where: file, for messages.

    Returns:
        (num_rows,) class numbers, -1 where unlabelled, and the names of the classes.

    Raises:
        DataError: no labels at all, fewer than two classes, labels that are no classes, or one not among ``known``.
    """
    names = [_label_name(value, class_names) for value in values]
    present = {name for name in names if name is not None}
    if not present:
        raise DataError(f"{where}: no row has a label (test splits are often published without); choose another split")
    classes = known or class_names or _sorted_names(present)
    if len(classes) < 2:
        raise DataError(f"{where}: all rows have the label {classes[0]!r}; classification needs two classes or more")
    if len(classes) > _MAX_CLASSES or any(_FRACTION.fullmatch(name) for name in present):
        raise DataError(
            f"{where}: the labels look like quantities ({len(classes)} of them), not classes; map the label column"
        )
    numbers: dict[str | None, int] = {name: number for number, name in enumerate(classes)}
    numbers[None] = -1
    strange = [row for row, name in enumerate(names) if name not in numbers]
    if strange:
        listing = ", ".join(f"{names[row]!r} in row {row}" for row in strange[:_SHOWN])
        raise DataError(
            f"{where}: {_count(len(strange), 'row')} with a label that training does not know: {listing} "
            f"(known: {', '.join(classes)}); use the same label names in every split"
        )
    return np.array([numbers[name] for name in names], dtype=np.int64), tuple(classes)


def _label_name(value: Any, class_names: tuple[str, ...]) -> str | None:
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if isinstance(value, str) and _WHOLE_FLOAT.fullmatch(value.strip()):
        value = value.strip().partition(".")[0]
    if value is None or value == -1 or (isinstance(value, str) and value.strip() in ("", "-", "-1")):
        return None
    if class_names and isinstance(value, int) and 0 <= value < len(class_names):
        return class_names[value]
    return str(value).strip()


def _sorted_names(names: set[str]) -> tuple[str, ...]:
    numeric = all(name.lstrip("+-").isdigit() for name in names)
    return tuple(sorted(names, key=int) if numeric else sorted(names))


def sample_rows(num_rows: int, max_samples: int | None) -> NDArray[np.int64] | None:
    """Return the rows of a random sample in file order, or None where all are kept.

    The seed is fixed, and a smaller sample is part of every larger one.
    """
    if max_samples is None or max_samples >= num_rows:
        return None
    order = np.random.default_rng(_SAMPLE_SEED).permutation(num_rows)
    return np.sort(order[:max_samples])


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"
