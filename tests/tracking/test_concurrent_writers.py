"""Several processes write to one store at once: no error, nothing lost, nothing done twice."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from sqlalchemy import func, select

from tests.tracking.folders_made import START
from tests.tracking.stored_rows import row_of, stored_rows
from tracking.folders.folder import ExperimentFolder
from tracking.indexing.index import sync_folder
from tracking.indexing.rebuild import rebuild
from tracking.store import schema
from tracking.store.database import Database

WRITING = """
import sys
from pathlib import Path
from tests.tracking.folders_made import START, make_folder
from tracking.store.database import Database
from tracking.folders.folder import METRICS
from tracking.indexing.index import sync_folder
from tracking.folders.metric_points import MetricPoint, format_points

store, root, number, points, batch = sys.argv[1], Path(sys.argv[2]), *map(int, sys.argv[3:])
database = Database.open(store)
folder = make_folder(root, number, status="running")
sys.stdin.readline()
for start in range(0, points, batch):
    # Names in another order in each process: writers that add the same names must not block each other.
    steps = range(start, start + batch)
    new = [MetricPoint(step, START + step, f"metric {(step * (number + 3)) % 11}", 1.0) for step in steps]
    with (folder / METRICS).open("a") as file:
        file.write(format_points(new))
    sync_folder(database, folder)
"""

POINTS = 2_000

CLAIMING = """
import os, sys
from tracking.states.claims import claim
from tracking.store.database import Database

database = Database.open(sys.argv[1])
sys.stdin.readline()
for id in sys.argv[2:]:
    if claim(database, id, "here", os.getpid()):
        print(id)
"""


def run_together(code: str, arguments: list[list[str]]) -> list[str]:
    """Run a process for each list of arguments, let them begin at once, and return what they printed."""
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", code, *each],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for each in arguments
    ]
    for process in processes:
        assert process.stdin is not None
        process.stdin.write("go\n")
        process.stdin.flush()
    outputs = [process.communicate() for process in processes]
    ends = [process.returncode for process in processes]
    # That it waits for the others is all that one may say.
    said = {line for _, errors in outputs for line in errors.splitlines() if "is locked by another process" not in line}
    assert (ends, said) == ([0] * len(processes), set())
    return [output for output, _ in outputs]


@pytest.mark.parametrize(("store_url", "writers"), [("file", 4), ("postgresql", 3)], indirect=["store_url"])
def test_no_point_is_lost(store_url: str, writers: int, tmp_path: Path) -> None:
    arguments = [store_url, str(tmp_path / "experiments")]
    run_together(WRITING, [[*arguments, str(number), str(POINTS), "100"] for number in range(writers)])
    database = Database.open(store_url)
    with database.read() as connection:
        counts = connection.execute(
            select(schema.metrics.c.experiment_key, func.count()).group_by(schema.metrics.c.experiment_key)
        )
        assert [count for _, count in counts] == [POINTS] * writers
    live = stored_rows(database)
    rebuild(database, [tmp_path / "experiments"])
    # The size of a folder is looked at when more than its curves changed.
    for rows in (live, anew := stored_rows(database)):
        rows["experiments"] = [tuple(item for item in row if item[0] != "disk_bytes") for row in rows["experiments"]]
    assert anew == live


@pytest.mark.parametrize(("store_url", "writers"), [("file", 8), ("postgresql", 4)], indirect=["store_url"])
def test_each_experiment_is_claimed_by_exactly_one(store_url: str, writers: int, tmp_path: Path) -> None:
    ids = [f"exp_20260101_000000_{number:06x}" for number in range(25)]
    with_tables = Database.open(store_url)
    for each in ids:
        folder = ExperimentFolder(tmp_path / each)
        folder.identify(each, each, START)
        folder.append("planned", START)
        sync_folder(with_tables, folder.path)
    claimed = [line for output in run_together(CLAIMING, [[store_url, *ids]] * writers) for line in output.split()]
    assert sorted(claimed) == ids


def test_two_that_take_in_the_same_folder_leave_what_it_says_last(store_url: str, tmp_path: Path) -> None:
    folder = ExperimentFolder(tmp_path / "exp_20260101_000000_000001")
    folder.identify(folder.path.name, "one", START)
    code = (
        "import sys\nfrom pathlib import Path\n"
        "from tracking.store.database import Database\nfrom tracking.folders.folder import ExperimentFolder\n"
        "from tracking.indexing.index import sync_folder\n"
        "database, path = Database.open(sys.argv[1]), Path(sys.argv[2])\n"
        "sys.stdin.readline()\n"
        "for number in range(40):\n"
        "    ExperimentFolder(path).append('tags', add=[f'{sys.argv[3]}/{number}'])\n"
        "    sync_folder(database, path)\n"
    )
    run_together(code, [[store_url, str(folder.path), str(number)] for number in range(3)])
    database = Database.open(store_url)
    assert row_of(database)["name"] == "one"
    assert len(stored_rows(database)["tags"]) == 120
