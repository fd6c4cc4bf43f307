"""Reading the store: records, pages, names, details; on every kind of database."""

from __future__ import annotations

import math
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from atomic_files import write_json
from errors import ConfigError, DataError
from tests.tracking.many_runs import METRICS, insert_many_runs
from tracking.folders.contents import flatten
from tracking.folders.folder import METRICS as METRICS_FILE
from tracking.folders.folder import ExperimentFolder
from tracking.folders.metric_points import MetricPoint, format_points
from tracking.folders.samples import write_samples
from tracking.indexing.index import sync_folder
from tracking.processes import boot_id, host_name
from tracking.reading.local_backend import LocalBackend
from tracking.statuses import Status
from tracking.store.database import Database, DatabaseUnavailable

CONFIG = {
    "model": 'bert ‘tiny’ \\ "quoted"\n',
    "training": {"seed": 3, "learning_rate": 1e-5, "fp16": True, "betas": [0.9, 0.999]},
    "strategies": [{"name": "filter"}, {"name": "weights"}],
    "limit": None,
    "big": 2**60 + 1,
    "empty": {},
}


@pytest.fixture
def many(database: Database) -> LocalBackend:
    insert_many_runs(database, 60, points=3)
    return LocalBackend(database)


@pytest.fixture
def one(database: Database, tmp_path: Path) -> LocalBackend:
    """A store with one experiment that failed once, was taken up again, and was evaluated twice."""
    folder = ExperimentFolder(tmp_path / "runs" / "one")
    folder.identify("exp_20260101_000000_abcdef", "one experiment", 100.0, variant="filter")
    write_json(folder.path / "config.json", CONFIG)
    write_json(folder.path / "environment.json", {"machine": {"gpus": ["H200"]}, "git": {"commit": "c0ffee"}})
    folder.append("started", 101.0, host="node-1", pid=1, user="ada")
    error = {"type": "ValueError", "message": "no rows", "traceback": "Traceback …"}
    folder.append("finished", 103.0, status="failed", error=error)
    folder.append("started", 110.0, host="node-2", pid=2, user="ada")
    folder.append("artifact", 111.0, path="checkpoint-5", kind="checkpoint", step=5, size_bytes=7)
    folder.append("tags", 112.0, add=["paper", "best"])
    folder.append("note", 113.0, text="looks good")
    _evaluate(folder, "gsm8k", 114.0, indexed=True)
    _evaluate(folder, "mmlu", 115.0, indexed=False)
    folder.append("results", 119.0, metrics={"eval_f1": 81.5}, primary_metric="eval_f1")
    folder.append("finished", 120.0, status="completed")
    points = [MetricPoint(step, 110.0 + step, "train/loss", 1 / (step + 1)) for step in range(100)]
    (folder.path / METRICS_FILE).write_text(format_points(points), encoding="utf-8")
    sync_folder(database, folder.path)
    return LocalBackend(database)


def _evaluate(folder: ExperimentFolder, benchmark: str, moment: float, indexed: bool) -> None:
    samples = f"evaluations/{benchmark}.jsonl"
    write_samples(folder.path / samples, [{"id": "a", "correct": 1}, {"id": "b", "correct": 0}])
    values = {"benchmark": benchmark, "metrics": {"accuracy": 0.5}, "num_samples": 2}
    folder.append("evaluation", moment, samples_file=samples, indexed=indexed, **values)


def test_a_record_holds_what_was_configured_and_measured(one: LocalBackend, tmp_path: Path) -> None:
    (record,) = one.get_all_experiments()
    assert record.params == dict(flatten(CONFIG))
    assert record.metrics == {"eval_f1": 81.5, "train/loss": 0.01}
    assert (record.id, record.name, record.variant) == ("exp_20260101_000000_abcdef", "one experiment", "filter")
    assert (record.status, record.num_runs, record.seed, record.gpus) == (Status.COMPLETED, 2, 3, 1)
    assert (record.created_at, record.started_at, record.finished_at) == (100.0, 101.0, 120.0)
    assert (record.tags, record.notes, record.host) == (("best", "paper"), "looks good", "node-2")
    assert record.folder == tmp_path / "runs" / "one"


def test_only_the_named_columns_are_read(many: LocalBackend) -> None:
    (record,) = many.get_all_experiments(limit=1, status=["completed"], params=["training.seed"], metrics=["eval_f1"])
    assert record.params.keys() == {"training.seed"}
    assert record.metrics.keys() == {"eval_f1"}


def test_details_tell_every_attempt_and_what_it_made(one: LocalBackend) -> None:
    details = one.get_experiment("one experiment")
    assert details.config == CONFIG
    assert details.environment == {"gpus": ["H200"]}
    assert details.code == {"commit": "c0ffee"}
    assert [(run.attempt, run.status, run.error_type) for run in details.runs] == [
        (1, Status.FAILED, "ValueError"),
        (2, Status.COMPLETED, None),
    ]
    assert [(each.path, each.step, each.size_bytes) for each in details.artifacts] == [("checkpoint-5", 5, 7)]
    assert [(each.benchmark, each.metrics) for each in details.evaluations] == [
        ("mmlu", {"accuracy": 0.5}),
        ("gsm8k", {"accuracy": 0.5}),
    ]
    assert details.metrics["train/loss"].maximum == 1.0
    assert details.events[0].event == "started"


