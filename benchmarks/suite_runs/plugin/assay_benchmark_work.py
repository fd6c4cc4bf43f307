"""Making a node, with a line for each report: when, in which process, and what. Written where the work is done."""

from __future__ import annotations

import dataclasses
import json
import os
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from execution.work import Context
from jobs import Job
from running.node_work import PRELOAD, make_node

__all__ = ["PRELOAD", "timed_node"]


def timed_node(job: Job, context: Context) -> Mapping[str, Any]:
    """Make a node, and note in the folder that BENCHMARK_TIMES names when it reported what."""
    with Path(os.environ["BENCHMARK_TIMES"], f"{os.getpid()}.jsonl").open("a", encoding="utf-8") as file:

        def report(progress: Mapping[str, Any]) -> None:
            # A clock that nobody sets, and the time of this process alone, which a busy machine does not stretch.
            line = {
                "at": time.monotonic(),
                "processor": time.process_time(),
                "job": job.name,
                "phase": progress["phase"],
            }
            file.write(f"{json.dumps(line)}\n")
            context.report(progress)

        return make_node(job, dataclasses.replace(context, report=report))
