from __future__ import annotations

import csv
import io
import json
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from errors import DataError
from tests.experiment_folders import config_mapping, write_run
from tests.tracking.folders_made import START, make_folder
from tracking.folders.folder import ExperimentFolder
from tracking.folders.metric_points import MetricPoint
from tracking.indexing.index import sync_folder
from tracking.indexing.rebuild import rebuild
from tracking.reading.local_backend import LocalBackend
from tracking.recording.tracker import ExperimentTracker
from tracking.store.database import Database
from tracking.upkeep.annotations import add_note, change_tags
from tracking.upkeep.exchange.export import write_experiments
from tracking.upkeep.exchange.tables import write_csv, write_parquet
from tracking.upkeep.exchange.taking_in import ImportReport, import_experiments

PLACE = ("folder", "folder_host", "disk_bytes")


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Database]:
    database = Database.open(tmp_path / "experiments.db")
    yield database
    database.close()


def _ids(database: Database) -> list[str]:
    return sorted(record.id for record in LocalBackend(database).get_all_experiments())


def _export(database: Database) -> str:
    out = io.StringIO()
    write_experiments(database, [_ids(database)], out)
    return out.getvalue()


def _content(text: str) -> list[Mapping[str, Any]]:
    experiments = json.loads(text)["experiments"]
    return [{name: value for name, value in each.items() if name not in PLACE} for each in experiments]


def _counts(report: ImportReport) -> tuple[int, int, int, int]:
    return report.added, report.updated, report.unchanged, len(report.skipped)


def _saved(tmp_path: Path, text: str, name: str = "export.json") -> Path:
    path = tmp_path / name
    path.write_text(text, encoding="utf-8")
    return path


_text = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=8)
_number = st.floats(allow_nan=False, allow_infinity=False, width=32)
_leaf = st.none() | st.booleans() | st.integers(-(2**53), 2**53) | _number | _text
_points = st.lists(
    st.builds(MetricPoint, st.integers(0, 100), _number, st.sampled_from(["loss", "eval/f1", "ü"]), _number),
    max_size=20,
)
_config = st.dictionaries(_text, _leaf | st.dictionaries(_text, _leaf, max_size=2), max_size=4)
_samples = st.dictionaries(st.sampled_from(["gsm8k", "demo"]), st.lists(st.dictionaries(_text, _leaf), max_size=4))


@settings(max_examples=15, deadline=None, phases=[Phase.explicit, Phase.reuse, Phase.generate])
@given(points=_points, config=_config, samples=_samples, status=st.sampled_from(["completed", "failed", "running"]))
def test_what_is_imported_into_an_empty_store_is_exported_again_as_it_was(
    points: list[MetricPoint], config: dict[str, Any], samples: dict[str, Any], status: str
) -> None:
    with tempfile.TemporaryDirectory() as temporary:
        root = Path(temporary)
        first, second = Database.open(root / "a.db"), Database.open(root / "b.db")
        folders = [
            make_folder(root / "from", 1, points=points, config=config, samples=samples, status=status),
            make_folder(root / "from", 2),
        ]
        for folder in folders:
            sync_folder(first, folder)
        exported = _export(first)
        file = _saved(root, exported)

        assert _counts(import_experiments(second, [file], root / "to")) == (2, 0, 0, 0)
        assert _content(_export(second)) == _content(exported)
        before = _files(root / "to")
        assert _counts(import_experiments(second, [file], root / "to")) == (0, 0, 2, 0)
        assert _files(root / "to") == before


def _files(root: Path) -> dict[Path, tuple[bytes, int]]:
    return {path: (path.read_bytes(), path.stat().st_mtime_ns) for path in sorted(root.rglob("*")) if path.is_file()}


def test_every_kind_of_store_exports_the_same(database: Database, tmp_path: Path) -> None:
    points = [MetricPoint(step, START + step, "loss", 1 / (step + 1)) for step in range(12_000)]
    folder = make_folder(tmp_path / "runs", 1, points=points, samples={"demo": [{"id": "a", "score": 1.0}]})
    sync_folder(database, folder)
    (record,) = _content(_export(database))
    assert record["points"] == [list(point) for point in points]
    assert record["evaluations"][0]["samples"] == [{"id": "a", "score": 1.0}]
    assert record["evaluations"][0]["metrics"] == {"acc": 0.5}
    assert record["params"] == {"training.learning_rate": 1e-4, "seed": 1}


