"""The work that executors are tested with, as if its package was installed."""

from __future__ import annotations

import importlib
import os
from pathlib import Path

import pytest

from execution.executors import EXECUTORS
from execution.work import MADE, WORK

__all__ = ["plugin"]

PLUGIN = Path(__file__).resolve().parent / "plugin"
ROOT = Path(__file__).resolve().parent.parent.parent


@pytest.fixture
def plugin(monkeypatch: pytest.MonkeyPatch) -> Path:
    """Install the test's own work and executor, here and in every process that the test starts."""
    monkeypatch.syspath_prepend(str(PLUGIN))
    inherited = os.environ.get("PYTHONPATH")
    folders = [str(PLUGIN), str(ROOT), *([inherited] if inherited else [])]
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(folders))
    importlib.invalidate_caches()
    for registry in (WORK, MADE, EXECUTORS):
        # As in a fresh process: what is installed is read once.
        monkeypatch.setattr(registry, "_entry_points_read", False)
        monkeypatch.setattr(registry, "_targets", dict(registry._targets))
    return PLUGIN
