"""The cluster: found or started, and what its nodes have."""

from __future__ import annotations

import os
import secrets
import signal
import socket
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from errors import ConfigError, ResourceError
from jobs import Resources

__all__ = ["Cluster", "import_ray", "largest"]

_PATIENCE_S = 5.0
"""For the first answer of a cluster that is said to be there."""
_OBJECT_STORE_BYTES = 128 << 20
"""Jobs and outcomes are short texts; by default Ray would take a third of the memory."""
_PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + bytes([0, 0, 0, 4, 0, 0, 0, 0, 0])
"""With which a client of gRPC begins; a server of it answers with a frame of the same kind, SETTINGS."""


def import_ray() -> Any:
    """Return the module.

    Raises:
        ResourceError: it is not installed.
    """
    # Ray reports its use to its makers by default.
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
    try:
        import ray
    except ImportError as error:
        raise ResourceError(
            f"executor ray: Ray cannot be imported ({error}); install it with: pip install 'assay[ray]', "
            "on every node of the cluster in the same version"
        ) from error
    return ray


class Cluster:
    """This process's connection to a cluster; there is at most one in a process, which is Ray's own limit.

    Args:
        address: where it is; None starts one on this machine, which ends with the connection.
        num_cpus: of a cluster that is started; None: those of the machine.

    Raises:
        ConfigError: the address is none.
        ResourceError: Ray is missing, or nothing answers there.
    """

    def __init__(self, address: str | None, num_cpus: int | None = None) -> None:
        self.ray = import_ray()
        self.is_own = address is None
        self._is_open = not self.ray.is_initialized()
        if self._is_open:
            with _signals_kept():
                if address is None:
                    _start(self.ray, num_cpus)
                else:
                    _join(self.ray, address)

    def close(self) -> None:
        """End the connection: Ray ends what this process submitted, and a cluster that was started for it."""
        if self._is_open:
            self._is_open = False
            with _signals_kept():
                self.ray.shutdown()

    def nodes(self) -> dict[str, Resources]:
        """Return what each node has that is there now, by its id.

        Raises:
            ResourceError: the cluster does not answer.
        """
        with self.asked():
            return {node["NodeID"]: _resources(node["Resources"]) for node in self.ray.nodes() if node["Alive"]}

    def hosts(self) -> set[str]:
        """Return the names of the machines.

        Raises:
            ResourceError: the cluster does not answer.
        """
        with self.asked():
            return {str(node["NodeManagerHostname"]) for node in self.ray.nodes() if node["Alive"]}

    @contextmanager
    def asked(self) -> Iterator[None]:
        """Make Ray's errors ours.

        Raises:
            ResourceError: the cluster does not answer.
        """
        try:
            yield
        except (self.ray.exceptions.RayError, ConnectionError, RuntimeError, TimeoutError) as error:
            raise ResourceError(
                f"the Ray cluster does not answer: {_words(error)}; is it running (ray status)?"
            ) from error


def _resources(found: dict[str, float]) -> Resources:
    return Resources(
        cpus=float(found.get("CPU", 0.0)),
        gpus=float(int(found.get("GPU", 0.0))),
        memory_gb=found.get("memory", 0.0) / 2**30,
    )


def _start(ray: Any, num_cpus: int | None) -> None:
    if "RAY_AUTH_MODE" not in os.environ:
        # Nobody else is to use it; Ray's own way is a file in the home folder, where there is one.
        os.environ["RAY_AUTH_MODE"] = "token"
        os.environ.setdefault("RAY_AUTH_TOKEN", secrets.token_hex(32))
    with _explained("a Ray cluster could not be started on this machine"):
        ray.init(
            address="local",
            num_cpus=num_cpus,
            include_dashboard=False,
            object_store_memory=_OBJECT_STORE_BYTES,
            log_to_driver=False,
            logging_level="ERROR",
        )


def _join(ray: Any, address: str) -> None:
    if "://" in address:
        raise ConfigError(
            f"ray_address: {address!r} goes through Ray Client, which does not suit; "
            "start this command on a machine of the cluster, with its host:port or auto"
        )
    if address != "auto":
        _probe(address)
    with _explained(f"the Ray cluster at {address} cannot be joined"):
        ray.init(address=address, log_to_driver=False, logging_level="ERROR")


def _probe(address: str) -> None:
    """Look whether a server of gRPC is there: Ray itself would wait for minutes and then end this process.

    Raises:
        ConfigError: the address is none.
        ResourceError: nothing of the kind is there.
    """
    host, _, port = address.rpartition(":")
    if not host or not port.isdecimal():
        raise ConfigError(f"ray_address: must be host:port, such as 10.0.0.1:6379, or auto; got {address!r}")
    remedy = "is it running (ray status), and is this the address that ray start --head printed?"
    try:
        with socket.create_connection((host.strip("[]"), int(port)), timeout=_PATIENCE_S) as connection:
            connection.sendall(_PREFACE)
            answer = connection.recv(9)
    except (OSError, OverflowError) as error:
        raise ResourceError(f"no Ray cluster at {address} ({error or 'no answer'}); {remedy}") from error
    if len(answer) < 4 or answer[3] != 4:
        raise ResourceError(f"no Ray cluster at {address} (something else answers there); {remedy}")


@contextmanager
def _explained(what: str) -> Iterator[None]:
    try:
        yield
    except (Exception, SystemExit) as error:
        # Ray ends the process where it gives up; its messages go on with pages of advice.
        raise ResourceError(f"{what}: {_words(error)}") from error


def _words(error: BaseException) -> str:
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return " ".join(lines[:3]) or type(error).__name__


@contextmanager
def _signals_kept() -> Iterator[None]:
    """Ray takes over SIGTERM, with which whoever runs us asks for an orderly end."""
    in_main_thread = threading.current_thread() is threading.main_thread()
    before = signal.getsignal(signal.SIGTERM)
    try:
        yield
    finally:
        if in_main_thread and before is not None:
            signal.signal(signal.SIGTERM, before)


def largest(nodes: Sequence[Resources]) -> Resources:
    """Return the most that any node has of each kind, which may be several nodes."""
    return Resources(
        cpus=max((node.cpus for node in nodes), default=0.0),
        gpus=max((node.gpus or 0.0 for node in nodes), default=0.0),
        memory_gb=max((node.memory_gb for node in nodes), default=0.0),
    )
