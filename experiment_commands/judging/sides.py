"""Whose runs are tested against each other, and whether more sets them apart than strategy and seed."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import accumulate, islice
from typing import NamedTuple

from errors import ConfigError, DataError
from experiment_commands.comparing.differences import Difference, differences, same
from experiment_commands.comparing.metrics import SubjectRuns
from experiment_commands.comparing.surroundings import configuration_without_seed
from experiment_commands.subjects import Subject, find_subjects, repetitions
from tracking.reading.local_backend import LocalBackend

__all__ = ["Confounder", "confounders", "find_sides", "remarks_on_looks", "remarks_on_sides"]

_FILTER = re.compile(r"[=<>~]|\s(?:in|is|not)\s")
"""What the name of an experiment hardly holds and every filter does."""
_STRATEGIES = "strategies"


class Confounder(NamedTuple):
    """A setting that differs between runs, beside strategy and seed."""

    difference: Difference
    """One value for each side: that of its first run."""
    within: tuple[int, ...]
    """Positions of sides whose own runs differ in it."""


def find_sides(backend: LocalBackend, texts: Sequence[str]) -> list[SubjectRuns]:
    """Return the runs that each text stands for: an experiment, a variant, a group, or what a filter finds.

    Args:
        backend: the store.
        texts: at least two.

    Raises:
        ConfigError: a filter that makes no sense, or a run on two sides.
        DataError: a text that finds nothing, or a variant of several configurations.
    """
    subjects = [_find(backend, text) for text in texts]
    _check_apart(texts, subjects)
    details = iter(backend.get_experiments([member.id for subject in subjects for member in subject.members]))
    return [SubjectRuns(subject, tuple(islice(details, len(subject.members)))) for subject in subjects]


def _find(backend: LocalBackend, text: str) -> Subject:
    try:
        return find_subjects(backend, [text])[0]
    except DataError:
        if not _FILTER.search(text):
            raise
    members = backend.get_all_experiments(text, params=(), metrics=())
    if not members:
        raise DataError(f"no experiment fulfils {text!r}; list --where shows what a filter finds")
    return repetitions(text, members)


def _check_apart(texts: Sequence[str], subjects: Sequence[Subject]) -> None:
    seen: dict[str, str] = {}
    for text, subject in zip(texts, subjects, strict=True):
        for member in subject.members:
            if member.id in seen:
                raise ConfigError(f"{seen[member.id]!r} and {text!r} both hold {member.name}; a run has one side")
        seen.update((member.id, text) for member in subject.members)


def confounders(sides: Sequence[SubjectRuns], texts: Sequence[str] = ()) -> list[Confounder]:
    """Return the settings beside strategy and seed in which any two runs differ.

    Of one side all runs have the same strategy. A parameter that one of the filters names is what the user compares,
    and so is the only difference between runs that have no strategies at all, such as those of a script.

    Args:
        sides: at least two.
        texts: what the sides were found by.
    """
    configurations = [configuration_without_seed(details) for side in sides for details in side.details]
    ends = list(accumulate(len(side.details) for side in sides))
    found = []
    for difference in differences(configurations):
        values = [difference.values[end - len(side.details) : end] for side, end in zip(sides, ends, strict=True)]
        within = tuple(side for side, own in enumerate(values) if not all(same(own[0], value) for value in own[1:]))
        meant = difference.path[0] == _STRATEGIES and not within
        if not meant and not any(_names(text, difference.name) for text in texts):
            found.append(Confounder(Difference(difference.path, tuple(own[0] for own in values)), within))
    scripted = not any(_STRATEGIES in configuration for configuration in configurations)
    return [] if scripted and len(found) == 1 and not found[0].within else found


def _names(text: str, parameter: str) -> bool:
    whole = rf"(?<![\w.])(params?\.|config\.)?{re.escape(parameter)}(?![\w.])"
    return _FILTER.search(text) is not None and re.search(whole, text) is not None


def remarks_on_sides(sides: Sequence[SubjectRuns]) -> list[str]:
    """Return what must be known of the runs beside their settings: other code, and seeds added until decided."""
    details = [each for side in sides for each in side.details]
    commits = list(dict.fromkeys(str(each.code["commit"])[:7] for each in details if each.code.get("commit")))
    code = [f"the runs are of different code: commits {', '.join(commits)}"] if len(commits) > 1 else []
    return [*code, *remarks_on_looks(sides)]


def remarks_on_looks(sides: Sequence[SubjectRuns]) -> list[str]:
    """Return a warning where seeds were added until comparisons were decided."""
    folders = dict.fromkeys(each.folder.parent for side in sides for each in side.records)
    records = [path.name for folder in folders for path in sorted(folder.glob("decisions_*.json"))]
    if not records:
        return []
    listed = ", ".join(records)
    return [
        f"seeds were added until decided: the claims that hold are in {listed}; what stands here knows nothing of the "
        "looks in between"
    ]
