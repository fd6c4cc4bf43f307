"""Joining a cluster that is there, or starting one on this machine: in a process that Ray may end as it likes."""

from __future__ import annotations

import os
import secrets
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from errors import ConfigError, ResourceError

__all__ = ["check_address", "import_ray", "in_short", "join", "start"]

_PATIENCE_S = 5.0
"""For the first answer of a cluster that is said to be there."""
_OBJECT_STORE_BYTES = 128 << 20
"""Jobs and outcomes are short texts; by default Ray would take a third of the memory."""
_MOST_WORDS = 400
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


def check_address(address: str) -> None:
    """Look whether a server of gRPC is there: Ray itself would wait for minutes and then end its process.

    Raises:
        ConfigError: the address is none.
        ResourceError: nothing of the kind is there.
    """
    if "://" in address:
        raise ConfigError(
            f"--ray-address {address} goes through Ray Client, which does not suit; "
            "start this command on a machine of the cluster, with its host:port or auto"
        )
    if address == "auto":
        return
    host, _, port = address.rpartition(":")
    if not host or not port.isdecimal():
        raise ConfigError(f"--ray-address {address}: must be host:port, such as 10.0.0.1:6379, or auto")
    remedy = "is it running (ray status), and is this the address that ray start --head printed?"
    try:
        with socket.create_connection((host.strip("[]"), int(port)), timeout=_PATIENCE_S) as connection:
            connection.sendall(_PREFACE)
            answer = connection.recv(9)
    except (OSError, OverflowError) as error:
        raise ResourceError(f"no Ray cluster at {address} ({error or 'no answer'}); {remedy}") from error
    if len(answer) < 4 or answer[3] != 4:
        raise ResourceError(f"no Ray cluster at {address} (something else answers there); {remedy}")


def start(ray: Any, num_cpus: int | None) -> None:
    """Start a cluster of this machine's, which ends with this process.

    Raises:
        ResourceError: Ray cannot.
    """
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


def join(ray: Any, address: str) -> None:
    """Join the cluster at an address that was checked, or that which this machine belongs to.

    Raises:
        ResourceError: Ray cannot: it is of another version, this machine is no node of it, it wants a token.
    """
    with _explained(f"the Ray cluster at {address} cannot be joined"):
        if address == "auto":
            address = _find()
            check_address(address)
        ray.init(address=address, log_to_driver=False, logging_level="ERROR")


def _find() -> str:
    """Return the address of the cluster that this machine belongs to: it may be gone, for which Ray would wait."""
    try:
        from ray._private.services import canonicalize_bootstrap_address_or_die as find
    except ImportError:
        return "auto"
    return str(find("auto"))


@contextmanager
def _explained(what: str) -> Iterator[None]:
    try:
        yield
    except (Exception, SystemExit) as error:
        # Ray ends the process where it gives up; its messages go on with pages of advice.
        raise ResourceError(f"{what}: {in_short(error)}{_remedy(error)}") from error


def _remedy(error: BaseException) -> str:
    # Ray does not say that it was turned away.
    if type(error) is not ConnectionError:
        return ""
    return "; is this machine one of its nodes (ray status), with its token (ray get-auth-token, $RAY_AUTH_TOKEN)?"


def in_short(error: BaseException) -> str:
    """Return the beginning of what Ray says."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    # Two versions that do not match take six.
    return " ".join(lines[:6])[:_MOST_WORDS] or type(error).__name__
