"""What runs in a worker: its main thread does jobs, another listens to the runner and to signals.

The two ways to be stopped differ. An order of the runner ends the job, and the worker stays. SIGTERM, or a runner that
is gone, ends the worker: it gives its work :data:`execution.endings.GRACE_SECONDS` to save, and not a moment more.
"""

from __future__ import annotations

import atexit
import faulthandler
import json
import os
import queue
import select
import signal
import sys
import threading
import time
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from errors import ConfigError
from execution.channel import Channel, Message
from execution.endings import GRACE_SECONDS
from execution.output import output_to
from execution.work import WORK, Context, carry_out
from execution.workers.processes import OtherProcess
from jobs import FailureKind, Job, Outcome

__all__ = ["serve"]

_LEAVE_SECONDS = 5.0
"""For what libraries do when a process ends."""
_PROGRESS_SECONDS = 0.1
"""Progress is told at most so often: work may report each of its steps."""


def serve(runner: Channel, settings: Message, order: Message) -> None:
    """Do jobs until the runner has no more, is gone, or SIGTERM comes. Called in a fresh child process.

    Args:
        runner: to the runner.
        settings: of the template; ``runner`` is the runner's process id.
        order: with which this worker was forked.
    """
    if order["gpus"] is not None:
        # Before CUDA is touched: it reads this once.
        os.environ["CUDA_VISIBLE_DEVICES"] = ",".join(order["gpus"])
    for stream in (sys.stdout, sys.stderr):
        stream.reconfigure(encoding="utf-8", errors="backslashreplace", line_buffering=True)  # type: ignore[union-attr]
    faulthandler.enable()
    _Worker(runner, OtherProcess(settings["runner"])).serve()
    _leave()


class _Worker:
    def __init__(self, runner: Channel, runner_process: OtherProcess) -> None:
        self._runner = runner
        self._runner_process = runner_process
        self._orders: queue.SimpleQueue[Message | None] = queue.SimpleQueue()
        self._sending = threading.Lock()
        self._current: int | None = None
        self._reason = ""
        self._leaving = ""
        self._untold: str | None = None
        self._told = 0.0
        self._kept: dict[str, Any] = {}
        self._imported: set[str] = set()
        # A handler in Python runs when the main thread comes to it; a byte in a pipe is there at once.
        self._signalled, self._wakeup = os.pipe()
        for descriptor in (self._signalled, self._wakeup):
            os.set_blocking(descriptor, False)
        signal.set_wakeup_fd(self._wakeup, warn_on_full_buffer=False)
        signal.signal(signal.SIGTERM, lambda *_: None)

    def serve(self) -> None:
        self._say({"hello": os.getpid()})
        threading.Thread(target=self._listen, daemon=True, name="listener").start()
        while (order := self._orders.get()) is not None:
            self._do(order)

    def _do(self, order: Message) -> None:
        # Where this worker dies before, another can have the job.
        self._say({"begun": order["order"]})
        with output_to(Path(order["log"])):
            try:
                job = Job.from_json(order["job"])
            except ConfigError as error:
                outcome = Outcome.failed(FailureKind.OTHER_CODE, str(error))
            else:
                context = Context(self._report, lambda: self._leaving or self._reason, self._kept)
                outcome = carry_out(job, context, self._import)
        with self._sending:
            self._current = None
            untold, self._untold = self._untold, None
            self._runner.send({"outcome": outcome.to_mapping(), "order": order["order"], "progress": untold})
        if self._leaving:
            self._orders.put(None)

    def _import(self, work: str) -> None:
        """Say so before: where that ends this process, the runner knows what did.

        Nothing else is imported here: what the job at hand does not use must not end it.
        """
        if work in self._imported:
            return
        self._say({"importing": work})
        try:
            WORK.get(work)
            self._imported.add(work)
        finally:
            self._say({"importing": ""})

    def _report(self, progress: Mapping[str, Any]) -> None:
        now = time.monotonic()
        # At once: what is not JSON is a mistake of this work, and what it changes later was not reported.
        text = json.dumps(progress)
        with self._sending:
            had_untold, self._untold = self._untold is not None, text
            self._tell_progress(now)
            if self._untold is not None and not had_untold:
                # It may be the last that is heard of this work for long, and the listener waits without end.
                with suppress(BlockingIOError):
                    os.write(self._wakeup, b"\0")

    def _tell_progress(self, now: float) -> None:
        # Work does not wait for a runner that has no time to listen.
        if self._untold is not None and now - self._told >= _PROGRESS_SECONDS and self._runner.takes_more():
            self._told = now
            progress, self._untold = self._untold, None
            self._runner.send({"progress": progress})

    def _say(self, message: Message) -> None:
        with self._sending:
            self._runner.send(message)

    def _listen(self) -> None:
        poll = select.poll()
        for readable in (self._runner, self._signalled, self._runner_process.descriptor):
            if readable is not None:
                poll.register(readable, select.POLLIN)
        while not self._runner.closed:
            patience_ms = None if self._untold is None else _PROGRESS_SECONDS * 1000
            ready = {descriptor for descriptor, _ in poll.poll(patience_ms)}
            for order in self._runner.receive():
                self._follow(order)
            if self._signalled in ready and signal.SIGTERM in os.read(self._signalled, 4096):
                self._end("SIGTERM")
            if self._runner_process.descriptor in ready:
                break
            with self._sending:
                self._tell_progress(time.monotonic())
        self._end("the runner is gone")

    def _follow(self, order: Message) -> None:
        match order["do"]:
            case "job":
                self._reason = ""
                self._current = order["order"]
                self._orders.put(order)
            case "stop" if order["order"] == self._current:
                self._reason = order["reason"]
            case "leave":
                self._orders.put(None)

    def _end(self, reason: str) -> None:
        if self._leaving:
            return
        # Whatever the work does, even in C with the interpreter locked: the system's own clock ends this process.
        signal.setitimer(signal.ITIMER_REAL, GRACE_SECONDS)
        self._leaving = reason
        self._say({"leaving": reason})
        if self._current is None:
            self._orders.put(None)


def _leave() -> None:
    signal.setitimer(signal.ITIMER_REAL, _LEAVE_SECONDS)
    # Not sys.exit(): threads that work left behind would be waited for.
    atexit._run_exitfuncs()
