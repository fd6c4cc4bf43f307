"""Signs of life for the jobs that a dispatcher has, from a thread of its own: work in this process may take long."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from contextlib import suppress
from typing import Any, Self

from tracking.queue.queue import Queue
from tracking.queue.records import Claim, Orders
from tracking.store.database import DatabaseUnavailable

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
        # By token: a job that was lost and taken again is two claims.
        self._claims: dict[str, Claim] = {}
        self._progress: dict[str, Mapping[str, Any]] = {}
        self._cancelled: set[str] = set()
        self._unwanted: dict[str, Claim] = {}
        self._trouble = ""
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
            self._claims[claim.token] = claim

    def remove(self, claim: Claim) -> None:
        """Let go of a claim that was settled."""
        with self._turn:
            self._claims.pop(claim.token, None)
            self._progress.pop(claim.token, None)
            self._cancelled.discard(claim.token)
            self._unwanted.pop(claim.token, None)

    def note(self, claim: Claim, progress: Mapping[str, Any]) -> None:
        """Say with the next beat how far a job is."""
        if progress:
            with self._turn:
                self._progress[claim.token] = progress

    def give_sign(self) -> None:
        """Give a sign of life now, and take the orders that came since the last one."""
        with suppress(DatabaseUnavailable):
            self._beat()

    def take_unwanted(self) -> list[Claim]:
        """Return the claims that are to be stopped, each once: the user cancelled them, or others have them now."""
        with self._turn:
            unwanted, self._unwanted = list(self._unwanted.values()), {}
        return unwanted

    def is_cancelled(self, claim: Claim) -> bool:
        """Whether the user cancelled this attempt."""
        return claim.token in self._cancelled

    def stop_reason(self) -> str:
        """Return why the one job that runs in this process is to stop; empty while it is to go on."""
        return "taken from the queue meanwhile" if self._unwanted else ""

    def take_trouble(self) -> str:
        """Return why signs of life could not be given, other than that the store is away; each once."""
        trouble, self._trouble = self._trouble, ""
        return trouble

    def _work(self) -> None:
        while not self._is_over.wait(self._seconds):
            try:
                self._beat()
            except DatabaseUnavailable:
                # The dispatcher says so, and the next beat tries again.
                continue
            except Exception as error:
                # Without beats others would take every job, while each is being done here.
                self._trouble = f"{type(error).__name__}: {error}"

    def _beat(self) -> None:
        with self._turn:
            claims = list(self._claims.values())
            progress = {each.job.id: self._progress[each.token] for each in claims if each.token in self._progress}
        if claims:
            self._obey(self._queue.renew(claims, progress))

    def _obey(self, orders: Orders) -> None:
        with self._turn:
            for claim in (*orders.cancel, *orders.lost):
                # One that was settled while the store was asked is no matter any more.
                if claim.token in self._claims and claim.token not in self._cancelled:
                    self._unwanted[claim.token] = claim
            self._cancelled |= {claim.token for claim in orders.cancel} & set(self._claims)
            # Whoever lost a claim has no right to beat for it; what is cancelled may take a while to stop.
            for claim in orders.lost:
                self._claims.pop(claim.token, None)
