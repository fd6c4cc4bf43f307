"""Commands that read load no heavy library: each has half a second."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from jobs import Job
from tests.tracking.many_runs import insert_many_runs
from tracking.queue.queue import Queue
from tracking.store.database import Database

HEAVY = ("torch", "transformers", "datasets", "pandas", "numpy", "scipy", "matplotlib", "pyarrow", "alembic", "psycopg")

CODE = f"""
import sys
import experiment_cli
status = experiment_cli.main(sys.argv[1:])
loaded = [name for name in {HEAVY!r} if name in sys.modules]
assert status == 0, status
assert not loaded, f"loads {{loaded}}"
"""


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("store") / "experiments.db"
    database = Database.open(file)
    insert_many_runs(database, 40, points=20)
    Queue(database).add([Job(id="a", name="a", work="nothing")])
    database.close()
    return file


@pytest.mark.parametrize(
    "arguments",
    [
        ("list", "--where", "metrics.eval_f1 > 0 and created > 2025-01-01"),
        ("list", "--json"),
        ("list", "--ids"),
        ("show", "000004", "--tree"),
        ("leaderboard",),
        ("leaderboard", "--json"),
        ("stats",),
        ("status",),
        ("queue", "list", "--state", "queued"),
        ("queue", "hold", "--help"),
        ("work", "--help"),
    ],
    ids=" ".join,
)
def test_reading_commands_stay_light(arguments: tuple[str, ...], store: Path, root: Path) -> None:
    environment = {**os.environ, "EXPERIMENTS_DB_URL": str(store)}
    command = [sys.executable, "-c", CODE, *arguments]
    done = subprocess.run(command, cwd=root, capture_output=True, text=True, env=environment)
    assert done.returncode == 0, done.stderr
