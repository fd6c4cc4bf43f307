"""Work that tests hand to executors, as a third party would register it: see entry_points.txt beside this file.

Every executor finds it in its own processes, because the folder stands in PYTHONPATH.
"""

from __future__ import annotations

import ctypes
import logging
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import errors
from execution import endings
from execution.work import Context
from execution.workers import template_process
from jobs import Job
from jobs.failures import Busy, NeedFailed, Preempted

PRELOAD = ("assay_test_library",)

Result = Mapping[str, Any]

_FAILURES: Mapping[str, type[BaseException]] = {
    kind.__name__: kind
    for kind in (
        errors.ConfigError,
        errors.DataError,
        errors.ResourceError,
        Busy,
        NeedFailed,
        Preempted,
        ConnectionError,
        KeyboardInterrupt,
        MemoryError,
        OSError,
        RuntimeError,
        SystemExit,
        ValueError,
    )
}


if os.environ.get("ASSAY_TEST_DIE_AT_IMPORT"):
    os.kill(os.getpid(), signal.SIGKILL)
if grace := os.environ.get("ASSAY_TEST_GRACE_SECONDS"):
    # A worker is forked after this was imported, and reads it then.
    endings.GRACE_SECONDS = template_process.ORPHAN_SECONDS = float(grace)
if os.environ.get("ASSAY_TEST_THREAD_AT_IMPORT"):
    threading.Thread(target=time.sleep, args=(600,), daemon=True).start()


def echo(job: Job, context: Context) -> Result:
    """Return the payload, and what reached the work beside it."""
    return {"payload": job.payload, "attempt": job.attempt, "adjustments": job.adjustments}


def despite(job: Job, context: Context) -> Result:
    """Say which needs failed: this work wants to be called nevertheless."""
    return {"failed_needs": job.failed_needs}


despite.takes_failed_needs = True  # type: ignore[attr-defined]


def sleep(job: Job, context: Context) -> Result:
    """Report steps, ``pause`` seconds apart, until ``seconds`` are over or the file ``until`` is there; stop if asked.

    With ``begun``, a file, it writes its process id there first.
    """
    _say_begun(job)
    pause = job.payload.get("pause", 0.02)
    total = max(1, round(job.payload.get("seconds", 0.2) / pause))
    for step in range(1, total + 1):
        if reason := context.stop_reason():
            raise Preempted(reason)
        if _is_over(job):
            break
        context.report({"phase": "sleeping", "step": step, "total_steps": total})
        time.sleep(pause)
    return {"steps": total}


def report(job: Job, context: Context) -> Result:
    """Report ``progress`` steps as fast as it goes, or what is no JSON."""
    progress = job.payload["progress"]
    for step in range(progress) if isinstance(progress, int) else [{"a set"}]:
        context.report({"step": step + 1 if isinstance(step, int) else step})
    return {}


def hang(job: Job, context: Context) -> Result:
    """Report once, then say nothing more and listen to nobody."""
    _say_begun(job)
    context.report({"phase": "hanging"})
    time.sleep(job.payload.get("seconds", 600))
    return {}


def deaf(job: Job, context: Context) -> Result:
    """Go on reporting until the file ``until`` is there, and ignore that somebody wants it to stop."""
    _say_begun(job)
    for step in range(round(job.payload.get("seconds", 600) / 0.05)):
        if _is_over(job):
            break
        context.report({"step": step})
        time.sleep(0.05)
    return {}


def held(job: Job, context: Context) -> Result:
    """Hold the interpreter's lock in a call to C, so that no other thread of this process can act."""
    _say_begun(job)
    ctypes.PyDLL(None).sleep(job.payload.get("seconds", 600))
    return {}


def crash(job: Job, context: Context) -> Result:
    """Die by the signal ``signal``, by default SIGKILL; SIGSEGV by really reading where nothing is."""
    _say_begun(job)
    number = signal.Signals[job.payload.get("signal", "SIGKILL")]
    if number == signal.SIGSEGV:
        ctypes.string_at(0)
    os.kill(os.getpid(), number)
    time.sleep(60)
    return {}


def abort(job: Job, context: Context) -> Result:
    """Die as C's abort() does."""
    os.abort()


def leave(job: Job, context: Context) -> Result:
    """End the process without a word, with exit status ``status``."""
    os._exit(job.payload.get("status", 3))


def out_of_memory(job: Job, context: Context) -> Result:
    """Fail as PyTorch does where memory ends, or with ``python`` as Python does."""
    if job.payload.get("python"):
        raise MemoryError
    raise RuntimeError(
        "[enforce fail at alloc_cpu.cpp:121] err == 0. DefaultCPUAllocator: can't allocate memory: "
        "you tried to allocate 4000000000000000 bytes. Error code 12 (Cannot allocate memory)"
    )


def fail(job: Job, context: Context) -> Result:
    """Raise the exception called ``error`` with the text ``message``."""
    raise _FAILURES[job.payload["error"]](job.payload.get("message", "as told"))


def speak(job: Job, context: Context) -> Result:
    """Write ``text`` to standard output, standard error, a logger, and past Python to the descriptor itself."""
    text = job.payload["text"]
    print(f"out: {text}")
    print(f"err: {text}", file=sys.stderr)
    logging.getLogger("assay_test_work").warning("log: %s", text)
    sys.stdout.flush()
    os.write(1, f"descriptor: {text}\n".encode())
    return {}


def pid(job: Job, context: Context) -> Result:
    """Return who executes it."""
    return {"pid": os.getpid(), "parent": os.getppid()}


def environment(job: Job, context: Context) -> Result:
    """Return the environment variables ``names``, the working directory, and with ``torch`` its number of threads."""
    result: dict[str, Any] = {name: os.environ.get(name) for name in job.payload.get("names", ())}
    result["cwd"] = str(Path.cwd())
    if job.payload.get("torch"):
        import torch

        result["torch_threads"] = torch.get_num_threads()
    return result


def count(job: Job, context: Context) -> Result:
    """Return how many such jobs this process has done, this one included."""
    context.kept["count"] = context.kept.get("count", 0) + 1
    return {"count": context.kept["count"]}


def hoard(job: Job, context: Context) -> Result:
    """Keep ``mb`` megabytes for the next job of this process, wait for the file ``until``, and return who it is."""
    context.kept["hoard"] = b"x" * (job.payload["mb"] << 20)
    _say_begun(job)
    while "until" in job.payload and not _is_over(job):
        time.sleep(0.02)
    return {"pid": os.getpid()}


def parent(job: Job, context: Context) -> Result:
    """Start two processes that sleep, the second in a session of its own, report their ids, and hang or ``crash``."""
    command = ["sleep", "600"]
    children = [subprocess.Popen(command), subprocess.Popen(command, start_new_session=True)]
    context.report({"children": [child.pid for child in children]})
    if job.payload.get("crash"):
        time.sleep(0.5)
        os.kill(os.getpid(), signal.SIGKILL)
    time.sleep(600)
    return {}


def big(job: Job, context: Context) -> Result:
    """Return ``characters`` of text from beyond ASCII."""
    return {"text": "Ω" * job.payload.get("characters", 1_000_000)}


def not_json(job: Job, context: Context) -> Result:
    """Return what no JSON can hold."""
    return {"value": {1, 2}}


def _is_over(job: Job) -> bool:
    return "until" in job.payload and Path(job.payload["until"]).exists()


def _say_begun(job: Job) -> None:
    if "begun" in job.payload:
        written = Path(job.payload["begun"] + ".part")
        written.write_text(str(os.getpid()))
        written.replace(job.payload["begun"])
