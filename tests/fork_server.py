"""Starts commands for :mod:`tests.processes`, without importing torch anew for each.

It imports what the commands need, then starts one for each line on standard input: a JSON object with ``program``
(``run_experiments`` or ``experiment_cli``), ``arguments``, ``folder``, ``environment``, ``before`` (Python to run
first), ``log`` and ``exit`` (files for its output and its exit status), ``fresh`` (not forked, but a new Python). It
answers with the process id.
Processes that outlive who started them become its children, so that no orphan is overlooked.
"""

from __future__ import annotations

import ctypes
import json
import os
import select
import signal
import sys
import traceback
from collections.abc import Mapping
from contextlib import suppress
from importlib import import_module
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
_BE_SUBREAPER = 36


def _serve() -> None:
    import experiment_cli  # noqa: F401
    import run_experiments  # noqa: F401
    import training.session  # noqa: F401  (all imported once here, not in every child)

    ctypes.CDLL(None).prctl(_BE_SUBREAPER, 1, 0, 0, 0)
    exits: dict[int, str] = {}
    received = b""
    while True:
        _reap(exits)
        if not select.select([0], [], [], 0.01)[0]:
            continue
        arrived = os.read(0, 1 << 16)
        if not arrived:
            return
        *lines, received = (received + arrived).split(b"\n")
        for line in lines:
            order = json.loads(line)
            pid = os.fork()
            if pid == 0:
                _become(order)
            exits[pid] = order["exit"]
            print(pid, flush=True)


def _reap(exits: dict[int, str]) -> None:
    """Take in the ends of commands, and of processes that they left behind."""
    with suppress(ChildProcessError):
        while True:
            pid, status = os.waitpid(-1, os.WNOHANG)
            if not pid:
                return
            if pid in exits:
                written = Path(f"{exits[pid]}.part")
                written.write_text(str(os.waitstatus_to_exitcode(status)))
                written.replace(exits.pop(pid))


def _become(order: Mapping[str, Any]) -> None:
    status = 70
    try:
        os.setpgid(0, 0)
        # A shell starts background jobs with interrupts ignored, and children inherit that.
        signal.signal(signal.SIGINT, signal.default_int_handler)
        os.environ.update(order["environment"])
        os.chdir(order["folder"])
        with Path(order["log"]).open("w", buffering=1) as log:
            os.dup2(log.fileno(), 1)
            os.dup2(log.fileno(), 2)
        os.close(0)
        os.open(os.devnull, os.O_RDONLY)
        if order["fresh"]:
            os.execv(sys.executable, [sys.executable, str(ROOT / f"{order['program']}.py"), *order["arguments"]])
        exec(order["before"], {})
        sys.argv = [f"{order['program']}.py", *order["arguments"]]
        status = import_module(order["program"]).main(order["arguments"])
    except SystemExit as stop:
        status = stop.code if isinstance(stop.code, int) else 1
    except BaseException:
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(status)


if __name__ == "__main__":
    _serve()