def test_a_folder_on_another_machine_is_exported_from_the_store_alone(tmp_path: Path, store: Database) -> None:
    folder = make_folder(tmp_path / "from", 1)
    (folder / "journal.jsonl").unlink()
    results = {"success": False, "error": {"type": "ValueError", "message": "no", "traceback": "..."}, "metrics": {}}
    (folder / "results.json").write_text(json.dumps(results | {"metrics": {"f1": 80.0}, "primary_metric": "f1"}))
    sync_folder(store, folder)
    exported = _export(store)
    folder.rename(tmp_path / "moved")  # nothing but rows is left

    again = Database.open(tmp_path / "again.db")
    import_experiments(again, [_saved(tmp_path, _export(store))], tmp_path / "to")
    before, after = _content(exported)[0], _content(_export(again))[0]
    for name in ("status", "error", "metrics", "primary_metric", "params", "environment"):
        assert after[name] == before[name]


def test_what_the_tracker_and_the_runner_wrote_survives_the_way(tmp_path: Path, store: Database) -> None:
    root = tmp_path / "experiments"
    with ExperimentTracker(db_path=store, experiments_dir=root) as tracker:
        with suppress(ValueError), tracker.experiment({"a": [1, {"b": None}]}, "tracked", tags=["x"], notes="why"):
            tracker.log_metrics({"loss": 0.1, "f1": 3}, step=1)
            tracker.log_evaluation("gsm8k", {"acc": 0.5, "samples": [{"id": 1, "score": 1}]})
            tracker.log_checkpoint(root, step=1)
            tracker.log_results({"f1": 4}, primary_metric="f1")
            raise ValueError("too high")
        tracker.plan_experiment({"a": 2}, "planned")
    write_run(root, config_mapping("base_seed1", 1), {"eval_f1": 3.0})
    rebuild(store, [root])
    other = Database.open(tmp_path / "other.db")
    import_experiments(other, [_saved(tmp_path, _export(store))], tmp_path / "to")
    assert _content(_export(other)) == _content(_export(store))
    statuses = {record.name: record.status for record in LocalBackend(other).get_all_experiments()}
    assert statuses == {"tracked": "failed", "planned": "planned", "base_seed1": "completed"}


def test_a_newer_export_updates_and_both_sides_keep_their_notes(tmp_path: Path, store: Database) -> None:
    folder = make_folder(tmp_path / "from", 1, status="running", points=[MetricPoint(1, START, "loss", 2.0)])
    sync_folder(store, folder)
    there = Database.open(tmp_path / "there.db")
    import_experiments(there, [_saved(tmp_path, _export(store))], tmp_path / "to")
    add_note(there, _ids(there), "seen there")

    with (folder / "metrics.jsonl").open("a") as file:
        file.write('{"step": 2, "time": 1700000001.0, "name": "loss", "value": 1.0}\n')
    ExperimentFolder(folder).append("finished", START + 1099, status="completed")
    change_tags(store, _ids(store), ["done"], [])
    file_name = _saved(tmp_path, _export(store))
    assert _counts(import_experiments(there, [file_name], tmp_path / "to")) == (0, 1, 0, 0)

    (record,) = LocalBackend(there).get_all_experiments()
    assert (record.status, record.notes, record.tags) == ("completed", "seen there", ("done",))
    assert record.metrics["loss"] == 1.0
    assert _counts(import_experiments(there, [file_name], tmp_path / "to")) == (0, 0, 1, 0)


def _broken(tmp_path: Path, **changes: Any) -> Path:
    record = {"id": "exp_20260101_000000_000001", "name": "a", "created_at": 1.0, "journal": [], "points": []}
    content = {"format": "assay-experiments", "version": 1}
    line = json.dumps({**record, **changes})
    return _saved(tmp_path, f'{json.dumps(content)[:-1]}, "experiments": [\n{line}\n]}}\n')


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"id": "../../outside"}, "line 2: id: "),
        ({"id": "."}, "line 2: id: "),
        ({"name": 3}, "line 2: name: "),
        ({"points": [[1, 0.0, "loss", "high"]]}, r"line 2: points.0.3: "),
        ({"journal": [{"event": "note"}]}, r"line 2: journal.0.time: "),
        ({"evaluations": [{"benchmark": "b", "samples_file": "../x"}]}, r"line 2: evaluations.0.samples_file: "),
        ({"evaluations": [{"benchmark": "b", "samples_file": "config.json"}]}, r"evaluations.0.samples_file: "),
        ({"journal": [{"time": 0.0, "event": "evaluation", "samples_file": "/etc/passwd"}]}, "journal.0.samples_file"),
    ],
)
def test_a_malformed_record_is_refused_by_line_and_field(
    tmp_path: Path, store: Database, changes: dict[str, Any], message: str
) -> None:
    with pytest.raises(DataError, match=message):
        import_experiments(store, [_broken(tmp_path, **changes)], tmp_path / "to")
    assert not (tmp_path / "to").exists()
    assert not _ids(store)


