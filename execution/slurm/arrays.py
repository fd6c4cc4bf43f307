"""Which jobs of a graph make one job array: those that wait for the same and ask for the same."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from errors import ConfigError
from jobs import Job, Resources
from jobs.dependencies import topological_sorter

__all__ = ["arrays"]

_LONGEST = 1000
"""SLURM's own limit, unless a cluster sets another."""


def arrays(jobs: Sequence[Job]) -> Iterator[Sequence[Job]]:
    """Yield arrays of jobs, so that whatever one needs was yielded before it; a need that is not in the list is done.

    Args:
        jobs: in any order, each id once.

    Raises:
        ConfigError: an id stands twice, or jobs need one another in a cycle.
    """
    by_id = {job.id: job for job in jobs}
    if len(by_id) < len(jobs):
        twice = next(job for job in jobs if by_id[job.id] is not job)
        raise ConfigError(f"{twice.name}: the id {twice.id!r} stands twice among the jobs")
    levels = _levels(by_id)
    groups: dict[tuple[int, frozenset[str], Resources], list[Job]] = {}
    for job in sorted(jobs, key=lambda job: (levels[job.id], -job.priority)):
        inside = frozenset(need for need in job.needs if need in by_id)
        groups.setdefault((levels[job.id], inside, job.resources), []).append(job)
    for group in groups.values():
        for start in range(0, len(group), _LONGEST):
            yield group[start : start + _LONGEST]


def _levels(by_id: Mapping[str, Job]) -> dict[str, int]:
    """Return for each job the longest way to one that needs nothing."""
    needs = {job.id: [need for need in job.needs if need in by_id] for job in by_id.values()}
    sorter = topological_sorter(needs, {job.id: job.name for job in by_id.values()})
    levels: dict[str, int] = {}
    for level, ready in enumerate(iter(sorter.get_ready, ())):
        levels |= dict.fromkeys(ready, level)
        sorter.done(*ready)
    return levels
