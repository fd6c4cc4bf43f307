"""A Python process at the other end of a channel: how it is started, and how it begins.

Ctrl-C reaches all processes of a terminal. It is blocked from before such a process is born until it has said what it
does with signals: in between, it would end without a word.
"""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Mapping
from typing import IO, Any

from execution.channel import Channel, Message

__all__ = ["enter", "start"]

_PROGRAM = "import json, sys; sys.path[:] = json.loads(sys.argv[1])['path']; from {module} import main; main()"
"""Not ``-m``: what can be imported here can be imported there, whatever the folder and the main module."""


def start(
    module: str, settings: Mapping[str, Any], output: IO[bytes], environment: Mapping[str, str] | None = None
) -> tuple[Channel, subprocess.Popen[bytes]]:
    """Start ``main()`` of a module in a process of its own, and return the channel to it.

    Args:
        module: its name; its ``main`` begins with :func:`enter`.
        settings: what it is told: JSON.
        output: takes what it prints.
        environment: of the process; None: that of this one.

    Raises:
        OSError: the system starts no process now.
    """
    channel, other = Channel.pair()
    told = json.dumps({"channel": other.fileno(), "path": sys.path, **settings})
    # It inherits what is blocked.
    blocked = signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGINT])
    try:
        process = subprocess.Popen(
            [sys.executable, *_interpreter_flags(), "-c", _PROGRAM.format(module=module), told],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            pass_fds=[other.fileno()],
            env=environment,
        )
    except OSError:
        channel.close()
        raise
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, blocked)
        other.close()
    return channel, process


def enter(set_handlers: Callable[[], None]) -> tuple[Channel, Message]:
    """Begin as a process that :func:`start` started, and return the channel to whoever did, and what it was told.

    Args:
        set_handlers: says what is done with signals, SIGINT among them.
    """
    set_handlers()
    signal.pthread_sigmask(signal.SIG_UNBLOCK, [signal.SIGINT])
    settings = json.loads(sys.argv[1])
    # The end of this process is seen by that of its channel, whatever it starts.
    os.set_inheritable(settings["channel"], False)
    return Channel(socket.socket(fileno=settings["channel"])), settings


def _interpreter_flags() -> list[str]:
    # As multiprocessing does: -X, -W, -O and the like hold for the whole program.
    return subprocess._args_from_interpreter_flags()  # type: ignore[attr-defined,no-any-return]
