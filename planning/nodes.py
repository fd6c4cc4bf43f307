"""The records of a plan: artefacts to make, and how far each has come."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from experiment_config import ExperimentConfig

__all__ = ["DONE", "NEW", "RESUME", "Kind", "Node", "Plan", "State", "Status"]

Kind = Literal["experiment", "data_map", "average", "clusters"]
Status = Literal["new", "done", "resume"]
NEW: Status = "new"
DONE: Status = "done"
RESUME: Status = "resume"


@dataclass(frozen=True)
class Node:
    """One artefact of a plan. Its folder identifies it within the plan."""

    kind: Kind
    name: str
    """What tables and messages call it."""
    key: str
    """sha256 of what changes its content."""
    folder: Path
    config: ExperimentConfig
    """The experiment; for a data map the baseline that records it; for a clustering whose rows are clustered."""
    needs: tuple[Path, ...] = ()
    """Folders of the nodes that must be finished first."""
    data_map: Path | None = None
    validation_data_map: Path | None = None
    clusters: Path | None = None
    records_to: Path | None = None
    """Data map that this run fills while it trains."""
    recorded_by: Path | None = None
    """Folder of the experiment that fills this data map; None where a run of its own does."""
    supplied: tuple[Path, ...] = ()
    """Folders of signals that the user named and that are used as they are."""


@dataclass(frozen=True)
class State:
    """How far a node has come."""

    status: Status
    reason: str = ""
    """Why something that exists is not finished, in words."""


@dataclass(frozen=True)
class Plan:
    """Nodes in an order in which they can be made, and the state of each when the plan was made."""

    nodes: tuple[Node, ...]
    states: Mapping[Path, State]
    experiments_dir: Path
    notes: tuple[str, ...] = ()
    """What the user should know: duplicates that were joined, maps that are used as they are."""

    def state(self, node: Node) -> State:
        """Return the state of ``node``."""
        return self.states[node.folder]

    @property
    def unfinished(self) -> tuple[Node, ...]:
        """Nodes that are not done, in order."""
        return tuple(node for node in self.nodes if self.state(node).status != DONE)

    @property
    def experiments(self) -> tuple[Node, ...]:
        """The experiments, in order."""
        return tuple(node for node in self.nodes if node.kind == "experiment")
