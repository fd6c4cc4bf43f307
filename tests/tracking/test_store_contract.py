"""What every kind of database must do alike; a new kind joins the fixture ``database``, and nothing here changes."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, select, update

from atomic_files import write_json
from errors import DataError
from tests.tracking.folders_made import START, make_folder
from tests.tracking.stored_rows import row_of, stored_rows
from tracking.folders.folder import METRICS, ExperimentFolder
from tracking.folders.metric_points import MetricPoint, format_points
from tracking.indexing.index import sync_folder, sync_folders
from tracking.indexing.rebuild import known_roots, rebuild
from tracking.states.claims import claim
from tracking.store import schema
from tracking.store.database import Database
from tracking.store.places import whole_path

POINTS = [MetricPoint(step, START + step, "loss", 1.0 / step) for step in range(1, 6)]


def planned(root: Path) -> ExperimentFolder:
    folder = ExperimentFolder(root / "exp_20260101_000000_abcdef")
    folder.identify(folder.path.name, "planned", START)
    folder.append("planned", START)
    return folder


def suite(root: Path, count: int = 3) -> list[Path]:
    samples = {"demo": [{"id": "a", "score": 1.0}, {"id": "b", "score": 0.0}]}
    folders = [make_folder(root / "suite", number, points=POINTS, samples=samples) for number in range(count)]
    ExperimentFolder(folders[0]).append("tags", START + 20, add=["paper"])
    ExperimentFolder(folders[0]).append("artifact", START + 20, path="checkpoint-1", kind="checkpoint", step=1)
    return folders


# -- claims ---------------------------------------------------------------------------------------------------------


def test_a_planned_experiment_is_claimed_once(database: Database, tmp_path: Path) -> None:
    folder = planned(tmp_path)
    sync_folder(database, folder.path)
    assert claim(database, folder.path.name, "here", 1)
    assert not claim(database, folder.path.name, "there", 2)
    assert row_of(database)["status"] == "running"
    assert (row_of(database, schema.runs)["host"], row_of(database, schema.runs)["pid"]) == ("here", 1)


def test_what_is_not_planned_cannot_be_claimed(database: Database, tmp_path: Path) -> None:
    sync_folder(database, make_folder(tmp_path, 1))
    assert not claim(database, "exp_20260101_000000_000001", "here", 1)
    assert not claim(database, "exp_20260101_000000_ffffff", "here", 1)


def test_a_claim_outlives_the_database(database: Database, tmp_path: Path) -> None:
    folder = planned(tmp_path)
    sync_folder(database, folder.path)
    claim(database, folder.path.name, "here", 1)
    rebuild(database, [tmp_path])
    assert not claim(database, folder.path.name, "there", 2)


def test_who_claimed_begins_the_first_attempt(database: Database, tmp_path: Path) -> None:
    folder = planned(tmp_path)
    sync_folder(database, folder.path)
    claim(database, folder.path.name, "here", 1)
    folder.append("started", START + 5, host="here", pid=1)
    sync_folder(database, folder.path)
    assert (row_of(database)["num_runs"], row_of(database, schema.runs)["started_at"]) == (1, START + 5)


def test_a_claim_whose_process_died_is_free_again(database: Database, tmp_path: Path) -> None:
    folder = planned(tmp_path)
    sync_folder(database, folder.path)
    claim(database, folder.path.name, "here", 1)
    folder.append("judged", attempt=1, status="lost", evidence="process 1 is gone")
    sync_folder(database, folder.path)
    assert (row_of(database)["status"], row_of(database)["num_runs"]) == ("planned", 0)
    assert claim(database, folder.path.name, "there", 2)


def test_nothing_is_claimed_where_its_folder_is_not(database: Database, tmp_path: Path) -> None:
    folder = planned(tmp_path)
    sync_folder(database, folder.path)
    shutil.rmtree(folder.path)
    with pytest.raises(DataError, match="not on this machine"):
        claim(database, folder.path.name, "here", 1)
    assert row_of(database)["status"] == "planned"
    assert not folder.path.exists()


# -- rebuilding -----------------------------------------------------------------------------------------------------


def test_a_rebuild_gives_the_rows_that_were_written_live(database: Database, tmp_path: Path) -> None:
    folders = suite(tmp_path)
    list(sync_folders(database, folders))
    live = stored_rows(database)
    with database.begin() as connection:
        connection.execute(update(schema.experiments).values(name="wrong", metrics_lines=0))
        connection.execute(update(schema.metrics).values(value=-1.0))
        connection.execute(update(schema.evaluation_metrics).values(value=-1.0))
    seen: list[tuple[int, int]] = []
    report = rebuild(database, [tmp_path], lambda done, total: seen.append((done, total)))
    assert report[:3] == (3, 15, 0)
    assert seen == [(1, 3), (2, 3), (3, 3)]
    assert stored_rows(database) == live
    rebuild(database, [tmp_path, tmp_path / "suite", folders[0]])
    assert stored_rows(database) == live


def test_a_copy_on_another_machine_gives_the_same_experiments(database: Database, tmp_path: Path) -> None:
    suite(tmp_path)
    rebuild(database, [tmp_path])
    shutil.copytree(tmp_path / "suite", tmp_path / "elsewhere" / "suite")
    other = Database.open(":memory:")
    rebuild(other, [tmp_path / "elsewhere"])
    assert stored_rows(other, without_files=True) == stored_rows(database, without_files=True)


def test_a_rebuild_drops_what_is_gone_from_here_and_nothing_else(database: Database, tmp_path: Path) -> None:
    folders = [*suite(tmp_path, 4), make_folder(tmp_path / "outside", 9)]
    list(sync_folders(database, folders))
    with database.begin() as connection:
        foreign = whole_path(schema.experiments.c.folder) == str(folders[2])
        connection.execute(update(schema.experiments).where(foreign).values(folder_host="otherhost"))
    for folder in folders[1:3]:
        shutil.rmtree(folder)
    shutil.rmtree(folders[4])
    assert rebuild(database, [tmp_path / "suite"]).removed == 1
    with database.read() as connection:
        kept = connection.execute(select(schema.experiments.c.folder)).scalars().all()
    assert sorted(kept) == sorted(str(folders[number]) for number in (0, 2, 3, 4))


def test_a_rebuild_reports_what_it_leaves_out(database: Database, tmp_path: Path) -> None:
    folders = suite(tmp_path)
    (folders[1] / "tracking.json").write_text("{")
    report = rebuild(database, [tmp_path])
    assert (report.experiments, len(report.problems)) == (2, 1)
    assert report.problems[0].startswith(f"{folders[1]}: left out")


def test_a_rebuild_of_no_folder_is_refused(database: Database, tmp_path: Path) -> None:
    with pytest.raises(DataError, match=f"{tmp_path / 'none'}: no such folder"):
        rebuild(database, [tmp_path / "none"])


def test_a_store_knows_where_its_experiments_lie(database: Database, tmp_path: Path) -> None:
    rebuild(database, [suite(tmp_path)[0]])
    assert tmp_path / "suite" in known_roots(database)


# -- any order of things --------------------------------------------------------------------------------------------

VALUES = st.floats(allow_nan=False, allow_infinity=False, width=32)
APPENDED = st.tuples(st.just("append"), st.sampled_from(["loss", "f1"]), VALUES)
DECLARED = st.tuples(st.just("declare"), st.sampled_from(["loss", "f1"]), VALUES)
STEPS = st.lists(
    APPENDED
    | DECLARED
    | st.tuples(st.sampled_from(["sync", "tear", "start", "note", "finish"]))
    | st.tuples(st.just("forget"), st.integers(0, 3)),
    max_size=20,
)


def play(database: Database, folder: Path, steps: list[tuple[object, ...]]) -> None:
    """Let a run, its restarts and the index go on in the given order."""
    place = ExperimentFolder(folder)
    for number, (what, *values) in enumerate(steps):
        moment = START + 100 + number
        if what == "append":
            with (folder / METRICS).open("ab") as file:
                file.write(format_points([MetricPoint(number, moment, *values)]).encode())  # type: ignore[arg-type]
        elif what == "tear":
            with (folder / METRICS).open("ab") as file:
                file.write(b'{"step": 1, "na')
        elif what == "forget":
            lines = (folder / METRICS).read_bytes().split(b"\n") if (folder / METRICS).exists() else []
            kept = islice(lines, int(str(values[0])))
            (folder / METRICS).write_bytes(b"".join(line + b"\n" for line in kept))
        elif what == "declare":
            place.append("results", moment, metrics=dict([values]))  # type: ignore[list-item]
        elif what == "start":
            place.append("started", moment, host="here")
        elif what == "finish":
            place.append("finished", moment, status="failed", reason=f"number {number}")
        elif what == "note":
            place.append("note", moment, text=f"number {number}")
        else:
            sync_folder(database, folder)


@pytest.fixture
def rebuilt() -> Iterator[Database]:
    store = Database.open(":memory:")
    yield store
    store.close()


@settings(max_examples=25, suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture])
@given(STEPS)
def test_any_interleaving_of_writing_and_taking_in_ends_in_the_rows_of_a_rebuild(
    database: Database, rebuilt: Database, tmp_path: Path, steps: list[tuple[object, ...]]
) -> None:
    shutil.rmtree(tmp_path / "experiments", ignore_errors=True)
    for store in (database, rebuilt):
        with store.begin() as connection:
            connection.execute(delete(schema.experiments))
    folder = make_folder(tmp_path / "experiments")
    play(database, folder, [*steps, ("sync",)])
    rebuild(rebuilt, [tmp_path / "experiments"])
    live, anew = stored_rows(database), stored_rows(rebuilt)
    # The size of a folder is looked at when more than its curves changed.
    for rows in (live, anew):
        rows["experiments"] = [tuple(item for item in row if item[0] != "disk_bytes") for row in rows["experiments"]]
    assert live == anew


def test_the_folders_of_a_runner_without_tracking(database: Database, tmp_path: Path) -> None:
    folder = tmp_path / "experiments" / "baseline_seed42_920801e3"
    started, finished = "2026-01-01T10:00:00.000+00:00", "2026-01-01T10:05:00.000+00:00"
    write_json(folder / "config.json", {"name": "baseline_seed42", "training": {"seed": 42}})
    machine = {"python": "3.11", "gpus": ["NVIDIA H200"]}
    write_json(folder / "environment.json", {"started_at": started, "machine": machine, "git": {"commit": "abc"}})
    results = {"success": True, "started_at": started, "finished_at": finished, "duration_seconds": 300.0}
    results |= {"name": "baseline_seed42", "strategy": "baseline", "primary_metric": "eval_f1"}
    write_json(folder / "results.json", {**results, "metrics": {"eval_f1": 80.0}})
    (folder / "metrics.jsonl").write_text(format_points(POINTS))
    write_json(folder / "trainer_output" / "config.json", {"model_type": "bert"})
    write_json(tmp_path / "experiments" / "shared" / "data_map" / "node.json", {"kind": "data_map"})
    write_json(tmp_path / "experiments" / "all_results.json", [results])
    for _ in range(2):
        assert rebuild(database, [tmp_path / "experiments"])[:2] == (1, 5)
    row = row_of(database)
    assert row["id"].startswith("exp_20260101_100000_")
    assert (row["status"], row["variant"], row["seed"], row["gpus"]) == ("completed", "baseline", 42, 1)
    assert row["duration_seconds"] == 300.0
    renamed = folder.rename(tmp_path / "experiments" / "renamed")
    sync_folder(database, renamed)
    assert (row_of(database)["id"], row_of(database)["folder"]) == (row["id"], str(renamed))
    (renamed / "results.json").unlink()
    sync_folder(database, renamed)
    assert row_of(database)["status"] == "lost"
