"""The runner's side of the process that workers are forked from: starts it, replaces it, learns how workers ended."""

from __future__ import annotations

import logging
import os
import subprocess
from collections.abc import Sequence
from pathlib import Path

from execution import companion
from execution.channel import Channel
from execution.endings import in_words

__all__ = ["Template"]

logger = logging.getLogger(__name__)

_MODULE = "execution.workers.template_process"
_SEND_SECONDS = 10.0
_JOIN_SECONDS = 2.0
_LAST_WORDS = 600


class Template:
    """One process at a time.

    Args:
        log: for what it and idle workers write.
        threads: of PyTorch and its like, in each worker.
    """

    def __init__(self, log: Path, threads: int) -> None:
        self._log = log
        self._threads = str(threads)
        self._process: subprocess.Popen[bytes] | None = None
        self._works: dict[str, None] = {}
        self._statuses: dict[int, int] = {}
        self._last_status: int | None = None
        self.channel: Channel | None = None
        """To the process, while there is one: can be read when it has something to tell, or is gone."""
        self.generation = 0
        """Of the process at hand; it knows nothing of workers of an earlier one."""
        self.has_served = False
        """Whether it was asked for a worker."""
        self.preloads = True
        """Whether it imports what work needs before it forks."""

    def start(self) -> Channel:
        """Start the process, in place of one that is gone, and return the channel to it.

        Raises:
            OSError: the system starts no process now.
        """
        self.stop()
        self.join(_JOIN_SECONDS)
        settings = {"preload": list(self._works), "preloads": self.preloads, "runner": os.getpid()}
        environment = {**os.environ, **dict.fromkeys(("OMP_NUM_THREADS", "MKL_NUM_THREADS"), self._threads)}
        with self._log.open("ab") as log:
            self.channel, self._process = companion.start(_MODULE, settings, log, environment)
        self.generation += 1
        return self.channel

    def expect(self, work: str) -> None:
        """Have the next process import what a piece of work needs before it is asked for a worker."""
        self._works[work] = None

    def fork(self, birth: int, number: int, work: str, gpus: Sequence[str] | None) -> Channel:
        """Have a worker forked that is ready for a piece of work, and return the channel to it.

        Where the process is gone the channel is closed at its other end, as that of a worker that died at birth.

        Args:
            birth: by which :meth:`status` knows the worker.
            number: what people call it.
            work: name of the work.
            gpus: those that it may see; None: whatever this process sees.

        Raises:
            OSError: there are no more file descriptors.
        """
        self.expect(work)
        self.has_served = True
        mine, other = Channel.pair()
        order = {"birth": birth, "number": number, "work": work, "gpus": None if gpus is None else list(gpus)}
        with other:
            if self.channel is not None:
                self.channel.send(order, [other.fileno()], _SEND_SECONDS)
        return mine

    def read(self) -> None:
        """Take in what the process has told."""
        if self.channel is None:
            return
        for message in self.channel.receive():
            if "unsafe" in message:
                logger.warning("workers import what they need one by one: %s", message["unsafe"])
                self.preloads = False
            else:
                self._statuses[message["ended"]] = message["status"]

    def status(self, birth: int) -> int | None:
        """Return the exit status of a worker, negative for a signal; None where it is not known yet. Forgets it."""
        return self._statuses.pop(birth, None)

    def last_words(self) -> str:
        """Return how the last process ended, and the end of what it and idle workers wrote."""
        try:
            written = self._log.read_text(encoding="utf-8", errors="replace")[-_LAST_WORDS:].strip()
        except OSError:
            written = ""
        ended = "" if self._last_status is None else f"the process that forks them {in_words(self._last_status)}; "
        return f"{ended}{self._log} ends with: {written or 'nothing'}"

    def stop(self) -> None:
        """Let go of the process: it ends when all of its workers have."""
        if self.channel is not None:
            self.channel.close()
            self.channel = None

    def join(self, patience_s: float) -> None:
        """Wait for the end of the process, and enforce it after ``patience_s``."""
        if self._process is None:
            return
        try:
            self._process.wait(patience_s)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._last_status = self._process.returncode
        self._process = None
