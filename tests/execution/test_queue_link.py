"""The store goes away while a dispatcher works: what runs goes on, and what ended is told when it is back."""

from __future__ import annotations

import threading
from typing import Any

import pytest

from execution.base import Handle
from execution.dispatching.dispatcher import Dispatcher
from execution.dispatching.options import DispatcherOptions
from execution.executors import create_executor
from execution.interruption import Interruption
from execution.options import ExecutorOptions
from tests.execution.dispatching import Asked, Heard, dispatch, make_job
from tracking.queue.queue import Queue
from tracking.queue.records import QueueState
from tracking.store.database import Database, DatabaseUnavailable

pytestmark = pytest.mark.usefixtures("plugin")

INLINE = ExecutorOptions()


class Away(Queue):
    """A queue whose store goes away when told."""

    away = False

    def _answer(self) -> None:
        if self.away:
            raise DatabaseUnavailable("the server is gone")

    def claim(self, *given: Any, **named: Any) -> Any:
        self._answer()
        return super().claim(*given, **named)

    def settle_all(self, *given: Any) -> Any:
        self._answer()
        return super().settle_all(*given)

    def renew(self, *given: Any) -> Any:
        self._answer()
        return super().renew(*given)

    def take_back(self) -> Any:
        self._answer()
        return super().take_back()


def test_while_the_store_is_away_what_ended_waits_to_be_told(database: Database) -> None:
    queue = Away(database)
    queue.add([make_job("a", "test.sleep", payload={"seconds": 0.5}), make_job("b")])

    class Watching(Heard):
        def progressed(self, handle: Handle) -> None:
            queue.away = handle.job.id == "a"

        def said(self, text: str) -> None:
            super().said(text)
            threading.Timer(2.5, setattr, [queue, "away", False]).start()

    heard = Watching()
    with create_executor(INLINE) as executor:
        Dispatcher(queue, executor, heard, Interruption(), DispatcherOptions()).run()
    gone = "the store does not answer, what runs goes on: the server is gone"
    assert heard.lines == [gone, "the store answers again"]
    assert [(id, settled.state) for id, _, settled in heard.ends] == [("a", "completed"), ("b", "completed")]


def test_what_was_handed_out_when_the_store_went_away_is_handed_out_again(database: Database) -> None:
    class Cut(Queue):
        cuts = 1

        def claim(self, *given: Any, **named: Any) -> Any:
            claims = super().claim(*given, **named)
            if self.cuts:
                self.cuts -= 1
                raise DatabaseUnavailable("the answer is lost")
            return claims

    queue = Cut(database)
    queue.add([make_job("a")])
    heard = dispatch(queue)
    assert heard.begun_jobs == ["a"]
    assert len(queue.jobs(["a"])[0].attempts) == 1, "what nobody knew of is no attempt"


def test_whoever_is_asked_to_stop_does_not_wait_for_a_store_that_is_away(database: Database) -> None:
    queue, asked = Away(database), Asked()
    queue.add([make_job("a", "test.sleep", payload={"seconds": 0.2})])

    class Watching(Heard):
        def progressed(self, handle: Handle) -> None:
            queue.away = True

        def said(self, text: str) -> None:
            asked.asked = True

    with create_executor(INLINE) as executor:
        Dispatcher(queue, executor, Watching(), asked, DispatcherOptions()).run()
    queue.away = False
    assert queue.jobs(["a"])[0].state == QueueState.RUNNING, "its lease runs out, and its folder says what it did"
