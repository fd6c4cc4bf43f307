"""What a data map says about the data: the regions with their texts, who sits where, and likely label errors."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from cartography.data_map import DataMap
from cartography.metrics import CATEGORIES, ambiguity
from cartography.question_types import QUESTION_TYPES, question_types
from errors import SignalError

if TYPE_CHECKING:
    from tasks.base import Rows, Task

__all__ = ["Breakdown", "MapReport", "Region", "ReportedExample", "TextSource", "make_report"]

_MEANS = ("confidence", "variability", "aum")


@dataclass(frozen=True)
class TextSource:
    """The rows that a map was made from, for their texts and groups."""

    task: Task
    rows: Rows


@dataclass(frozen=True)
class ReportedExample:
    """One example with its numbers and, where the data was at hand, its text."""

    id: str
    category: str
    confidence: float
    variability: float
    correctness: float
    """Epochs with a right prediction (a mean over seeds in an averaged map)."""
    observed: float
    """Epochs that counted."""
    aum: float
    text: str | None


@dataclass(frozen=True)
class Region:
    """One category."""

    name: str
    examples: int
    share: float
    """Of all examples, 0 to 1."""
    means: Mapping[str, float]
    """Mean confidence, variability, aum and fraction of right epochs."""
    shown: tuple[ReportedExample, ...]
    """Its most typical examples."""


@dataclass(frozen=True)
class Breakdown:
    """How the groups of one column are spread over the categories."""

    title: str
    counts: Mapping[str, Mapping[str, int]]
    """Group to category to number of examples."""


@dataclass(frozen=True)
class MapReport:
    """Everything the report says, before it is rendered."""

    provenance: Mapping[str, Any]
    regions: tuple[Region, ...]
    breakdowns: tuple[Breakdown, ...]
    num_never_right: int
    """Examples that no counted epoch got right."""
    num_negative_aum: int
    """Examples whose mean margin is negative: on average the model preferred another answer."""
    label_error_candidates: tuple[ReportedExample, ...]
    """The lowest of those, by AUM."""


def make_report(data_map: DataMap, source: TextSource | None, top: int, folder: str = "the data map") -> MapReport:
    """Build the report.

    Args:
        data_map: the map.
        source: its rows, or None for a report of numbers alone.
        top: examples to show of each category, and label-error candidates.
        folder: named in errors.

    Raises:
        SignalError: the rows lack ids of the map.
    """
    columns = data_map.columns
    places = None if source is None else _places(data_map.ids, source.rows, folder)
    confidence, category = columns["confidence"], columns["category"]
    keys = {"easy": -confidence, "ambiguous": -ambiguity(confidence, columns["variability"]), "hard": confidence}
    picks = {name: _lowest(keys[name], category == name, data_map.ids, top) for name in CATEGORIES}
    suspect = columns["aum"] < 0
    candidates = _lowest(columns["aum"], suspect, data_map.ids, top)
    texts = _texts(source, places, np.concatenate([*picks.values(), candidates]))
    return MapReport(
        provenance=data_map.provenance,
        regions=tuple(_region(data_map, name, picks[name], texts) for name in CATEGORIES),
        breakdowns=() if source is None or places is None else _breakdowns(source.rows, places, category),
        num_never_right=int((columns["correctness"] == 0).sum()),
        num_negative_aum=int(suspect.sum()),
        label_error_candidates=_examples(data_map, candidates, texts),
    )


def _places(ids: NDArray[np.str_], rows: Rows, folder: str) -> NDArray[np.int64]:
    """Return (N,) the row of each id."""
    order = np.argsort(rows.ids)
    place = order[np.minimum(np.searchsorted(rows.ids, ids, sorter=order), len(order) - 1)]
    lost = ids[rows.ids[place] != ids]
    if len(lost):
        shown = ", ".join(repr(str(value)) for value in lost[:3])
        raise SignalError(
            f"{folder}: {len(lost)} of its {len(ids)} ids ({shown} ...) are not among the {len(rows)} rows of "
            f"{rows.source.name} (split {rows.source.split}); name the map's own data with --dataset, --split, --task "
            "and --columns"
        )
    found: NDArray[np.int64] = place
    return found


def _lowest(key: NDArray[np.float64], among: NDArray[np.bool_], ids: NDArray[np.str_], top: int) -> NDArray[np.int64]:
    """Return the positions of the ``top`` lowest keys, ties by id."""
    inside = np.flatnonzero(among)
    if len(inside) > top > 0:
        # Sorting millions of ids for a handful of ties would be the slowest step of the report.
        limit = np.partition(key[inside], top - 1)[top - 1]
        inside = inside[key[inside] <= limit]
    order: NDArray[np.int64] = inside[np.lexsort((ids[inside], key[inside]))][:top]
    return order


def _texts(source: TextSource | None, places: NDArray[np.int64] | None, chosen: NDArray[np.int64]) -> dict[int, str]:
    if source is None or places is None:
        return {}
    wanted = np.unique(chosen).tolist()
    return dict(zip(wanted, source.task.texts(source.rows, places[wanted].tolist()), strict=True))


def _examples(data_map: DataMap, chosen: NDArray[np.int64], texts: Mapping[int, str]) -> tuple[ReportedExample, ...]:
    columns = data_map.columns
    return tuple(
        ReportedExample(
            id=str(data_map.ids[place]),
            category=str(columns["category"][place]),
            confidence=float(columns["confidence"][place]),
            variability=float(columns["variability"][place]),
            correctness=float(columns["correctness"][place]),
            observed=float(columns["observed"][place]),
            aum=float(columns["aum"][place]),
            text=texts.get(place),
        )
        for place in chosen.tolist()
    )


def _region(data_map: DataMap, name: str, chosen: NDArray[np.int64], texts: Mapping[int, str]) -> Region:
    columns = data_map.columns
    inside = columns["category"] == name
    number = int(inside.sum())
    means = {metric: float(columns[metric][inside].mean()) for metric in _MEANS} if number else {}
    if number:
        means["right"] = float((columns["correctness"][inside] / columns["observed"][inside]).mean())
    return Region(name, number, number / len(data_map), means, _examples(data_map, chosen, texts))


def _breakdowns(rows: Rows, places: NDArray[np.int64], category: NDArray[np.str_]) -> tuple[Breakdown, ...]:
    made = []
    names = rows.table.column_names
    if "question" in names:
        kinds = question_types(list(rows.table["question"]))[places]
        made.append(_breakdown("question type", kinds, category, QUESTION_TYPES))
    if rows.labels is not None:
        labels = np.asarray([*rows.label_names] or np.unique(rows.labels).astype(str), dtype=np.str_)
        made.append(_breakdown("label", labels[rows.labels[places]], category, tuple(labels.tolist())))
    if "planted" in names:
        planted = np.asarray(rows.table["planted"], dtype=np.str_)[places]
        made.append(_breakdown("planted", planted, category, tuple(np.unique(planted).tolist())))
    return tuple(made)


def _breakdown(title: str, groups: NDArray[np.str_], category: NDArray[np.str_], order: tuple[str, ...]) -> Breakdown:
    counts = {
        group: {name: int(((groups == group) & (category == name)).sum()) for name in CATEGORIES} for group in order
    }
    return Breakdown(title, {group: row for group, row in counts.items() if any(row.values())})
