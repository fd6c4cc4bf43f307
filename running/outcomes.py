"""How the jobs of a plan ended, collected while somebody else is told too."""

from __future__ import annotations

import dataclasses
import logging
from datetime import UTC, datetime, timedelta
from pathlib import Path

from errors import AssayError
from execution.base import Handle
from execution.dispatching.listening import Listener
from jobs import Failure, FailureKind, Job, Outcome
from planning.exchange import node_from_mapping
from planning.status import read_results
from running.jobs import NODE_WORK
from running.locks import claimed
from running.results import write_failure
from tracking.queue.records import Settled

__all__ = ["Outcomes", "write_down"]

logger = logging.getLogger(__name__)

_WITHOUT_A_WORD = (FailureKind.WORKER_DIED, FailureKind.TIMED_OUT)
"""Ends after which the process that made a node could write nothing itself."""


class Outcomes(Listener):
    """Collects final outcomes and passes everything on.

    Args:
        listener: who is told everything too.
    """

    def __init__(self, listener: Listener) -> None:
        self._listener = listener
        self.final: dict[str, Outcome] = {}
        """By id of the job; those that were given back to the queue are not in it."""

    def begun(self, job: Job) -> None:
        """Pass it on."""
        self._listener.begun(job)

    def progressed(self, handle: Handle) -> None:
        """Pass it on."""
        self._listener.progressed(handle)

    def given_back(self, job: Job) -> None:
        """Pass it on."""
        self._listener.given_back(job)

    def ended(self, job: Job, outcome: Outcome, settled: Settled) -> None:
        """Keep what is final."""
        if settled.state is not None and settled.state.is_final:
            self.final[job.id] = outcome
            write_down(job, outcome)
        self._listener.ended(job, outcome, settled)

    def said(self, text: str) -> None:
        """Pass it on."""
        self._listener.said(text)


def write_down(job: Job, outcome: Outcome) -> None:
    """Write results.json of an experiment that failed for good as its process died; trouble there is only logged."""
    failure = outcome.failure
    if failure is None or failure.kind not in _WITHOUT_A_WORD or job.work != NODE_WORK:
        return
    try:
        _write_failure(job, failure, datetime.now(UTC) - timedelta(seconds=outcome.seconds))
    except (AssayError, OSError) as error:
        # A full disk; or a job that was planned by another version of the code.
        logger.warning("%s: how it failed is not written down: %s", job.name, error)


def _write_failure(job: Job, failure: Failure, started_at: datetime) -> None:
    node, folder = node_from_mapping(job.payload["node"]), Path(job.payload["cwd"])
    if node.kind != "experiment":
        return
    node = dataclasses.replace(node, folder=folder / node.folder, records_to=None)
    # Somebody else may have taken it up meanwhile.
    with claimed(node, folder / job.payload["experiments_dir"]) as held:
        if held and read_results(node.folder).get("success") is not True:
            write_failure(node, failure, started_at)