def test_samples_come_from_the_database_or_from_their_file(one: LocalBackend) -> None:
    for benchmark in ("gsm8k", "mmlu"):
        (result,) = one.get_evaluation_results("abcdef", benchmark)
        assert [(sample.sample_id, sample.score) for sample in result.samples] == [("a", 1.0), ("b", 0.0)]
    assert len(one.get_evaluation_results("abcdef")) == 2


def test_a_thinned_curve_is_even_and_keeps_its_end(one: LocalBackend) -> None:
    assert [point.step for point in one.get_metrics("abcdef", max_points=4)] == [24, 49, 74, 99]
    assert len(one.get_metrics("abcdef", max_points=1000)) == 100
    assert len(one.get_metrics("abcdef", ["train/loss"])) == 100
    assert one.get_metrics("abcdef", ["other"]) == []


def test_a_thinned_curve_is_even_over_steps_and_leaves_short_ones_whole(one: LocalBackend) -> None:
    folder = one.get_experiment("abcdef").record.folder
    points = [
        MetricPoint(step, 110.0 + step, name, float(step))
        for step in [*range(20), *range(15, 20), 90, 99]
        for name in ("train/loss", "eval_loss")[: 1 + (step % 10 == 9)]
    ]
    (folder / METRICS_FILE).write_text(format_points(points), encoding="utf-8")
    sync_folder(one.database, folder)
    found = one.get_metrics("abcdef", max_points=5)
    assert [point.step for point in found if point.name == "train/loss"] == [19, 99]
    assert [point.step for point in found if point.name == "eval_loss"] == [9, 19, 19, 99]
    assert one.get_metrics("abcdef", ["train/loss"], max_points=1)[0].step == 99


