"""A connection to a cluster, through a process of its own that Ray may end."""

from __future__ import annotations

import itertools
import re
import select
import subprocess
import tempfile
import time
from typing import Any

from errors import ResourceError
from execution import companion
from execution.channel import Message
from execution.endings import in_words

__all__ = ["Connection"]

_ANSWER_SECONDS = 15.0
"""For an answer of a cluster that was joined."""
_SEND_SECONDS = 5.0
_LEAVE_SECONDS = 20.0
"""For leaving, and for ending a cluster that was started."""
_LAST_WORDS = 300


class Connection:
    """One connection, from its beginning to its end.

    Args:
        name: of the cluster, for people.
        address: where it is, checked before; None starts one on this machine, which ends with the connection.
        num_cpus: of a cluster that is started; None: those of the machine.

    Raises:
        ResourceError: Ray is missing, or it can neither join nor start a cluster.
    """

    def __init__(self, name: str, address: str | None, num_cpus: int | None) -> None:
        self._name = name
        self._numbers = itertools.count(1)
        self._unanswered: int | None = None
        self._answer: Message | None = None
        self._news: list[Message] = []
        self._written = tempfile.TemporaryFile()  # noqa: SIM115  (closed with this)
        settings = {"address": address, "num_cpus": num_cpus}
        try:
            self._channel, self._process = companion.start("execution.on_ray.driver", settings, self._written)
        except OSError as error:
            self._written.close()
            raise ResourceError(f"executor ray: no process can be started ({error})") from error
        try:
            self._await_joined()
        except BaseException:
            self.close()
            raise

    def _await_joined(self) -> None:
        # Without a limit: Ray gives up by itself, and its process then ends.
        while not self._channel.closed:
            self.wait(None)
            for message in self._channel.receive():
                if "refused" in message:
                    raise ResourceError(message["refused"])
                return
        raise ResourceError(f"{self._name} cannot be joined ({self._how_it_ended()})")

    @property
    def is_lost(self) -> bool:
        """Whether it has ended, as far as is known."""
        return self._channel.closed

    @property
    def loss(self) -> str:
        """In words, that it was lost and why."""
        return f"{self._name} was lost ({self._how_it_ended()})"

    def news(self) -> list[Message]:
        """Return what was told without a question, and wait for nothing."""
        self._read()
        news, self._news = self._news, []
        return news

    def wait(self, seconds: float | None) -> None:
        """Return when something may have been told, at the latest after so many seconds."""
        if self._channel.closed:
            time.sleep(seconds or 0.0)
            return
        poll = select.poll()
        poll.register(self._channel, select.POLLIN)
        poll.poll(None if seconds is None else seconds * 1000)

    def ask(self, do: str, **what: Any) -> Any:
        """Have something done, and return what came of it.

        Raises:
            ResourceError: no answer comes. It may be done later: questions are taken up one after another.
        """
        limit = time.monotonic() + _ANSWER_SECONDS
        if self._unanswered is not None:
            # Who does not answer is not asked more and more.
            self._await_answer(limit)
        number = self.order(do, **what)
        self._unanswered = number
        answer = self._await_answer(limit)
        if "error" in answer:
            raise ResourceError(f"{self._name} does not answer: {answer['error']}; is it running (ray status)?")
        return answer["value"]

    def order(self, do: str, **what: Any) -> int:
        """Have something done, without waiting for it."""
        number = next(self._numbers)
        self._channel.send({"do": do, "number": number, **what}, patience_s=_SEND_SECONDS)
        return number

    def _await_answer(self, limit: float) -> Message:
        while True:
            self._read()
            if self._answer is not None:
                answer, self._answer, self._unanswered = self._answer, None, None
                return answer
            if self._channel.closed:
                raise ResourceError(self.loss)
            left = limit - time.monotonic()
            if left <= 0:
                raise ResourceError(f"{self._name} does not answer; is it running (ray status)?")
            self.wait(left)

    def _read(self) -> None:
        for message in self._channel.receive():
            if "answer" not in message:
                self._news.append(message)
            elif message["answer"] == self._unanswered:
                self._answer = message

    def close(self) -> None:
        """End it: Ray ends what was submitted through it, and a cluster that was started for it."""
        self._channel.close()
        self._end_process()
        self._written.close()

    def _end_process(self) -> None:
        try:
            self._process.wait(_LEAVE_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def _how_it_ended(self) -> str:
        self._end_process()
        self._written.seek(0)
        lines = self._written.read().decode("utf-8", "replace").strip().splitlines()
        # What Ray calls an error says more than what it has to say beside.
        chosen = [line for line in lines if re.match(r"\[[^]]* [EFC] \d+", line)] or lines
        words = f": {_without_prefix(chosen[-1])[:_LAST_WORDS]}" if chosen else ""
        return f"Ray's process {in_words(self._process.returncode)}{words}"


def _without_prefix(line: str) -> str:
    # Such as: [2026-01-31 12:00:00,000 E 4711 4712] rpc_client.h:204: Failed to ...
    return re.sub(r"^\[[^]]*\] (\S+:\d+: )?", "", line.strip())
