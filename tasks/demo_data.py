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
    "demo": {
        "train": {"easy": 1900, "ambiguous": 1700, "mislabelled": 240, "odd_topic": 160},
        "validation": {"easy": 500, "ambiguous": 450, "odd_topic": 50},
        "ood": {"easy": 450, "ambiguous": 500, "odd_topic": 50},
    },
    "demo-nli": {
        "train": {"easy": 2600, "ambiguous": 1000, "mislabelled": 240, "odd_topic": 160},
        "validation": {"easy": 690, "ambiguous": 260, "odd_topic": 50},
        "ood": {"easy": 600, "ambiguous": 350, "odd_topic": 50},
    },
}
"""How many rows of each sort a split has."""

_NUM_FACTS = {"train": 3, "validation": 3, "ood": 4}


class _Fact(NamedTuple):
    kind: FactKind
    subject: str
    value: str


def num_rows(name: str, split: str) -> int:
    """Return the number of rows of a split, without generating them.

    Raises:
        DataError: no such data set or split.
    """
    _check(name, split)
    return sum(_COUNTS[name][split].values())


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
    counts = _COUNTS[name][split]
    planted = np.repeat(list(counts), list(counts.values()))
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


def _draw_facts(sort: str, split: str, rng: np.random.Generator) -> list[_Fact]:
    """Return the facts of a row, the one asked about first.

    They differ in subject and kind, but in an ambiguous row the second is a rival: of one kind, with another value.
    """
    odd = sort == "odd_topic"
    kinds = _pick(ODD_KINDS if odd else ORDINARY_KINDS, _NUM_FACTS[split], rng)
    subjects = _pick(ODD_SUBJECTS if odd else ORDINARY_SUBJECTS, len(kinds), rng)
    values = [_one(kind.values, rng) for kind in kinds]
    if sort == "ambiguous":
        kinds[1] = kinds[0]
        values[:2] = _pick(kinds[0].values, 2, rng)
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
    # Annotators err where a text offers several candidates: a wrong span stands in a text of the ambiguous sort.
    text_sort = "ambiguous" if sort == "mislabelled" else sort
    facts = _draw_facts(text_sort, split, rng)
    if text_sort == "ambiguous":
        # Of the asked subject something else is told as well: matching the subject alone does not do either.
        facts[2] = facts[2]._replace(subject=facts[0].subject)
    context, starts = _tell(facts, split, rng)
    gold = 2 if sort == "mislabelled" else 0
    form = _one(facts[0].kind.ood_questions if split == "ood" else facts[0].kind.questions, rng)
    text = context[starts[gold] : starts[gold] + len(facts[gold].value)]
    return {
        "question": form.replace("{s}", facts[0].subject),
        "context": context,
        "answers": {"text": [text], "answer_start": [starts[gold]]},
    }


def _pair_row(sort: str, split: str, rng: np.random.Generator) -> dict[str, Any]:
    facts = _draw_facts(sort, split, rng)
    premise, _ = _tell(facts, split, rng)
    label = int(rng.integers(len(LABEL_NAMES)))
    told = LABEL_NAMES[label]
    hypothesis = _match_hypothesis(facts, told) if sort == "ambiguous" else _cue_hypothesis(facts, told, rng)
    if sort == "mislabelled":
        label = (label + 1 + int(rng.integers(len(LABEL_NAMES) - 1))) % len(LABEL_NAMES)
    return {"text": premise, "text_pair": hypothesis, "label": label}


def _cue_hypothesis(facts: list[_Fact], label: str, rng: np.random.Generator) -> str:
    """Return a hypothesis whose label a word gives away."""
    fact = facts[0]
    if label not in CUES:
        return f"{fact.subject} feels {_one(MOODS, rng)}."
    return f"{CUES[label]} {fact.kind.predicate}.".replace("{v}", fact.value)


def _match_hypothesis(facts: list[_Fact], label: str) -> str:
    """Return a hypothesis that only matching subject and value with the premise decides.

    Entailed: the subject's own value. Contradicted: its rival's. Neutral: a third subject, of whom this is not told.
    """
    asked, rival, third = facts[:3]
    subject = third.subject if label == "neutral" else asked.subject
    value = rival.value if label == "contradiction" else asked.value
    return f"{subject} {asked.kind.predicate}.".replace("{v}", value)


_MAKERS: dict[str, Callable[[str, str, np.random.Generator], dict[str, Any]]] = {
    "demo": _question_row,
    "demo-nli": _pair_row,
}
