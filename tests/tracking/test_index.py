"""Folders become rows, whatever they hold and wherever they go; on every kind of database."""

from __future__ import annotations

import json
import shutil
import socket
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select, update

from atomic_files import write_json
from errors import DataError
from tests.tracking.folders_made import START, make_folder
from tests.tracking.stored_rows import row_of, stored_rows
from tracking.folders.folder import CONFIG, ENVIRONMENT, JOURNAL, METRICS, RESULTS, TRACKING, ExperimentFolder
from tracking.folders.metric_points import MetricPoint, format_points
from tracking.indexing.index import sync_folder, sync_folders
from tracking.reading.local_backend import LocalBackend
from tracking.store import schema
from tracking.store.database import Database

POINTS = [MetricPoint(step, START + step, "train/loss", 1.0 / step) for step in range(1, 4)]


def finals(database: Database) -> dict[str, tuple[float | None, float | None, float | None, int | None, bool]]:
    table = schema.final_metrics.c
    columns = (table.value, table.minimum, table.maximum, table.step, table.is_result)
    with database.read() as connection:
        return {name: tuple(rest) for name, *rest in connection.execute(select(table.name, *columns))}


def add_lines(folder: Path, *lines: str) -> None:
    with (folder / METRICS).open("a") as file:
        file.write("".join(f"{line}\n" for line in lines))


def test_a_folder_becomes_rows(database: Database, tmp_path: Path) -> None:
    folder = make_folder(tmp_path, 7, points=POINTS, samples={"demo": [{"id": "a", "score": 1.0}]})
    report = sync_folder(database, folder)
    assert (report.experiments, report.changed, report.points) == (1, 1, 3)
    row = row_of(database)
    assert (row["id"], row["name"], row["status"], row["seed"], row["num_runs"]) == (
        "exp_20260101_000000_000007",
        "run_seed7",
        "completed",
        7,
        1,
    )
    assert (row["folder"], row["folder_host"]) == (str(folder), socket.gethostname())
    assert finals(database) == {"train/loss": (1 / 3, 1 / 3, 1.0, 3, False)}
    assert row_of(database, schema.per_sample_results)["sample_id"] == "a"


def test_what_is_taken_in_already_is_passed_over(database: Database, tmp_path: Path) -> None:
    folder = make_folder(tmp_path, points=POINTS)
    sync_folder(database, folder)
    before = stored_rows(database)
    assert sync_folder(database, folder)[1:4] == (1, 0, 0)
    assert stored_rows(database) == before


def test_a_folder_without_an_experiment_is_none(database: Database, tmp_path: Path) -> None:
    (tmp_path / "shared").mkdir()
    write_json(tmp_path / "shared" / RESULTS, {"acc": 0.5})
    assert sync_folder(database, tmp_path / "shared").experiments == 0
    assert stored_rows(database)["experiments"] == []


def test_a_moved_folder_is_the_same_experiment(database: Database, tmp_path: Path) -> None:
    folder = make_folder(tmp_path / "here", points=POINTS)
    sync_folder(database, folder)
    key = row_of(database)["key"]
    moved = folder.rename(tmp_path / "there")
    assert sync_folder(database, moved).points == 0
    row = row_of(database)
    assert (row["key"], row["folder"]) == (key, str(moved))


def test_a_copy_that_came_as_far_is_left_out_whoever_comes_first(database: Database, tmp_path: Path) -> None:
    folder = make_folder(tmp_path / "b", points=POINTS)
    sync_folder(database, folder)
    copy = Path(shutil.copytree(folder, tmp_path / "a" / "copy"))
    for _ in range(2):
        with pytest.raises(DataError, match=f"{copy}: left out, as {folder} holds exp_"):
            sync_folder(database, copy)
        sync_folder(database, folder)
        assert row_of(database)["folder"] == str(folder)


def test_the_copy_that_goes_on_takes_over_for_good(database: Database, tmp_path: Path) -> None:
    folder = make_folder(tmp_path, points=POINTS)
    sync_folder(database, folder)
    copy = Path(shutil.copytree(folder, tmp_path / "copy"))
    ExperimentFolder(copy).append("started", START + 500, host="elsewhere")
    add_lines(copy, '{"step": 4, "time": 1.0, "name": "train/loss", "value": 9.0}')
    for _ in range(2):
        sync_folder(database, copy)
        with pytest.raises(DataError, match="left out"):
            sync_folder(database, folder)
        assert (row_of(database)["folder"], row_of(database)["num_runs"]) == (str(copy), 2)
        assert finals(database)["train/loss"][0] == 9.0


