"""Decide which candidates a worker gets. Nothing here writes to the store."""

from __future__ import annotations

from typing import Any, NamedTuple

from errors import ConfigError
from jobs import Job
from tracking.queue.candidates import Candidate
from tracking.queue.records import ClaimRequest, Fit
from tracking.queue.refusals import Refusals
from tracking.queue.spending import Budget

__all__ = ["MOST_OVERTAKEN", "Selected", "Selection"]

MOST_OVERTAKEN = 10
"""So many may begin before a job that stood in front of them and did not fit; then a worker waits until it fits."""
_MOST_LATER = 500
"""Behind so many that have no room yet nobody looks for one that has."""


class Selected(NamedTuple):
    """A job that begins."""

    row: Any
    """Of its candidate."""
    job: Job


class Selection:
    """Goes along candidates in the order of their turns.

    One that has no room yet is overtaken by smaller ones behind it, but only :data:`MOST_OVERTAKEN` times: from then on
    nothing begins behind it, and what ends makes room for it. So nobody starves.

    Args:
        request: of the worker.
        budget: what limits over the whole queue leave.
    """

    def __init__(self, request: ClaimRequest, budget: Budget) -> None:
        self.selected: list[Selected] = []
        self.overtaken: dict[int, int] = {}
        """How often each job that has no room yet was overtaken, by key."""
        self.refusals: dict[int, str] = {}
        """What is shown from now on of jobs, by key, where it is not what was shown."""
        self._request = request
        self._budget = budget
        self._says = Refusals(request.worker.host)
        self._keeps_room = False

    @property
    def is_complete(self) -> bool:
        """Whether nothing begins behind what was looked at."""
        full = len(self.selected) == self._request.limit
        return full or self._keeps_room or len(self.overtaken) == _MOST_LATER

    def consider(self, candidate: Candidate) -> None:
        """Decide about the next one."""
        row, spec = candidate
        never = self._why_never(row, spec)
        if never:
            self._show(row, self._says.never(row.refusal, never))
            return
        assert isinstance(spec, Job)
        shortage = self._budget.shortage(spec)
        if shortage:
            self._show(row, self._says.not_now(row.refusal, shortage))
            return
        self._fit_in(row, spec)

    def _why_never(self, row: Any, spec: Job | ConfigError | None) -> str:
        """Return why a job can never begin on this worker, or nothing."""
        if spec is None:
            code = self._request.code or "not known"
            return (
                f"planned by code {row.code}, and the code here is {code}: release it with --any-code, or plan it again"
            )
        if isinstance(spec, ConfigError):
            # A worker of another version may be able to.
            return f"not to be read by the version of the program there: {spec}"
        return self._request.refusal(spec) or self._budget.refusal(spec)

    def _fit_in(self, row: Any, job: Job) -> None:
        fit = self._request.fits(job, [each.job for each in self.selected])
        if fit == Fit.NOW:
            self._select(row, job)
        elif fit == Fit.BLOCKED:
            obstacle = self._request.obstacle(job) or "others use what it needs"
            self._show(row, self._says.not_now(row.refusal, obstacle))
        else:
            self._pass_over(row)

    def _select(self, row: Any, job: Job) -> None:
        self.selected.append(Selected(row, job))
        self._budget.spend(job)
        self.overtaken = {key: times + 1 for key, times in self.overtaken.items()}
        self._keeps_room = MOST_OVERTAKEN in self.overtaken.values()

    def _pass_over(self, row: Any) -> None:
        self._show(row, self._says.soon(row.refusal))
        self.overtaken[row.key] = min(row.overtaken, MOST_OVERTAKEN)
        self._keeps_room |= row.overtaken >= MOST_OVERTAKEN

    def _show(self, row: Any, refusal: str) -> None:
        if refusal != row.refusal:
            self.refusals[row.key] = refusal
