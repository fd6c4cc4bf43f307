"""Whether the hub is asked at all."""

from __future__ import annotations

import socket
import urllib.request
from collections.abc import Iterator

import datasets
import pytest
from huggingface_hub import constants

from tasks.hub import go_offline_if_unreachable


@pytest.fixture(autouse=True)
def online(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Start each test as a process that was not told to stay offline, and ask anew."""
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", False)
    monkeypatch.setattr(datasets.config, "HF_HUB_OFFLINE", False)
    monkeypatch.setattr(urllib.request, "getproxies", dict)
    go_offline_if_unreachable.cache_clear()
    yield
    go_offline_if_unreachable.cache_clear()


def _no_address(*_: object) -> None:
    raise socket.gaierror(-2, "Name or service not known")


def test_without_an_address_only_the_caches_are_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(socket, "getaddrinfo", _no_address)
    go_offline_if_unreachable()
    assert constants.is_offline_mode()
    assert datasets.config.HF_HUB_OFFLINE


def test_a_host_with_an_address_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_: [])
    go_offline_if_unreachable()
    assert not constants.is_offline_mode()


def test_behind_a_proxy_nothing_is_concluded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(socket, "getaddrinfo", _no_address)
    monkeypatch.setattr(urllib.request, "getproxies", lambda: {"https": "http://proxy:3128"})
    go_offline_if_unreachable()
    assert not constants.is_offline_mode()
