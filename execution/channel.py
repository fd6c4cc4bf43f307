"""Lines of JSON between two processes of this machine, and now and then a file descriptor beside one."""

from __future__ import annotations

import json
import select
import socket
import time
from collections import deque
from collections.abc import Mapping, Sequence
from typing import Any

__all__ = ["Channel", "Message"]

Message = dict[str, Any]

_CHUNK = 1 << 18
_MOST_DESCRIPTORS = 64
_ERRORS = "surrogatepass"
"""Names of files may hold what is no character: it must come through."""


class Channel:
    """One end of a pair of sockets. Whoever sends from several threads holds a lock."""

    def __init__(self, end: socket.socket) -> None:
        end.setblocking(False)
        self._socket = end
        self._received = bytearray()
        self._searched = 0
        self.descriptors: deque[int] = deque()
        """Received beside messages and not taken yet, in the order of the messages."""
        self.closed = False
        """Whether the other side is gone, and all that it said has been received."""

    @classmethod
    def pair(cls) -> tuple[Channel, socket.socket]:
        """Return a channel and the other end of it, which may go to another process."""
        mine, other = socket.socketpair(socket.AF_UNIX, socket.SOCK_STREAM)
        return cls(mine), other

    def fileno(self) -> int:
        """Return the descriptor to wait for."""
        return self._socket.fileno()

    def send(
        self, message: Mapping[str, Any], descriptors: Sequence[int] = (), patience_s: float | None = None
    ) -> bool:
        """Send one message; return False where the other side is gone, or reads nothing for ``patience_s``.

        Half a message may have gone out then: the channel is of no more use.
        """
        line = memoryview(json.dumps(message).encode("utf-8", _ERRORS) + b"\n")
        while line:
            try:
                sent = socket.send_fds(self._socket, [line], descriptors) if descriptors else self._socket.send(line)
            except BlockingIOError:
                if not self._wait_for(select.POLLOUT, patience_s):
                    return False
                continue
            except OSError:
                return False  # what the other side said before may still be read
            line, descriptors = line[sent:], ()
        return True

    def takes_more(self) -> bool:
        """Whether a short message can be sent without waiting for the other side."""
        return not self.closed and self._wait_for(select.POLLOUT, 0.0)

    def receive(self) -> list[Message]:
        """Return the messages that have arrived, without waiting."""
        while not self.closed:
            try:
                data, descriptors, _, _ = socket.recv_fds(self._socket, _CHUNK, _MOST_DESCRIPTORS)
            except BlockingIOError:
                break
            except OSError:
                data, descriptors = b"", []
            self.descriptors.extend(descriptors)
            self._received += data
            self.closed = not data
        return self._complete_lines()

    def _complete_lines(self) -> list[Message]:
        messages = []
        begin = 0
        while (end := self._received.find(b"\n", max(begin, self._searched))) >= 0:
            messages.append(json.loads(self._received[begin:end].decode("utf-8", _ERRORS)))
            begin = end + 1
        del self._received[:begin]
        # What was searched in vain is not searched again with each part of a long line.
        self._searched = len(self._received)
        return messages

    def _wait_for(self, event: int, patience_s: float | None) -> bool:
        limit = None if patience_s is None else time.monotonic() + patience_s
        poll = select.poll()  # select() takes no descriptor above 1023
        poll.register(self._socket, event)
        while True:
            left = None if limit is None else max(0.0, limit - time.monotonic()) * 1000
            if poll.poll(left):
                return True
            if limit is not None and time.monotonic() >= limit:
                return False

    def close(self) -> None:
        """Close this end."""
        self.closed = True
        self._socket.close()
