"""Whether the hub can be reached at all: known in an instant, before its libraries try for half a minute."""

from __future__ import annotations

import functools
import socket
import sys
import urllib.request
from urllib.parse import urlsplit

__all__ = ["go_offline_if_unreachable"]


@functools.cache
def go_offline_if_unreachable() -> None:
    """Put the hub's libraries into offline mode where its host has no address: they read their caches, and that is all.

    Behind a proxy names may be resolved elsewhere, so there nothing is concluded.
    """
    from huggingface_hub import constants

    host = urlsplit(constants.ENDPOINT).hostname
    if constants.is_offline_mode() or not host or urllib.request.getproxies():
        return
    try:
        socket.getaddrinfo(host, None)
    except OSError:
        constants.HF_HUB_OFFLINE = True
        # It copies the constant when it is imported.
        if "datasets" in sys.modules:
            sys.modules["datasets"].config.HF_HUB_OFFLINE = True
