"""The process that workers are forked from: it has imported what they need, and does nothing else.

It starts no thread and touches no GPU, so that its children can. They are its children and not the runner's, so it
tells the runner how they end. Where it is killed they go on, and the runner starts another.
"""

from __future__ import annotations

import gc
import logging
import os
import select
import signal
import socket
import time
from contextlib import suppress

from execution.channel import Channel, Message
from execution.companion import enter
from execution.endings import GRACE_SECONDS
from execution.workers.preload import preload, threads_that_mind

__all__ = ["ORPHAN_SECONDS", "main"]

ORPHAN_SECONDS = GRACE_SECONDS + 3.0
"""For workers whose runner is gone; they end by themselves before, unless they hang."""


def main() -> None:
    """Serve the runner until it closes its end of the channel, and outlive the workers."""
    runner, settings = enter(_ignore_signals)
    logging.basicConfig(format="%(asctime)s %(message)s")
    _Template(runner, settings).serve()


def _ignore_signals() -> None:
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        # They come to all processes of a terminal or a job; it is the runner who decides, and this ends with it.
        signal.signal(number, signal.SIG_IGN)


class _Template:
    def __init__(self, runner: Channel, settings: Message) -> None:
        self._runner = runner
        self._settings = settings
        self._children: dict[int, int] = {}
        """By process id, which a later child may get again: which birth it was."""
        self._loaded: set[str] = set()
        self._ended, self._wakeup = os.pipe()
        for descriptor in (self._ended, self._wakeup):
            os.set_blocking(descriptor, False)

    def serve(self) -> None:
        signal.set_wakeup_fd(self._wakeup, warn_on_full_buffer=False)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        self._load(self._settings["preload"])
        poll = select.poll()
        poll.register(self._runner, select.POLLIN)
        poll.register(self._ended, select.POLLIN)
        while not self._runner.closed:
            poll.poll()
            for order in self._runner.receive():
                self._fork(order, self._runner.descriptors.popleft())
            self._report_ends()
        self._outlive_children()

    def _load(self, names: list[str]) -> None:
        missing = [name for name in names if name not in self._loaded]
        if not missing or not self._settings["preloads"]:
            return
        self._loaded.update(missing)
        for name in missing:
            preload(name)
        self._wait_for_nothing()
        if minding := threads_that_mind():
            self._runner.send({"unsafe": f"importing {', '.join(missing)} started threads ({', '.join(minding)})"})
            os._exit(0)
        # What is frozen is not touched by collections, and so stays shared with the children.
        gc.collect()
        gc.freeze()

    @staticmethod
    def _wait_for_nothing() -> None:
        pid = os.fork()
        if pid == 0:
            os._exit(0)
        os.waitpid(pid, 0)

    def _fork(self, order: Message, descriptor: int) -> None:
        self._load([order["work"]])
        try:
            pid = os.fork()
        except OSError as error:
            logging.warning("no worker can be forked: %s", error)
            os.close(descriptor)
            return
        if pid == 0:
            self._become_worker(order, descriptor)
        self._children[pid] = order["birth"]
        os.close(descriptor)

    def _become_worker(self, order: Message, descriptor: int) -> None:
        status = 70
        try:
            # What its work starts can be ended with it, and what is sent to a terminal's processes is the runner's.
            os.setsid()
            signal.set_wakeup_fd(-1)
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            self._runner.close()
            for inherited in (self._ended, self._wakeup, *self._runner.descriptors):
                os.close(inherited)
            from execution.workers.worker_process import serve

            serve(Channel(socket.socket(fileno=descriptor)), self._settings, order)
            status = 0
        except BaseException:
            logging.exception("worker %s", order["number"])
        finally:
            os._exit(status)

    def _report_ends(self) -> None:
        try:
            while os.read(self._ended, 4096):
                pass
        except BlockingIOError:
            pass
        for birth, status in self._reap():
            self._runner.send({"ended": birth, "status": status})

    def _reap(self) -> list[tuple[int, int]]:
        found = []
        for pid in list(self._children):
            if os.waitid(os.P_PID, pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is None:
                continue
            # While it is not reaped its number is nobody else's: what it started and left behind ends now.
            _kill_group(pid)
            found.append((self._children.pop(pid), os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])))
        return found

    def _outlive_children(self) -> None:
        """Wait for the workers, who notice by themselves that the runner is gone, and end those that do not."""
        limit = time.monotonic() + ORPHAN_SECONDS
        while self._children and time.monotonic() < limit:
            self._reap()
            time.sleep(0.05)
        for pid in self._children:
            _kill_group(pid)
            os.kill(pid, signal.SIGKILL)


def _kill_group(leader: int) -> None:
    with suppress(OSError):
        os.killpg(leader, signal.SIGKILL)