def test_a_stale_copy_from_another_host_changes_nothing(database: Database, tmp_path: Path) -> None:
    folder = make_folder(tmp_path, points=POINTS)
    sync_folder(database, folder)
    with database.begin() as connection:
        connection.execute(update(schema.experiments).values(folder="/far/away", folder_host="otherhost"))
    (folder / METRICS).write_text(format_points(POINTS[:1]))
    before = stored_rows(database)
    with pytest.raises(DataError, match="/far/away on otherhost"):
        sync_folder(database, folder)
    assert stored_rows(database) == before
    (folder / METRICS).write_text(format_points(POINTS))
    sync_folder(database, folder)
    assert row_of(database)["folder"] == str(folder)


def test_another_experiment_in_the_same_place_replaces_the_first(database: Database, tmp_path: Path) -> None:
    folder = make_folder(tmp_path, 1, points=POINTS)
    sync_folder(database, folder)
    shutil.rmtree(folder)
    make_folder(tmp_path / "new", 2).rename(folder)
    sync_folder(database, folder)
    rows = stored_rows(database)
    assert row_of(database)["id"].endswith("2")
    assert rows["metrics"] == []


def test_a_metrics_file_written_anew_replaces_all_points(database: Database, tmp_path: Path) -> None:
    folder = make_folder(tmp_path, points=POINTS)
    sync_folder(database, folder)
    (folder / METRICS).write_text(format_points([POINTS[0]._replace(value=5.0)]))
    sync_folder(database, folder)
    assert finals(database) == {"train/loss": (5.0, 5.0, 5.0, 1, False)}
    (folder / METRICS).unlink()
    sync_folder(database, folder)
    assert (stored_rows(database)["metrics"], finals(database)) == ([], {})


def test_the_final_value_is_the_last_one_of_the_highest_step(database: Database, tmp_path: Path) -> None:
    folder = make_folder(tmp_path)
    for steps in ((1, 3), (2,), (3, 0)):
        with (folder / METRICS).open("a") as file:
            file.write(format_points([MetricPoint(step, START, "a", 10.0 * step + len(steps)) for step in steps]))
        sync_folder(database, folder)
    assert finals(database) == {"a": (32.0, 2.0, 32.0, 3, False)}
    (folder / METRICS).write_text(format_points([MetricPoint(step, START, "a", 1.0 * step) for step in (5, 9, 7)]))
    sync_folder(database, folder)
    assert finals(database) == {"a": (9.0, 5.0, 9.0, 9, False)}


def test_values_that_are_not_finite_are_kept_and_no_extremes(database: Database, tmp_path: Path) -> None:
    nan, inf = float("nan"), float("inf")
    values = {"a": (1.0, nan), "b": (inf, 2.0), "c": (nan, -inf)}
    folder = make_folder(tmp_path)
    for step in range(2):
        with (folder / METRICS).open("a") as file:
            file.write(format_points([MetricPoint(step, START, name, pair[step]) for name, pair in values.items()]))
        sync_folder(database, folder)
    expected = {"a": (None, 1.0, 1.0, 1, False), "b": (2.0, 2.0, 2.0, 1, False), "c": (None, None, None, 1, False)}
    assert finals(database) == expected
    points = LocalBackend(database).get_metrics(folder.name)
    assert [str(point.value) for point in points] == ["1.0", "nan", "nan", "nan", "2.0", "nan"]
    (record,) = LocalBackend(database).get_all_experiments()
    assert {name: str(value) for name, value in record.metrics.items()} == {"a": "nan", "b": "2.0", "c": "nan"}
    ranges = LocalBackend(database).get_experiment(folder.name).metrics
    assert (ranges["a"].minimum, ranges["a"].step, str(ranges["c"].maximum)) == (1.0, 1, "nan")
    # Extremes that a result withdraws are computed from all points again.
    write_json(folder / RESULTS, {"success": True, "metrics": {"a": 5.0, "c": 6.0}})
    sync_folder(database, folder)
    (folder / RESULTS).unlink()
    sync_folder(database, folder)
    assert finals(database) == expected


def test_declared_results_stand_for_the_last_point_until_they_are_withdrawn(database: Database, tmp_path: Path) -> None:
    folder = make_folder(tmp_path, points=POINTS)
    write_json(folder / RESULTS, {"success": True, "metrics": {"train/loss": 0.5, "f1": 80.0}})
    sync_folder(database, folder)
    assert finals(database) == {
        "train/loss": (0.5, 1 / 3, 1.0, None, True),
        "f1": (80.0, 80.0, 80.0, None, True),
    }
    add_lines(folder, '{"step": 4, "time": 1, "name": "f1", "value": 70}')
    sync_folder(database, folder)
    assert finals(database)["f1"] == (80.0, 70.0, 70.0, None, True)
    write_json(folder / RESULTS, {"success": True, "metrics": {}})
    sync_folder(database, folder)
    assert finals(database) == {"train/loss": (1 / 3, 1 / 3, 1.0, 3, False), "f1": (70.0, 70.0, 70.0, 4, False)}


