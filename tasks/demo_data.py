"""The embedded data sets: ``demo`` (extractive question answering) and ``demo-nli`` (sentence pairs).

Generated from a fixed seed, so the same rows appear on every machine, offline. What was planted in a row stands in its
column ``planted``:

* ``easy``: the question's type decides (only one city in the text); in ``demo-nli`` a cue word gives the label away.
* ``ambiguous``: two candidates of one type, so the model must match the subject that the question names.
* ``mislabelled``: the gold span (or label) is wrong. Only the train split has such rows.
* ``odd_topic``: another subject with its own words, which clustering should isolate.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np

from errors import DataError
from registry import nearest
from tasks.demo_vocabulary import CUES, MOODS, ODD_KINDS, ODD_SUBJECTS, ORDINARY_KINDS, ORDINARY_SUBJECTS, FactKind

__all__ = ["LABEL_NAMES", "NAMES", "SPLITS", "generate", "num_rows"]

NAMES = ("demo", "demo-nli")
SPLITS = ("train", "validation", "ood")
LABEL_NAMES = ("entailment", "neutral", "contradiction")
"""Classes of ``demo-nli``, in the order of their numbers."""

_SEED = 20200

_COUNTS = {
    "train": {"easy": 2440, "ambiguous": 1200, "mislabelled": 240, "odd_topic": 120},
    "validation": {"easy": 650, "ambiguous": 320, "odd_topic": 30},
    "ood": {"easy": 480, "ambiguous": 480, "odd_topic": 40},
}
"""How many rows of each sort a split has."""

_NUM_FACTS = {"train": 4, "validation": 4, "ood": 5}


class _Fact(NamedTuple):
    kind: FactKind
    subject: str
    value: str


class _Draft(NamedTuple):
    """Facts in the order told; the first and, where there are two of one kind, the second are what a row asks about."""

    facts: list[_Fact]
    context: str
    starts: list[int]
    """Where each fact's value begins in ``context``."""


def num_rows(name: str, split: str) -> int:
    """Return the number of rows of a split, without generating them.

    Raises:
        DataError: no such data set or split.
    """
    _check(name, split)
    return sum(_COUNTS[split].values())


def generate(name: str, split: str) -> list[dict[str, Any]]:
    """Return the rows of one split, the same on every call.

    Args:
        name: ``demo`` or ``demo-nli``.
        split: ``train``, ``validation`` or ``ood`` (other sentence forms of the same words, more distractors).

    Returns:
        Rows with ``id``, ``planted`` and, for ``demo``, ``question``, ``context``, ``answers``
        (``{"text": [...], "answer_start": [...]}``); for ``demo-nli``, ``text``, ``text_pair``, ``label``.

    Raises:
        DataError: no such data set or split.
    """
    _check(name, split)
    rng = np.random.default_rng([_SEED, NAMES.index(name), SPLITS.index(split)])
    planted = np.repeat(list(_COUNTS[split]), list(_COUNTS[split].values()))
    make = _MAKERS[name]
    return [
        {"id": f"{name}-{split}-{row:05d}", **make(str(sort), split, rng), "planted": str(sort)}
        for row, sort in enumerate(rng.permutation(planted))
    ]


def _check(name: str, split: str) -> None:
    for value, known, what in ((name, NAMES, "embedded data set"), (split, SPLITS, f"split of {name!r}")):
        if value not in known:
            raise DataError(f"{value!r}: no such {what}{nearest(value, list(known))} (known: {', '.join(known)})")


def _pick(items: Sequence[Any], count: int, rng: np.random.Generator) -> list[Any]:
    return [items[index] for index in rng.permutation(len(items))[:count]]


def _one(items: Sequence[Any], rng: np.random.Generator) -> Any:
    return items[int(rng.integers(len(items)))]


def _draw_facts(sort: str, count: int, rng: np.random.Generator) -> list[_Fact]:
    """Return the facts of a row; the first is the one asked about, the second its rival in an ambiguous row."""
    odd = sort == "odd_topic"
    kinds = _pick(ODD_KINDS if odd else ORDINARY_KINDS, min(count, 3) if odd else count, rng)
    subjects = _pick(ODD_SUBJECTS if odd else ORDINARY_SUBJECTS, len(kinds), rng)
    if sort == "ambiguous":
        kinds[1] = kinds[0]
        first, second = _pick(kinds[0].values, 2, rng)
        values = [first, second, *(_one(kind.values, rng) for kind in kinds[2:])]
    else:
        values = [_one(kind.values, rng) for kind in kinds]
    return [_Fact(*fact) for fact in zip(kinds, subjects, values, strict=True)]


def _tell(facts: list[_Fact], split: str, rng: np.random.Generator) -> tuple[str, list[int]]:
    """Return the facts as text in random order, and where each fact's value begins in it."""
    context, starts = "", [0] * len(facts)
    for position in rng.permutation(len(facts)):
        kind, subject, value = facts[position]
        form = _one(kind.ood_statements if split == "ood" else kind.statements, rng)
        before, _, after = form.replace("{s}", subject).partition("{v}")
        context += " " if context else ""
        starts[position] = len(context) + len(before)
        sentence = before + value + after
        context += sentence[0].upper() + sentence[1:]
    return context, starts


def _question_row(sort: str, split: str, rng: np.random.Generator) -> dict[str, Any]:
    facts = _draw_facts(sort, _NUM_FACTS[split], rng)
    context, starts = _tell(facts, split, rng)
    asked = facts[0]
    gold = 1 + int(rng.integers(len(facts) - 1)) if sort == "mislabelled" else 0
    form = _one(asked.kind.ood_questions if split == "ood" else asked.kind.questions, rng)
    text = context[starts[gold] : starts[gold] + len(facts[gold].value)]
    return {
        "question": form.replace("{s}", asked.subject),
        "context": context,
        "answers": {"text": [text], "answer_start": [starts[gold]]},
    }


def _pair_row(sort: str, split: str, rng: np.random.Generator) -> dict[str, Any]:
    facts = _draw_facts(sort, _NUM_FACTS[split] - 1, rng)
    premise, _ = _tell(facts, split, rng)
    label = int(rng.integers(len(LABEL_NAMES)))
    hypothesis = _match_hypothesis(facts, label) if sort == "ambiguous" else _cue_hypothesis(facts, label, rng)
    if sort == "mislabelled":
        label = (label + 1 + int(rng.integers(len(LABEL_NAMES) - 1))) % len(LABEL_NAMES)
    return {"text": premise, "text_pair": hypothesis, "label": label}


def _cue_hypothesis(facts: list[_Fact], label: int, rng: np.random.Generator) -> str:
    """Return a hypothesis whose label a word gives away."""
    fact = facts[0]
    cue = CUES.get(LABEL_NAMES[label])
    if cue is None:
        return f"{fact.subject} feels {_one(MOODS, rng)}."
    return f"{cue} {fact.kind.predicate}.".replace("{v}", fact.value)


def _match_hypothesis(facts: list[_Fact], label: int) -> str:
    """Return a hypothesis that only matching subject and value with the premise decides.

    Entailed: the subject's own value. Contradicted: its rival's. Neutral: a third subject, of whom this is not told.
    """
    asked, rival, third = facts[:3]
    subject = third.subject if LABEL_NAMES[label] == "neutral" else asked.subject
    value = rival.value if LABEL_NAMES[label] == "contradiction" else asked.value
    return f"{subject} {asked.kind.predicate}.".replace("{v}", value)


_MAKERS: dict[str, Callable[[str, str, np.random.Generator], dict[str, Any]]] = {
    "demo": _question_row,
    "demo-nli": _pair_row,
}
