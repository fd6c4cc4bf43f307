"""Works through a queue, until nothing is left to do: what it does when, and when it is over."""

from __future__ import annotations

import time
from contextlib import suppress

from errors import AssayError
from execution.base import Executor
from execution.dispatching.intake import Intake
from execution.dispatching.listening import Listener
from execution.dispatching.options import DispatcherOptions
from execution.dispatching.parties import Parties
from execution.dispatching.watching import Watch
from execution.interruption import Interruption
from tracking.queue.queue import Queue
from tracking.queue.records import QueueState

__all__ = ["Dispatcher"]

_LOOK_SECONDS = 0.5
"""How long to wait at most before looking for new work, and for orders."""
_AWAY_SECONDS = 1.0
"""Between two tries to reach a store that does not answer."""


class Dispatcher:
    """Works through a queue.

    Args:
        queue: where jobs come from. If its store goes away, what runs goes on, and what ended is told when it is back.
        executor: who does them.
        listener: told what happens.
        interruption: stops it from outside.
        options: how it works.
    """

    def __init__(
        self,
        queue: Queue,
        executor: Executor,
        listener: Listener,
        interruption: Interruption,
        options: DispatcherOptions,
    ) -> None:
        self._parties = Parties(queue, executor, listener, interruption, options.lease_seconds)
        self._link = self._parties.link
        self._watch = Watch(self._parties)
        self._intake = Intake(self._parties, self._watch, options)
        self._options = options
        self._next_claim = 0.0
        self._ran_dry = False
        self._has_failed = False

    def run(self) -> None:
        """Work until nothing is left that could be done, or until somebody stops it.

        Whoever was interrupted asks the interruption; what ran then is saved and given back to the queue, or left where
        it goes on by itself. So it is where something goes wrong here. What does not answer is asked again: store,
        executor, and handles.
        """
        self._watch.listen()
        with self._link.keeper:
            try:
                self._work()
            except Exception as error:
                self._save(error)
                raise

    def _work(self) -> None:
        while True:
            self._watch.shutdown.turn()
            self._settle()
            self._link.take_back()
            self._begin()
            if self._is_over():
                return
            if not self._ran_dry:
                self._wait()

    def _begin(self) -> None:
        # Progress comes often; what was not there a moment ago is not asked for at each step of what runs.
        if self._watch.running and time.monotonic() < self._next_claim:
            return
        while not (self._is_ending() or self._link.is_away or self._intake.pauses.is_on) and self._intake.take():
            self._ran_dry = False
            # An executor that works within submit has ended them already, and may have taken hours.
            self._settle()
            self._link.take_back()
        self._next_claim = time.monotonic() + _LOOK_SECONDS

    def _is_ending(self) -> bool:
        """Whether nothing new is to be begun any more."""
        failed = self._options.stop_on_failure and self._has_failed
        return self._intake.is_used_up or failed or self._parties.interruption.is_asked

    def _wait(self) -> None:
        """Wait until something happens, and take note of what ended."""
        try:
            if self._watch.running:
                self._watch.wait(_LOOK_SECONDS)
            else:
                time.sleep(self._pause())
        except AssayError as error:
            self._parties.say_once(f"the executor does not answer, and is asked again: {error}")
            time.sleep(_LOOK_SECONDS)
        self._watch.look()
        if trouble := self._link.keeper.take_trouble():
            self._parties.say_once(f"no sign of life could be given to the queue, and it is tried again: {trouble}")

    def _pause(self) -> float:
        if self._link.is_away:
            return _AWAY_SECONDS
        delayed = self._link.next_change_in()
        return _LOOK_SECONDS if delayed is None else min(_LOOK_SECONDS, max(delayed, 0.01))

    def _settle(self) -> None:
        """Tell the queue what ended. While its store is away the ended wait, their leases kept alive."""
        for claim, outcome, settled in self._link.tell():
            self._next_claim = 0.0
            self._has_failed |= settled.state == QueueState.FAILED
            self._intake.heed(claim.job, outcome)
            self._parties.listener.ended(claim.job, outcome, settled)

    def _is_over(self) -> bool:
        had_run_dry, self._ran_dry = self._ran_dry, False
        if self._watch.running:
            return False
        if self._link.is_away:
            # Nobody can be told what ended; the folders know, and the leases run out.
            return self._parties.interruption.is_asked
        if self._link.has_untold:
            return False
        if self._is_ending():
            return True
        pauses = self._intake.pauses
        if pauses.is_trial and not self._options.continuous and self._link.is_drained():
            # What nothing could be begun of here was done elsewhere.
            return True
        waits = self._options.continuous or pauses.is_on or not self._intake.is_idle
        # What was delayed at the last claim may be due by now: only a claim after this says that nothing is left.
        self._ran_dry = not waits and self._link.is_exhausted()
        if not waits and self._link.others_run:
            self._parties.say_once(
                "waiting: jobs run with other workers; what becomes of them may leave something to do here"
            )
        return had_run_dry and self._ran_dry

    def _save(self, error: Exception) -> None:
        """Have what runs saved although something is wrong here: the error is told by whoever catches it."""
        self._intake.give_back_rest()
        shutdown = self._watch.shutdown
        self._parties.fall_silent()
        with suppress(Exception):
            shutdown.begin(f"{type(error).__name__}: {error}")
        with suppress(Exception):
            while self._watch.running and not shutdown.is_out_of_patience:
                shutdown.turn()
                self._wait()
            self._settle()