TORN = [
    '{"step": 1, "ti',
    "",
    "[]",
    "null",
    '{"step": 1, "time": 1.0, "name": "x", "value": null}',
    '{"step": 1, "time": Infinity, "name": "x", "value": 1.0}',
    '{"step": Infinity, "time": 1.0, "name": "x", "value": 1.0}',
    '{"step": 1e300, "time": 1.0, "name": "x", "value": 1.0}',
    '{"step": 1, "time": 1.0, "name": "x", "value": "high"}',
    '{"step": 1}, {"step": 2}',
    "\udcff\udcfe".encode("utf-8", "surrogateescape").decode("latin-1"),
]


def test_lines_that_hold_no_point_are_passed_over(database: Database, tmp_path: Path) -> None:
    folder = make_folder(tmp_path, points=POINTS)
    add_lines(folder, *TORN, '{"step": 9, "time": 1.0, "name": "x", "value": 2.0}')
    sync_folder(database, folder)
    assert finals(database) == {"train/loss": (1 / 3, 1 / 3, 1.0, 3, False), "x": (2.0, 2.0, 2.0, 9, False)}
    with database.read() as connection:
        positions = connection.execute(select(schema.metrics.c.position)).scalars().all()
    assert sorted(positions) == [0, 1, 2, 3 + len(TORN)]


def test_a_line_that_is_being_written_waits_for_its_end(database: Database, tmp_path: Path) -> None:
    folder = make_folder(tmp_path, points=POINTS)
    with (folder / METRICS).open("a") as file:
        file.write('{"step": 4, "time": 1.0, "na')
    sync_folder(database, folder)
    add_lines(folder, 'me": "train/loss", "value": 7.0}')
    sync_folder(database, folder)
    assert finals(database)["train/loss"] == (7.0, 1 / 3, 7.0, 4, False)


LONG = "n" * 300
STRANGE: dict[str, Any] = {
    "zero\0name": "zero\0value",
    "half": "\ud800",
    "large": 2**80,
    "larger": 10**400,
    "nan": float("nan"),
    LONG + "a": 1,
    LONG + "b": 2,
    "a": {"b": 1},
    "a.b": 2,
    "empty": {},
    "mixed": [1, "x", None, {"y": 2}],
    "seed": 2**70,
}


def test_texts_and_numbers_that_no_column_takes(database: Database, tmp_path: Path) -> None:
    folder = make_folder(tmp_path)
    (folder / CONFIG).write_text(json.dumps(STRANGE))
    long_names = [{"step": 1, "time": 1, "name": f"{LONG}{end}\0", "value": 1} for end in "ab"]
    add_lines(folder, *map(json.dumps, long_names))
    place = ExperimentFolder(folder)
    place.append("tags", add=["t" * 300, "zero\0", "twice", "twice"])
    place.append("note", text="one line\u2028another\x85and\0 zero")
    place.append("artifact", path="p" * 2000, kind="k" * 99, step=2**70, size_bytes=2**90)
    place.append("evaluation", benchmark="b" * 300, metrics={"m" * 300: 1.0, "bad": "x"}, num_samples=2**40)
    place.append("started", host="h" * 300, pid=2**40, user="\0", command="\ud800", heartbeat_interval="often")
    sync_folder(database, folder)
    rows = stored_rows(database)
    assert [len(rows[name]) for name in ("runs", "tags", "artifacts", "evaluations", "metrics")] == [2, 3, 1, 1, 2]
    params = {dict(row)["name"]: dict(row) for row in rows["params"]}
    assert len([name for name in params if name.startswith("nnn")]) == 2
    assert max(map(len, params)) == 255
    assert params["zero\ufffdname"]["text"] == "zero\ufffdvalue"
    assert (params["large"]["number"], params["larger"]["number"], params["nan"]["number"]) == (2.0**80, None, None)
    assert params["a.b"]["number"] == 2
    row = row_of(database)
    assert row["seed"] is None
    assert "one line\u2028another\x85and\ufffd zero" in row["notes"]


JOURNAL_RUBBISH = [
    "torn",
    "[]",
    '{"event": "note"}',
    '{"time": NaN, "event": "note", "text": "no"}',
    '{"time": 1, "event": "finished", "status": "exploded"}',
    '{"time": 1, "event": "finished", "attempt": 99, "status": "failed"}',
    '{"time": 1, "event": "finished", "attempt": "one", "status": "failed"}',
    '{"time": 1, "event": "tags", "add": 5}',
    '{"time": 1, "event": "artifact"}',
    '{"time": 1, "event": "evaluation", "benchmark": "b", "metrics": []}',
    '{"time": 1, "event": "results", "metrics": "none"}',
    '{"time": 1, "event": "unheard of", "x": 1}',
]


