"""Whom a command compares or draws: single experiments, or one configuration's runs over several seeds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from errors import ConfigError, DataError
from tracking.reading.local_backend import LocalBackend
from tracking.reading.records import ExperimentRecord
from tracking.reading.where import quoted
from tracking.statuses import Status

__all__ = ["Subject", "find_subjects", "repetitions"]

_MAX_SUBJECTS = 20


@dataclass(frozen=True)
class Subject:
    """One column of a comparison, one line of a picture."""

    title: str
    members: tuple[ExperimentRecord, ...]
    """The experiment alone, or one of each seed, by seed."""
    grouped: bool
    num_left_out: int = 0
    """Runs of the group that do not count: unfinished, or repeated since with the same seed."""

    @property
    def seeds(self) -> tuple[int, ...]:
        """Seeds of the members that have one."""
        return tuple(member.seed for member in self.members if member.seed is not None)


def find_subjects(backend: LocalBackend, texts: Sequence[str], by_group: bool = False) -> list[Subject]:
    """Return what each text names: an experiment, or else a variant or group with all its seeds.

    If one of them is a group, all are, since one run can only stand beside means as a group of one seed.

    Args:
        backend: the store.
        texts: ids, unique parts of them, names, variants or groups.
        by_group: take each named experiment's whole group.

    Raises:
        DataError: a text names nothing, or too much.
        ConfigError: the same is named twice, or there are too many.
    """
    if len(texts) > _MAX_SUBJECTS:
        raise ConfigError(f"{len(texts)} experiments are too many to tell apart; name at most {_MAX_SUBJECTS}")
    found = [_find(backend, text) for text in texts]
    if by_group:
        found = [_matching(backend, f"group = {quoted(each[0].group)}") for each in found]
    grouped = by_group or any(len(members) > 1 for members in found)
    subjects = [_subject(members, grouped) for members in found]
    seen: dict[tuple[str, ...], str] = {}
    for text, subject in zip(texts, subjects, strict=True):
        ids = tuple(member.id for member in subject.members)
        if ids in seen:
            raise ConfigError(f"{seen[ids]!r} and {text!r} name the same runs; name each once")
        seen[ids] = text
    return subjects


def _find(backend: LocalBackend, text: str) -> list[ExperimentRecord]:
    """Return the experiment, or all runs of the group; an exact name beats a part of an id."""
    try:
        record = backend.get_experiment(text).record
    except DataError:
        members = _named_group(backend, text)
        if not members:
            raise
        return members
    exact = text in (record.id, record.name)
    return [record] if exact else _named_group(backend, text) or [record]


def _named_group(backend: LocalBackend, text: str) -> list[ExperimentRecord]:
    members = _matching(backend, f"variant = {quoted(text)} or group = {quoted(text)}")
    groups: dict[str, ExperimentRecord] = {member.group: member for member in members}
    if len(groups) > 1:
        shown = ", ".join(f"{group} (such as {member.name})" for group, member in list(groups.items())[:5])
        more = ", …" if len(groups) > 5 else ""
        raise DataError(f"{text!r} names {len(groups)} configurations: {shown}{more}; name one of these groups")
    return members


def _matching(backend: LocalBackend, condition: str) -> list[ExperimentRecord]:
    return backend.get_all_experiments(condition, params=(), metrics=())


def _subject(members: Sequence[ExperimentRecord], grouped: bool) -> Subject:
    return repetitions(members[0].variant, members) if grouped else Subject(members[0].name, tuple(members), False)


def repetitions(title: str, members: Sequence[ExperimentRecord]) -> Subject:
    """Return runs as one subject: those that completed, if any did, and of each seed of a group the newest.

    Runs without a seed repeat nothing, so that each of them counts.

    Args:
        title: what to call them.
        members: at least one.
    """
    completed = [member for member in members if member.status is Status.COMPLETED] or list(members)
    newest: dict[tuple[str, int | str], ExperimentRecord] = {}
    for member in sorted(completed, key=lambda member: member.created_at):
        newest[member.group, member.id if member.seed is None else member.seed] = member
    kept = sorted(newest.values(), key=lambda member: (member.seed is None, member.seed or 0))
    return Subject(title, tuple(kept), grouped=True, num_left_out=len(members) - len(kept))