@pytest.mark.parametrize("sort", ["created_at", "-created_at", "name", "-seed", "-primary_metric", "primary_metric"])
def test_pages_together_are_the_whole_list(many: LocalBackend, sort: str, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = many.get_all_experiments(sort=sort)
    monkeypatch.setattr("tracking.reading.selection.PAGE", 7)
    pages = list(many.pages(sort=sort))
    assert [record for page in pages for record in page] == whole
    assert len(whole) == 60
    assert max(map(len, pages)) == 7


def test_an_experiment_that_begins_between_two_pages_moves_no_other(
    many: LocalBackend, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = [record.id for record in many.get_all_experiments()]
    monkeypatch.setattr("tracking.reading.selection.PAGE", 20)
    pages = many.pages()
    seen = [record.id for record in next(pages)]
    folder = ExperimentFolder(tmp_path / "new")
    folder.identify("exp_new", "new", 2e9)
    sync_folder(many.database, folder.path)
    seen += [record.id for page in pages for record in page]
    assert seen == before


@pytest.mark.parametrize("sort", ["primary_metric", "-primary_metric"])
def test_what_has_no_value_comes_last(many: LocalBackend, sort: str) -> None:
    values = [record.primary_metric for record in many.get_all_experiments(sort=sort)]
    assert values == sorted(values, key=lambda value: value is None)
    assert None in values


def test_status_and_tags_narrow_the_list(many: LocalBackend) -> None:
    records = many.get_all_experiments(status=["failed", "preempted"], tags=["paper"])
    assert {record.status for record in records} == {"failed", "preempted"}
    assert all("paper" in record.tags for record in records)
    assert many.get_all_experiments(tags=["paper", "smoke"]) == []
    assert many.count(status=["completed"]) == 32
    assert many.count(tags=["smoke"]) == 20


def test_a_frame_has_the_records_columns(many: LocalBackend) -> None:
    frame = many.get_all_experiments_frame(limit=10)
    rest = many.get_all_experiments_frame(after=frame["id"].iloc[-1])
    assert len(rest) == 50 and not set(rest["id"]) & set(frame["id"])
    records = many.get_all_experiments(limit=10)
    assert frame["id"].tolist() == [record.id for record in records]
    assert frame["params.training.learning_rate"].tolist() == [
        each.params["training.learning_rate"] for each in records
    ]
    assert math.isclose(frame["created_at"].iloc[0].timestamp(), records[0].created_at)
    assert {f"metrics.{name}" for name in METRICS} <= set(frame.columns)


def test_frames_of_nothing_have_columns(database: Database) -> None:
    backend = LocalBackend(database)
    assert len(backend.get_all_experiments_frame()) == 0
    assert "name" in backend.get_all_experiments_frame().columns


def test_frames_of_points_and_samples(one: LocalBackend) -> None:
    assert one.get_metrics_frame("abcdef").columns.tolist() == ["step", "time", "name", "value"]
    frame = one.get_evaluation_results_frame("abcdef", "gsm8k")
    assert frame["score"].tolist() == [1.0, 0.0]
    assert frame["correct"].tolist() == [1, 0]


def test_names_resolve_from_the_exact_to_the_partial(many: LocalBackend) -> None:
    newest = many.get_all_experiments(limit=1)[0]
    assert many.resolve(newest.id) == newest.id
    assert many.resolve(newest.name) == newest.id
    assert many.resolve(newest.id[-6:]) == newest.id
    assert many.resolve("000000") == many.get_all_experiments(sort="created_at", limit=1)[0].id
    with pytest.raises(DataError, match=r"several experiments: .* \(.*\), …; give more of the id"):
        many.resolve("exp_")
    with pytest.raises(DataError, match="no experiment 'nothing'"):
        many.resolve("nothing")


def test_a_part_of_a_name_is_enough_where_only_one_has_it(database: Database, tmp_path: Path) -> None:
    for number, name in enumerate(("cartography_filter_0.33_seed42", "soft_weighting_seed42", "two\nlines")):
        folder = ExperimentFolder(tmp_path / str(number))
        folder.identify(f"exp_{number}", name, float(number))
        sync_folder(database, folder.path)
    backend = LocalBackend(database)
    assert (backend.resolve("cartography"), backend.resolve("two\nlines")) == ("exp_0", "exp_2")
    with pytest.raises(DataError, match=r"several experiments: .*soft_weighting.*cartography"):
        backend.resolve("seed42")
    with pytest.raises(DataError, match=r"did you mean 'cartography_filter_0.33_seed42'"):
        backend.resolve("cartography_filter_seed42")
    for nothing in ("", " "):
        with pytest.raises(DataError, match="no experiment"):
            backend.resolve(nothing)


@pytest.mark.parametrize("text", ["%", "_" * 30, "\\", "'; DROP TABLE experiments; --", "\0", "\udc80"])
def test_special_characters_in_a_name_mean_themselves(many: LocalBackend, text: str) -> None:
    with pytest.raises(DataError):
        many.resolve(text)


def test_an_unknown_sort_key_names_the_nearest(many: LocalBackend) -> None:
    with pytest.raises(ConfigError, match="created_at"):
        many.get_all_experiments(sort="-create_at")


def test_reading_makes_no_database(tmp_path: Path) -> None:
    with pytest.raises(DatabaseUnavailable, match="no such database"):
        LocalBackend(tmp_path / "none.db")
    assert not (tmp_path / "none.db").exists()


def test_scores_are_those_of_completed_experiments(many: LocalBackend) -> None:
    metric, scores = many.get_scores(tags=["paper"], filter="seed < 3")
    expected = many.get_all_experiments("seed < 3", status=["completed"], tags=["paper"], sort="created_at")
    assert metric == "eval_f1"
    assert [(each.experiment_id, each.value) for each in scores] == [
        (record.id, record.metrics["eval_f1"]) for record in expected
    ]


def test_scores_of_benchmarks_are_those_of_the_newest_evaluation(one: LocalBackend) -> None:
    metric, (score,) = one.get_scores(benchmark="gsm8k")
    assert (metric, score.name, score.value) == ("accuracy", "one experiment", 0.5)
    with pytest.raises(ConfigError, match="did you mean 'gsm8k'"):
        one.get_scores(benchmark="gsm8")


def test_ids_alone_are_those_of_the_list(many: LocalBackend) -> None:
    records = many.get_all_experiments("seed = 1", sort="-metrics.eval_f1")
    assert many.get_all_ids("seed = 1", sort="-metrics.eval_f1") == [record.id for record in records]
    after = records[4].id
    rest = many.get_all_ids("seed = 1", sort="-metrics.eval_f1", after=after, limit=3)
    assert rest == [record.id for record in records[5:8]]


def test_a_killed_run_is_lost_in_lists_filters_and_counts(database: Database, tmp_path: Path) -> None:
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait()
    folder = ExperimentFolder(tmp_path / "killed")
    folder.identify("exp_killed", "killed", 100.0)
    folder.append("started", 101.0, host=host_name(), boot_id=boot_id(), pid=ended.pid)
    sync_folder(database, folder.path)
    backend = LocalBackend(database)
    (record,) = backend.get_all_experiments("status = lost", status=["lost"])
    assert (record.status, str(ended.pid) in record.status_reason) == (Status.LOST, True)
    assert backend.get_experiment("killed").record == record
    assert backend.count(status=["running"]) == 0


@pytest.mark.parametrize("text", [None, 3, ["a"]])
def test_what_names_no_experiment_is_refused_with_a_word_on_it(database: Database, text: Any) -> None:
    backend = LocalBackend(database)
    for ask in (backend.get_experiment, backend.get_metrics, backend.get_evaluation_results, backend.resolve):
        with pytest.raises(DataError, match="expected the id or the name"):
            ask(text)
    with pytest.raises(ConfigError, match="filter: expected a text"):
        backend.get_all_experiments({"status": "completed"})  # type: ignore[arg-type]
