"""Signs of life for the jobs that a dispatcher has, from a thread of its own: work in this process may take long."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from typing import Any, Self

from errors import AssayError
from jobs import Job
from tracking.queue.queue import Queue
from tracking.queue.records import Claim, Orders

__all__ = ["LeaseKeeper"]

_BEATS_A_LEASE = 4
_LONGEST_SECONDS = 5.0
"""Between two beats: progress and orders travel with them."""


class LeaseKeeper:
    """Renews leases until its block is left, and takes orders meanwhile.

    Args:
        queue: whose leases.
        lease_seconds: how long a lease lasts without a sign of life.
    """

    def __init__(self, queue: Queue, lease_seconds: float) -> None:
        self._queue = queue
        self._seconds = min(lease_seconds / _BEATS_A_LEASE, _LONGEST_SECONDS)
        self._turn = threading.Lock()
        self._claims: dict[str, Claim] = {}
        self._progress: dict[str, Mapping[str, Any]] = {}
        self._cancelled: set[str] = set()
        self._unwanted: list[Claim] = []
        self._is_over = threading.Event()
        self._thread = threading.Thread(target=self._work, name="leases", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *error: object) -> None:
        self._is_over.set()
        # A store that hangs holds nobody up: what is renewed after the end is of no use.
        self._thread.join(timeout=_LONGEST_SECONDS)

    def add(self, claim: Claim) -> None:
        """Keep a claim alive."""
        with self._turn:
            self._claims[claim.job.id] = claim

    def remove(self, claim: Claim) -> None:
        """Let go of a claim that was settled."""
        with self._turn:
            self._claims.pop(claim.job.id, None)
            self._progress.pop(claim.job.id, None)
            self._cancelled.discard(claim.token)
            self._unwanted = [each for each in self._unwanted if each.token != claim.token]

    def note(self, claim: Claim, progress: Mapping[str, Any]) -> None:
        """Say with the next beat how far a job is."""
        self.note_job(claim.job, progress)

    def note_job(self, job: Job, progress: Mapping[str, Any]) -> None:
        """Say with the next beat how far a job is."""
        if progress:
            with self._turn:
                self._progress[job.id] = progress

    def take_unwanted(self) -> list[Claim]:
        """Return the claims that are to be stopped, each once: the user cancelled them, or others have them now."""
        with self._turn:
            unwanted, self._unwanted = self._unwanted, []
        return unwanted

    def is_cancelled(self, claim: Claim) -> bool:
        """Whether the user cancelled this attempt."""
        return claim.token in self._cancelled

    def stop_reason(self) -> str:
        """Return why the one job that runs in this process is to stop; empty while it is to go on."""
        return "taken from the queue meanwhile" if self._unwanted else ""

    def _work(self) -> None:
        while not self._is_over.wait(self._seconds):
            with self._turn:
                claims, progress = list(self._claims.values()), dict(self._progress)
            try:
                orders = self._queue.renew(claims, progress) if claims else None
            except AssayError:
                # The store is away; the dispatcher says so, and the next beat tries again.
                continue
            if orders is not None:
                self._obey(orders)

    def _obey(self, orders: Orders) -> None:
        with self._turn:
            known = {claim.token for claim in self._unwanted} | self._cancelled
            held = {claim.token for claim in self._claims.values()}
            # One that was settled while the store was asked is no matter any more.
            unwanted = [claim for claim in (*orders.cancel, *orders.lost) if claim.token in held - known]
            self._unwanted += unwanted
            self._cancelled |= {claim.token for claim in orders.cancel} & held
            # Whoever lost a claim has no right to beat for it; what is cancelled may take a while to stop.
            for claim in orders.lost:
                self._claims.pop(claim.job.id, None)
