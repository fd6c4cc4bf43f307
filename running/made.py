"""What a job of a plan left, read without loading what made it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from jobs import Job
from planning.status import read_environment, read_mark, read_results

__all__ = ["what_was_made"]


def what_was_made(job: Job) -> Mapping[str, Any] | None:
    """Return what :func:`running.node_work.make_node` would have returned; None where its node is not finished.

    A run that was to be made again counts only where it was made for this plan.
    """
    payload = job.payload
    node, folder = payload["node"], Path(payload["cwd"], payload["node"]["folder"])
    if node["kind"] != "experiment":
        left = read_mark(folder)
        return {} if left.get("finished") is True and left.get("key") == node["key"] else None
    results = read_results(folder)
    if results.get("success") is not True or results.get("key") != node["key"]:
        return None
    is_of_this_plan = not payload["force"] or read_environment(folder).get("plan") == payload["plan"]
    return {"results": results} if is_of_this_plan else None