def test_events_that_make_no_sense_change_nothing(database: Database, tmp_path: Path) -> None:
    folder = make_folder(tmp_path)
    with (folder / JOURNAL).open("a") as file:
        file.write("".join(f"{line}\n" for line in JOURNAL_RUBBISH))
    ExperimentFolder(folder).append("note", text="the last word")
    sync_folder(database, folder)
    row = row_of(database)
    assert (row["status"], row["notes"]) == ("completed", "the last word")


def test_one_broken_folder_stops_no_other(database: Database, tmp_path: Path) -> None:
    folders = [make_folder(tmp_path, number) for number in range(4)]
    (folders[1] / TRACKING).write_text("{")
    identity = json.loads((folders[2] / TRACKING).read_text())
    write_json(folders[2] / TRACKING, {**identity, "id": ["no", "id"], "name": {"no": "name"}})
    (folders[3] / CONFIG).write_text("[" * 100_000)
    reports = list(sync_folders(database, folders))
    assert [report.experiments for report in reports] == [1, 0, 1, 1]
    assert str(reports[1].problem).startswith(f"{folders[1]}: left out ({folders[1] / TRACKING}: cannot be read")
    assert str(reports[3].problem).startswith(f"{folders[3]}: {CONFIG} cannot be read")
    assert len(stored_rows(database)["experiments"]) == 3


@pytest.mark.parametrize("anew", [False, True])
@pytest.mark.parametrize("name", [CONFIG, ENVIRONMENT, RESULTS])
def test_the_store_keeps_what_a_file_said_that_broke(
    database: Database, tmp_path: Path, name: str, anew: bool, caplog: pytest.LogCaptureFixture
) -> None:
    folder = make_folder(tmp_path, 3, status="running", points=POINTS)
    times = {"started_at": "2026-01-01T00:00:00+00:00", "finished_at": "2026-01-01T00:01:00+00:00"}
    error = {"type": "ValueError", "message": "no", "traceback": "line 1"}
    results = {"success": False, "metrics": {"f1": 0.5}, "primary_metric": "f1", "duration_seconds": 60, "error": error}
    write_json(folder / RESULTS, {**results, **times})
    sync_folder(database, folder)
    before = stored_rows(database, without_files=True)
    (folder / name).write_text('{"training": {"learn')
    [report] = sync_folders(database, [folder], anew=anew)
    assert (report.experiments, str(report.problem).startswith(f"{folder}: {name} cannot be read")) == (1, True)
    assert without_size(stored_rows(database, without_files=True)) == without_size(before)
    ExperimentFolder(folder).append("note", text="all else goes on")
    sync_folder(database, folder)
    assert row_of(database)["notes"] == "all else goes on"
    assert f"{name} cannot be read" in caplog.text


def without_size(rows: dict[str, list[Any]]) -> dict[str, list[Any]]:
    kept = [tuple(pair for pair in row if pair[0] != "disk_bytes") for row in rows["experiments"]]
    return {**rows, "experiments": kept}


def test_a_folder_without_configuration(database: Database, tmp_path: Path) -> None:
    folder = make_folder(tmp_path)
    (folder / CONFIG).unlink()
    (folder / ENVIRONMENT).unlink()
    sync_folder(database, folder)
    assert (row_of(database)["config"], row_of(database)["environment_key"]) == ({}, None)


def test_a_heartbeat_that_reached_only_the_database_is_kept(database: Database, tmp_path: Path) -> None:
    folder = make_folder(tmp_path, status="running")
    sync_folder(database, folder)
    with database.begin() as connection:
        connection.execute(update(schema.runs).values(heartbeat_at=START + 50))
    ExperimentFolder(folder).append("note", text="still here")
    sync_folder(database, folder)
    assert row_of(database, schema.runs)["heartbeat_at"] == START + 50


def test_names_that_are_not_ascii(database: Database, tmp_path: Path) -> None:
    folder = make_folder(tmp_path / "Größe 測試 'quoted' %s", points=POINTS)
    sync_folder(database, folder)
    assert sync_folder(database, folder).changed == 0
    assert row_of(database)["folder"] == str(folder)


def test_a_folder_reached_by_two_ways_is_one(database: Database, tmp_path: Path) -> None:
    folder = make_folder(tmp_path / "real")
    (tmp_path / "link").symlink_to(tmp_path / "real")
    sync_folder(database, folder)
    assert sync_folder(database, tmp_path / "link" / folder.name).changed == 0
