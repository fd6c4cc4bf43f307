"""A worker's session, in this process: how it ends."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import pytest

from execution.options import ExecutorOptions
from experiment_commands.working import session
from experiment_commands.working.session import WorkOptions, work_on_queue
from tracking.queue.queue import Queue
from tracking.queue.records import Limits
from tracking.store.database import Database, DatabaseUnavailable


def test_whoever_presses_ctrl_c_while_the_store_is_away_hears_of_ctrl_c(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def press_while_the_store_is_away(queue: Queue) -> None:
        os.kill(os.getpid(), signal.SIGINT)
        raise DatabaseUnavailable("the server is gone")

    monkeypatch.setattr(session, "look_at", press_while_the_store_is_away)
    db = str(tmp_path / "a store.db")
    Database.open(db).close()
    options = WorkOptions(ExecutorOptions(log_dir=tmp_path / "logs"), continuous=False, max_jobs=None, limits=Limits())
    with pytest.raises(KeyboardInterrupt):
        work_on_queue(db, options)
