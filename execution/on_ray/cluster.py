"""The cluster: what its nodes have, and what became of the tasks that were given to it."""

from __future__ import annotations

import itertools
import time
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from errors import ResourceError
from execution.on_ray.connection import Connection
from execution.on_ray.joining import check_address
from jobs import FailureKind, Outcome, Resources

__all__ = ["Cluster", "Ended", "largest"]


class Ended(NamedTuple):
    """How a task ended."""

    outcome: Outcome
    died: bool = True
    """Without an outcome of its own."""
    is_node_lost: bool = False
    is_cluster_lost: bool = False


class Cluster:
    """A cluster and the connection to it, which may be lost and made again.

    Args:
        address: where it is; None starts one on this machine, which ends with the connection.
        num_cpus: of a cluster that is started; None: those of the machine.

    Raises:
        ConfigError: the address is none.
        ResourceError: Ray is missing, or nothing answers there.
    """

    def __init__(self, address: str | None, num_cpus: int | None = None) -> None:
        self._address = address
        self._num_cpus = num_cpus
        self._name = "the Ray cluster of this command" if address is None else f"the Ray cluster at {address}"
        self._numbers = itertools.count(1)
        self._tasks: dict[str, Ended | None] = {}
        self._connection: Connection | None = None
        self.join()

    @property
    def is_lost(self) -> bool:
        """Whether there is no connection, as far as is known."""
        return self._connection is None

    def join(self) -> None:
        """Make the connection, where there is none.

        Raises:
            ConfigError: the address is none.
            ResourceError: Ray is missing, or nothing answers there.
        """
        if self._connection is None:
            if self._address is not None:
                check_address(self._address)
            self._connection = Connection(self._name, self._address, self._num_cpus)

    def close(self) -> None:
        """End the connection: Ray ends what was submitted through it, and a cluster that was started for it."""
        self._leave("the connection to the Ray cluster was closed")

    def nodes(self) -> dict[str, Resources]:
        """Return what each node has that is there now, by its id.

        Raises:
            ResourceError: the cluster does not answer.
        """
        return {node["id"]: _resources(node["resources"]) for node in self._ask("nodes")}

    def hosts(self) -> set[str]:
        """Return the names of the machines.

        Raises:
            ResourceError: the cluster does not answer.
        """
        return {node["host"] for node in self._ask("nodes")}

    def submit(self, fields: Mapping[str, Any], order: Mapping[str, Any]) -> str:
        """Have a task submitted, and return what it is called from now on.

        Args:
            fields: of Ray's ``remote``.
            order: see :func:`execution.on_ray.entry.enter`; the code is added.

        Raises:
            ResourceError: the cluster does not answer. Nothing was submitted then, or is cancelled.
        """
        task = str(next(self._numbers))
        self._tasks[task] = None
        try:
            self._ask("submit", task=task, fields=fields, order=order)
        except ResourceError:
            self.cancel(task)
            self.forget(task)
            raise
        return task

    def cancel(self, task: str) -> None:
        """Have a task ended at once, begun or not; how it ended is told as always."""
        if self._connection is not None:
            self._connection.order("cancel", task=task)

    def ended(self, task: str) -> Ended | None:
        """Return how a task ended; None where it goes on. Asking waits for nobody."""
        self._look()
        return self._tasks[task]

    def forget(self, task: str) -> None:
        """Keep no longer how a task ended."""
        self._tasks.pop(task, None)

    def wait(self, seconds: float) -> None:
        """Return when a task may have ended, at the latest after so many seconds."""
        if self._connection is None:
            time.sleep(seconds)
        else:
            self._connection.wait(seconds)

    def _ask(self, do: str, **what: Any) -> Any:
        if self._connection is None:
            raise ResourceError(f"{self._name} was lost; is it running (ray status)?")
        try:
            return self._connection.ask(do, **what)
        finally:
            self._look()

    def _look(self) -> None:
        if self._connection is None:
            return
        for message in self._connection.news():
            if message["ended"] in self._tasks:
                outcome = Outcome.from_mapping(message["outcome"])
                self._tasks[message["ended"]] = Ended(outcome, message["died"], message["is_node_lost"])
        if self._connection.is_lost:
            self._leave(self._connection.loss)

    def _leave(self, why: str) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None
        lost = Ended(Outcome.failed(FailureKind.WORKER_DIED, why), is_cluster_lost=True)
        self._tasks = {task: ended or lost for task, ended in self._tasks.items()}


def _resources(found: Mapping[str, float]) -> Resources:
    return Resources(
        cpus=float(found.get("CPU", 0.0)),
        gpus=float(int(found.get("GPU", 0.0))),
        memory_gb=found.get("memory", 0.0) / 2**30,
    )


def largest(nodes: Sequence[Resources]) -> Resources:
    """Return the most that any node has of each kind, which may be several nodes."""
    return Resources(
        cpus=max((node.cpus for node in nodes), default=0.0),
        gpus=max((node.gpus or 0.0 for node in nodes), default=0.0),
        memory_gb=max((node.memory_gb for node in nodes), default=0.0),
    )
