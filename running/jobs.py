"""From a plan to jobs, each of which says all that whoever makes its node must know."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from jobs import Job
from planning import Node, Plan
from planning.estimate import Cost
from planning.exchange import node_to_mapping
from running.options import RunnerOptions

__all__ = ["NODE_WORK", "job_id", "jobs_of"]

NODE_WORK = "node"
"""What makes a node: in the registry ``execution.work.WORK``."""


def job_id(node: Node) -> str:
    """Return what identifies the making of ``node``: what it is, and where it is to lie."""
    text = f"{node.key} {node.folder.absolute()}"
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def jobs_of(plan: Plan, costs: Mapping[Path, Cost], options: RunnerOptions, code: str = "") -> list[Job]:
    """Return the jobs that make what ``plan`` lacks, each behind all that it needs.

    Args:
        plan: what to make.
        costs: of its nodes, by their folders.
        options: how to run; resources and priority are taken from here.
        code: version of the code that plans; empty accepts any.
    """
    by_folder = {node.folder: node for node in plan.nodes}
    unfinished = {node.folder for node in plan.unfinished}
    # Absolute: projects that share a store may each have a folder of that name.
    group = str(plan.experiments_dir.absolute())
    # Only what is begun again must be told from what was begun before; otherwise equal plans make equal jobs.
    identity = secrets.token_hex(8) if options.force else ""
    return [
        Job(
            id=job_id(node),
            name=node.name,
            work=NODE_WORK,
            payload={**_payload(node, plan, by_folder, options), "plan": identity},
            needs=tuple(job_id(by_folder[folder]) for folder in node.needs if folder in unfinished),
            resources=options.resources,
            priority=options.priority,
            group=group,
            seconds=costs[node.folder].seconds,
            code=code,
        )
        for node in plan.unfinished
    ]


def _payload(node: Node, plan: Plan, by_folder: Mapping[Path, Node], options: RunnerOptions) -> dict[str, Any]:
    filled = by_folder[node.records_to] if node.records_to else None
    recorder = by_folder.get(node.recorded_by) if node.recorded_by else None
    tracked = {"variant": options.variant, "heartbeat_seconds": options.heartbeat_seconds}
    return {
        "node": node_to_mapping(node),
        "fills": None if filled is None else node_to_mapping(filled),
        "recorder": None if recorder is None else recorder.name,
        "experiments_dir": str(plan.experiments_dir),
        "cwd": str(Path.cwd()),
        "force": options.force,
        "tracking": tracked if options.tracking else None,
    }
