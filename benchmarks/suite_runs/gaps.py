"""What warm workers noted about their runs, and how long lies between two of them."""

from __future__ import annotations

import json
import statistics
from collections.abc import Mapping, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any, NamedTuple

__all__ = ["Gap", "gaps"]


class Gap(NamedTuple):
    """What lies between two runs of one worker."""

    before: str
    after: str
    seconds: float
    """From the last batch that the first evaluated to the beginning of the second's first training step."""
    processor_seconds: float
    """Of these, what the worker computed."""


def gaps(file: Path) -> list[Gap]:
    """Return the gaps between the runs of one worker, from what it noted."""
    runs: list[list[dict[str, Any]]] = []
    for line in map(json.loads, file.read_text(encoding="utf-8").splitlines()):
        if not runs or runs[-1][-1]["job"] != line["job"]:
            runs.append([])
        runs[-1].append(line)
    found = []
    for before, after in pairwise(runs):
        steps = [line for line in after if line["phase"] == "training"]
        if before[-1]["phase"].startswith("evaluating") and len(steps) > 1:
            wall, processor = (_between(before[-1], steps, clock) for clock in ("at", "processor"))
            found.append(Gap(before[-1]["job"], after[-1]["job"], wall, processor))
    return found


def _between(end: Mapping[str, Any], steps: Sequence[Mapping[str, Any]], clock: str) -> float:
    # The first report comes when the first step is done.
    a_step = statistics.median(after[clock] - before[clock] for before, after in pairwise(steps))
    return float(steps[0][clock] - a_step - end[clock])
