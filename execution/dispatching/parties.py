"""Those between whom a dispatcher stands."""

from __future__ import annotations

from contextlib import suppress

from execution.base import Executor
from execution.dispatching.listening import Listener
from execution.dispatching.queue_link import QueueLink
from execution.interruption import Interruption
from tracking.queue.queue import Queue

__all__ = ["Parties"]


class Parties:
    """Who has the work, who does it, who is told, and who may stop it.

    Args:
        queue: where jobs come from.
        executor: who does them.
        listener: told what happens.
        interruption: stops it from outside.
        lease_seconds: of what is claimed.
    """

    def __init__(
        self, queue: Queue, executor: Executor, listener: Listener, interruption: Interruption, lease_seconds: float
    ) -> None:
        self.executor = executor
        self._listener = listener
        self.interruption = interruption
        self.link = QueueLink(queue, lease_seconds, self.say)
        """To the queue, whose store may go away."""
        self._said: set[str] = set()

    @property
    def listener(self) -> Listener:
        """Who is told what happens."""
        return self._listener

    def fall_silent(self) -> None:
        """Tell nothing of jobs from now on, and lines if it can be done: it may be the listener who failed."""
        self._listener = _LinesAlone(self._listener)

    def say(self, text: str) -> None:
        """Tell people a line."""
        self._listener.said(text)

    def say_once(self, text: str) -> None:
        """Tell people a line that they have not been told yet."""
        if text not in self._said:
            self._said.add(text)
            self.say(text)


class _LinesAlone(Listener):
    def __init__(self, listener: Listener) -> None:
        self._listener = listener

    def said(self, text: str) -> None:
        with suppress(Exception):
            self._listener.said(text)
