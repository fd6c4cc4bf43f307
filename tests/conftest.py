"""Fixtures shared by all rooms."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, settings

if TYPE_CHECKING:
    from tests.processes import Commands

# Tests never reach for a hub: real loading code runs on local folders.
os.environ.setdefault("HF_HUB_OFFLINE", "1")
os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
# Small models train fastest on one thread, and test workers share the cores.
os.environ.setdefault("OMP_NUM_THREADS", "1")

# A busy machine is no failure: how long an example takes is the benchmarks' question. The examples are the same each
# time, here and elsewhere: what fails has to do with what was changed, not with chance.
settings.register_profile("assay", deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("assay")

ROOT = Path(__file__).resolve().parent.parent


@pytest.fixture(scope="session")
def root() -> Path:
    """The project's folder."""
    return ROOT


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """Folder of public data sets beside the clone; absent on a user's machine."""
    folder = Path(os.environ.get("ASSAY_SHARED_DATA", ROOT.parent / "shared" / "data"))
    if not (folder / "sst2").is_dir():
        pytest.skip(f"public data sets not found at {folder}; set ASSAY_SHARED_DATA to run this test")
    return folder


@pytest.fixture(scope="session")
def commands(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Commands]:
    """Starts commands in processes that tests may harm; shared, as it loads torch."""
    # Rooms that start none do without what it needs.
    from tests.processes import Commands

    with Commands(tmp_path_factory.mktemp("commands")) as started:
        yield started


@pytest.fixture(scope="session", autouse=True)
def _heeding_ctrl_c() -> None:
    """Let what tests start hear Ctrl-C: a shell begins background jobs with it ignored, and children inherit that."""
    if signal.getsignal(signal.SIGINT) == signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(autouse=True)
def _own_signals(_heeding_ctrl_c: None) -> Iterator[None]:
    """Give back the handlers that what a test calls leaves set, as a process does that ends right after it."""
    before = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGUSR2, signal.SIGHUP)}
    yield
    for number, handler in before.items():
        if handler is not None and signal.getsignal(number) != handler:
            signal.signal(number, handler)


@pytest.fixture(scope="session", autouse=True)
def _session_store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Keep what is tracked out of the project's folder, also by fixtures that serve several tests."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("EXPERIMENTS_DB_URL", str(tmp_path_factory.mktemp("store") / "experiments.db"))
        yield


@pytest.fixture(autouse=True)
def _own_store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Give each test, and the processes that it starts, a store of its own."""
    monkeypatch.setenv("EXPERIMENTS_DB_URL", str(tmp_path / "experiments.db"))
