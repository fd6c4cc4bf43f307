"""What is said of a queued job, in a few words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from experiment_commands.wording import span
from jobs import Resources
from tracking.queue.records import QueuedJob, QueueState

__all__ = ["SILENT_SECONDS", "counts_line", "needs_text", "progress_text", "why"]

SILENT_SECONDS = 30.0
"""Workers give a sign of life every few seconds; whoever was silent for so long is worth a word."""


def counts_line(counts: Mapping[QueueState, int]) -> str:
    """Return how many jobs are in each state, those without any left out."""
    return ", ".join(f"{count:,} {state}" for state, count in counts.items() if count)


def needs_text(resources: Resources) -> str:
    """Return what a job takes; what every job takes is left out."""
    parts = [
        "" if resources.cpus == 1 else f"{resources.cpus:g} CPUs",
        f"{resources.gpus:g} GPU" if resources.gpus else "",
        f"{resources.memory_gb:g} GB" if resources.memory_gb else "",
        f"{resources.minutes:g} min" if resources.minutes else "",
        f"cost {resources.cost:g}" if resources.cost else "",
        f"{resources.calls} calls" if resources.calls else "",
    ]
    return ", ".join(part for part in parts if part)


def progress_text(progress: Mapping[str, Any]) -> str:
    """Return how far a job is; empty where it has not said so."""
    step, total = progress.get("step"), progress.get("total_steps")
    phase = str(progress.get("phase", ""))
    if phase not in ("", "training") or not isinstance(step, int):
        return phase
    return f"step {step:,} of {total:,} ({100 * step / total:.0f} %)" if total else f"step {step:,}"


def why(queued: QueuedJob) -> str:
    """Return why a job stands as it does, and what would help where somebody must."""
    age = queued.heartbeat_age
    if queued.state == QueueState.RUNNING and age is not None and age > SILENT_SECONDS:
        return f"no sign of life for {span(age)}; it goes back to the queue where a worker looks: work"
    return queued.reason
