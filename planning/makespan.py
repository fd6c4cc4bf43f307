"""How long a plan takes when several of its nodes are made at the same time."""

from __future__ import annotations

import heapq
from collections.abc import Mapping
from pathlib import Path

from planning.estimate import Cost
from planning.nodes import Plan

__all__ = ["makespan"]


def makespan(plan: Plan, costs: Mapping[Path, Cost], workers: int) -> float:
    """Return seconds until a plan is done: whoever is free takes the first node that can begin.

    Args:
        plan: what is to be made.
        costs: of its nodes, by their folders; where no time is known, none is counted.
        workers: how many nodes are made at the same time, each as fast as alone.
    """
    nodes = plan.unfinished
    places = {node.folder: place for place, node in enumerate(nodes)}
    open_needs = [sum(need in places for need in node.needs) for node in nodes]
    dependents: list[list[int]] = [[] for _ in nodes]
    for place, node in enumerate(nodes):
        for need in node.needs:
            if need in places:
                dependents[places[need]].append(place)
    ready = [place for place, count in enumerate(open_needs) if not count]
    running: list[tuple[float, int]] = []
    now = 0.0
    while ready or running:
        while ready and len(running) < workers:
            place = heapq.heappop(ready)
            heapq.heappush(running, (now + (costs[nodes[place].folder].seconds or 0.0), place))
        now, ended = heapq.heappop(running)
        for place in dependents[ended]:
            open_needs[place] -= 1
            if not open_needs[place]:
                heapq.heappush(ready, place)
    return now
