"""What the queue shows of a job that has its turn and does not begin: the words of a worker that passed it over."""

from __future__ import annotations

from dataclasses import dataclass

from tracking.indexing.columns import storable

__all__ = ["Refusals"]

_NEVER, _NOT_NOW = "not possible", "waits"
"""How a worker's words begin: it can never do the job, or not at the moment."""


@dataclass(frozen=True)
class Refusals:
    """Says on one host why jobs do not begin; each method returns what is to be shown from then on.

    There is room for the words of one worker. Those of another host stay, unless they say that it can never do what
    this one can.
    """

    host: str

    def never(self, shown: str, why: str) -> str:
        """Return what to show of a job that this worker can never do, instead of ``shown``."""
        words = self._words(_NEVER, why)
        return words if not shown or self._are_ours(shown) else shown

    def not_now(self, shown: str, why: str) -> str:
        """Return what to show of a job that this worker could do at another time, instead of ``shown``."""
        words = self._words(_NOT_NOW, why)
        return words if not shown or self._are_ours(shown) or shown.startswith(_NEVER) else shown

    def soon(self, shown: str) -> str:
        """Return what to show of a job that begins when it has room, instead of ``shown``."""
        words = self._words(_NOT_NOW, "there is no room yet")
        if self._are_ours(shown):
            return words if shown == words else ""
        return words if shown.startswith(_NEVER) else shown

    def _are_ours(self, shown: str) -> bool:
        return self._place in shown

    def _words(self, how: str, why: str) -> str:
        return storable(f"{how}{self._place}{why}")

    @property
    def _place(self) -> str:
        return f" on {self.host}: "
