"""The process that Ray takes for the program: it submits tasks for whoever started it, and says how they ended.

Ray ends such a process when its cluster is lost, takes over its signals, and joins one cluster in the life of it. What
started it lives on, and can have another. It ends when the other end of its channel is closed, and with it the tasks.
"""

from __future__ import annotations

import json
import queue
import select
import signal
import threading
from collections.abc import Callable, Mapping
from typing import Any

from errors import ResourceError
from execution.channel import Channel, Message
from execution.companion import enter
from execution.on_ray import entry
from execution.on_ray.code import Code, pack
from execution.on_ray.joining import import_ray, in_short, join, start
from jobs import Failure, FailureKind, Outcome

__all__ = ["main"]


def main() -> None:
    """Join, obey, and leave when the other end of the channel is closed."""
    channel, settings = enter(_leave_signals_to_others)
    address = settings["address"]
    try:
        ray = import_ray()
        start(ray, settings["num_cpus"]) if address is None else join(ray, address)
    except ResourceError as error:
        channel.send({"refused": str(error)})
        return
    _leave_signals_to_others()  # of which Ray takes over one
    # A cluster that was started here sees this folder.
    driver = _Driver(ray, channel, Code(b"", "") if address is None else pack())
    channel.send({"joined": True})
    driver.obey()
    ray.shutdown()


def _leave_signals_to_others() -> None:
    """Do nothing at Ctrl-C and the like: whoever started this closes the channel when it is done."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        # Not SIG_IGN, which the processes of Ray would inherit.
        signal.signal(number, lambda number, frame: None)


class _Driver:
    """Does what it is told, and tells from Ray's threads what ended.

    Args:
        ray: the module, connected.
        channel: to whoever gives orders.
        code: for nodes that do not see the project's folder.
    """

    def __init__(self, ray: Any, channel: Channel, code: Code) -> None:
        self._ray = ray
        self._channel = channel
        self._code = code
        # Ray's threads must not wait for whoever reads.
        self._told: queue.SimpleQueue[Message] = queue.SimpleQueue()
        threading.Thread(target=self._send_on, name="answers", daemon=True).start()
        self._functions: dict[str, Any] = {}
        self._references: dict[str, Any] = {}
        # Nodes need not know the module by its name.
        ray.cloudpickle.register_pickle_by_value(entry)
        self._archive = [ray.put(code.archive)] if code.archive else []

    def obey(self) -> None:
        """Take orders until nobody is there any more to give them."""
        poll = select.poll()
        poll.register(self._channel, select.POLLIN)
        does: Mapping[str, Callable[[Message], Any]] = {
            "nodes": self._nodes,
            "submit": self._submit,
            "cancel": self._cancel,
        }
        while not self._channel.closed:
            poll.poll()
            for message in self._channel.receive():
                self._answer(message, does[message["do"]])

    def _answer(self, message: Message, do: Callable[[Message], Any]) -> None:
        try:
            answer = {"value": do(message)}
        except (self._ray.exceptions.RayError, OSError, RuntimeError, ValueError) as error:
            answer = {"error": in_short(error)}
        self._told.put({"answer": message["number"], **answer})

    def _send_on(self) -> None:
        while self._channel.send(self._told.get()):
            pass

    def _nodes(self, message: Message) -> list[dict[str, Any]]:
        fields = {"id": "NodeID", "host": "NodeManagerHostname", "resources": "Resources"}
        return [{ours: node[theirs] for ours, theirs in fields.items()} for node in self._ray.nodes() if node["Alive"]]

    def _submit(self, message: Message) -> None:
        task, order = message["task"], {**message["order"], "code": self._code.digest}
        reference = self._function(message["fields"]).remote(json.dumps(order), self._archive)
        self._references[task] = reference
        reference.future().add_done_callback(lambda future: self._ended(task, future))

    def _function(self, fields: dict[str, Any]) -> Any:
        """Return Ray's function for tasks with these needs; making one sends the code to the cluster."""
        key = json.dumps(fields, sort_keys=True)
        if key not in self._functions:
            self._functions[key] = self._ray.remote(**fields)(entry.enter)
        return self._functions[key]

    def _cancel(self, message: Message) -> None:
        reference = self._references.get(message["task"])
        if reference is not None:
            self._ray.cancel(reference, force=True)

    def _ended(self, task: str, future: Any) -> None:
        self._references.pop(task, None)
        error = future.exception()
        outcome = json.loads(future.result()) if error is None else self._outcome(error).to_mapping()
        is_node_lost = isinstance(error, self._ray.exceptions.NodeDiedError)
        self._told.put({"ended": task, "outcome": outcome, "died": error is not None, "is_node_lost": is_node_lost})

    def _outcome(self, error: BaseException) -> Outcome:
        errors = self._ray.exceptions
        if isinstance(error, errors.TaskCancelledError):
            return Outcome.failed(FailureKind.CANCELLED, "cancelled through Ray")
        kind = FailureKind.RESOURCE
        if isinstance(error, errors.OutOfMemoryError):
            kind = FailureKind.OUT_OF_MEMORY
        elif isinstance(error, (errors.NodeDiedError, errors.WorkerCrashedError)):
            kind = FailureKind.WORKER_DIED
        lines = [line.strip() for line in str(error).splitlines() if line.strip()]
        words = lines[0] if lines else "Ray says no more"
        return Outcome(Failure(kind, words, type(error).__name__, "\n".join(lines)))
