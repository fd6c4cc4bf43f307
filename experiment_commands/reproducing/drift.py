"""What has changed since a run: code, packages and machine, data."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from experiment_commands.comparing.differences import MISSING, Difference, differences
from experiment_commands.comparing.surroundings import code_of
from experiment_commands.reproducing.record import RunRecord

__all__ = ["Drift", "find_drift"]


class Drift(NamedTuple):
    """What is no longer as it was; each difference has the values then and now."""

    code: tuple[Difference, ...]
    environment: tuple[Difference, ...]
    data: tuple[Difference, ...]
    unknown: tuple[str, ...]
    """What cannot be compared, because nobody wrote it down."""

    @property
    def anything(self) -> bool:
        """Whether something changed, or may have."""
        return bool(self.code or self.environment or self.data or self.unknown)


def find_drift(
    record: RunRecord,
    machine: Mapping[str, Any],
    code: Mapping[str, Any],
    data_files: Sequence[Mapping[str, Any]] | None,
) -> Drift:
    """Compare how a run was recorded with how things are.

    Args:
        record: the run.
        machine: this machine and its packages.
        code: the state of the code now; empty where nobody knows it.
        data_files: path and sha256 of the files that the configuration names now; None where it names none that
            anybody knows of, and nothing is said of data.
    """
    unknown = []
    if not record.code or not code:
        unknown.append("the code's commit" + (" (it is in no git repository now)" if record.code else ""))
    if not record.machine:
        unknown.append("packages and machine")
    if data_files is not None and record.data_files is None:
        unknown.append(
            "checksums of the data" + ("" if record.has_folder else " (they were in its folder, which is gone)")
        )
    return Drift(
        code=tuple(differences([code_of(record.code), code_of(code)])) if record.code and code else (),
        environment=tuple(differences([_comparable(record.machine), _comparable(machine)])) if record.machine else (),
        data=tuple(_changed_files(record.data_files, data_files))
        if record.data_files and data_files is not None
        else (),
        unknown=tuple(unknown),
    )


def _comparable(machine: Mapping[str, Any]) -> dict[str, Any]:
    values = dict(machine)
    # A package that was looked for and not found is one that is not there.
    values["packages"] = {name: each for name, each in dict(values.get("packages") or {}).items() if each is not None}
    return values


def _changed_files(then: Sequence[Mapping[str, Any]], now: Sequence[Mapping[str, Any]]) -> list[Difference]:
    sums = [{str(each["path"]): _sum_text(each) for each in files} for files in (then, now)]
    paths = dict.fromkeys([*sums[0], *sums[1]])
    pairs = [(path, tuple(each.get(path, MISSING) for each in sums)) for path in paths]
    return [Difference((path,), values) for path, values in pairs if values[0] != values[1]]


def _sum_text(entry: Mapping[str, Any]) -> str:
    return f"sha256 {str(entry.get('sha256'))[:12]}"
