"""What a task of Ray does: one job, in a process that may have done others before."""

from __future__ import annotations

import json
import os
import signal
import sys
import threading
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from errors import AssayError
from execution.mail_folder import Reports
from execution.on_ray.job_folder import JobFolder
from execution.output import output_to
from execution.work import Context, carry_out
from jobs import FailureKind, Job, Outcome

__all__ = ["do"]

_LOOK_SECONDS = 0.3
"""How often the order to stop is looked for."""
_REPORT_SECONDS = 0.3

_KEPT: dict[str, Any] = {}
"""Ray hands one process task after task: what one has read, the next may use."""


def do(order: Mapping[str, Any]) -> str:
    """Do a job and return its outcome, as JSON."""
    folder = JobFolder(Path(order["folder"]))
    try:
        job = Job.from_json(order["job"])
        folder.write_begun({"node": _node(), "host": os.uname().nodename, "pid": os.getpid()})
        _use_threads(order["threads"])
        with output_to(folder.log), Reports(folder, _REPORT_SECONDS) as reports, _Orders(folder) as orders:
            outcome = carry_out(job, Context(reports.report, orders.stop_reason, _KEPT))
    except AssayError as error:
        kind = FailureKind.RESOURCE if isinstance(error, OSError) else FailureKind.OTHER_CODE
        outcome = Outcome.failed(kind, f"node {os.uname().nodename}: {error}")
    return json.dumps(outcome.to_mapping())


def _node() -> str:
    import ray

    return str(ray.get_runtime_context().get_node_id())


def _use_threads(number: int) -> None:
    # For libraries that are loaded later; PyTorch may be there already, from an earlier job.
    for name in ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
        os.environ[name] = str(number)
    if "torch" in sys.modules:
        import torch

        torch.set_num_threads(number)


class _Orders:
    """What somebody outside wants: by a file, or by SIGTERM, with which clusters clear a machine."""

    def __init__(self, folder: JobFolder) -> None:
        self._folder = folder
        self._reason = ""
        self._next_look = 0.0
        self._before: Any = None

    def __enter__(self) -> _Orders:
        if threading.current_thread() is threading.main_thread():
            self._before = signal.signal(signal.SIGTERM, self._note)
        return self

    def __exit__(self, *error: object) -> None:
        if self._before is not None:
            signal.signal(signal.SIGTERM, self._before)

    def _note(self, number: int, frame: Any) -> None:
        self._reason = self._reason or "SIGTERM"

    def stop_reason(self) -> str:
        # Work may ask after each of its steps, and the folder may lie on a network disk.
        if not self._reason and time.monotonic() >= self._next_look:
            self._next_look = time.monotonic() + _LOOK_SECONDS
            self._reason = self._folder.stop_reason()
        return self._reason