@pytest.mark.parametrize("keep", [0, 1, 40, 200, -3])
def test_a_cut_off_file_is_refused_before_anything_is_written(tmp_path: Path, store: Database, keep: int) -> None:
    for number in range(3):
        sync_folder(store, make_folder(tmp_path / "from", number))
    file = _saved(tmp_path, _export(store)[:keep])
    empty = Database.open(tmp_path / "empty.db")
    with pytest.raises(DataError, match=r"export\.json"):
        import_experiments(empty, [file], tmp_path / "to")
    assert not (tmp_path / "to").exists()


def test_a_file_laid_out_anew_or_by_a_newer_program(tmp_path: Path, store: Database) -> None:
    sync_folder(store, make_folder(tmp_path / "from", 1))
    content = json.loads(_export(store))
    empty = Database.open(tmp_path / "empty.db")
    newer = _saved(tmp_path, json.dumps({**content, "version": 2}))
    with pytest.raises(DataError, match="version 2"):
        import_experiments(empty, [newer], tmp_path / "to")
    laid_out = _saved(tmp_path, json.dumps(content, indent=2))
    assert _counts(import_experiments(empty, [laid_out], tmp_path / "to")) == (1, 0, 0, 0)


def test_a_link_that_leads_out_of_the_folder_is_not_written_through(tmp_path: Path, store: Database) -> None:
    sync_folder(store, make_folder(tmp_path / "from", 1, samples={"demo": [{"id": "a"}]}))
    text = _export(store)
    target = make_folder(tmp_path / "to", 1, status="running")
    (tmp_path / "outside").mkdir()
    (target / "evaluations").symlink_to(tmp_path / "outside")
    with pytest.raises(DataError, match="leads out"):
        import_experiments(Database.open(tmp_path / "b.db"), [_saved(tmp_path, text)], tmp_path / "to")
    assert not list((tmp_path / "outside").iterdir())


def test_something_else_in_the_way_is_not_overwritten(tmp_path: Path, store: Database) -> None:
    folder = make_folder(tmp_path / "from", 1)
    sync_folder(store, folder)
    (tmp_path / "to" / folder.name).mkdir(parents=True)
    with pytest.raises(DataError, match="in the way"):
        import_experiments(Database.open(tmp_path / "b.db"), [_saved(tmp_path, _export(store))], tmp_path / "to")


def _tables(store: Database, tmp_path: Path) -> LocalBackend:
    configs = ({"=cmd()": 1, "lr": 1e-3, "name": "=1+1"}, {"lr": "-x", "flag": True, "layers": [1, 2]})
    for number, config in enumerate(configs):
        points = [MetricPoint(1, START, "loss", -0.5)]
        sync_folder(store, make_folder(tmp_path / "from", number, config=config, points=points))
    return LocalBackend(store)


def test_a_csv_holds_a_row_each_and_no_formula(tmp_path: Path, store: Database) -> None:
    backend = _tables(store, tmp_path)
    out = io.StringIO()
    assert write_csv(lambda: backend.pages(sort="created_at"), out) == 2
    first, second = csv.DictReader(io.StringIO(out.getvalue()))
    assert first["params.name"] == "'=1+1"
    assert second["params.lr"] == "'-x"
    assert (first["metrics.loss"], first["params.flag"], second["params.layers"]) == ("-0.5", "", "[1, 2]")
    assert first["created_at"] == "2023-11-14T22:13:20+00:00"


def test_a_parquet_keeps_types(tmp_path: Path, store: Database) -> None:
    import pandas as pd

    backend = _tables(store, tmp_path)
    file = tmp_path / "table.parquet"
    assert write_parquet(lambda: backend.pages(sort="created_at"), file) == 2
    frame = pd.read_parquet(file)
    assert frame["metrics.loss"].tolist() == [-0.5, -0.5]
    assert frame["params.lr"].tolist() == ["0.001", "-x"]
    assert frame["params.name"][0] == "=1+1"
    assert str(frame["created_at"].dtype).startswith("datetime64")
