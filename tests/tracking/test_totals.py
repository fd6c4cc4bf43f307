"""Totals agree with counting one by one, on every kind of store."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from tests.experiment_commands.stores import add_run
from tests.tracking.many_runs import insert_many_runs
from tracking.indexing.index import sync_folders
from tracking.reading.local_backend import LocalBackend
from tracking.store.database import Database


def test_totals_are_the_sums_over_all_experiments(database: Database) -> None:
    insert_many_runs(database, 200)
    backend = LocalBackend(database)
    records, totals = backend.get_all_experiments(), backend.totals()
    assert totals.num_experiments == len(records)
    assert dict(totals.statuses) == {
        status: sum(record.status is status for record in records) for status in totals.statuses
    }
    assert totals.num_runs == sum(record.num_runs for record in records)
    assert totals.disk_bytes == sum(record.disk_bytes or 0 for record in records)
    assert totals.mean_seconds == pytest.approx(300.0)
    assert {share.count for share in totals.variants} == {50}


def test_a_filter_counts_what_the_list_would_show(database: Database) -> None:
    insert_many_runs(database, 200)
    backend = LocalBackend(database)
    wanted = "seed = 3 and status = completed"
    totals = backend.totals(wanted)
    assert totals.num_experiments == len(backend.get_all_experiments(wanted))
    assert sum(share.count for share in totals.variants) == totals.num_experiments


def test_hours_days_and_strategies(database: Database, tmp_path: Path) -> None:
    filter_, weights = {"name": "cartography_filter"}, {"name": "soft_weighting"}
    folders = [
        add_run(tmp_path / "runs", "baseline", 1, {"eval_f1": 1.0}, seconds=3600, gpus=["H200"] * 4),
        add_run(tmp_path / "runs", "filter", 1, {"eval_f1": 1.0}, [filter_], seconds=1800, gpus=["H200"]),
        add_run(tmp_path / "runs", "both", 1, {"eval_f1": 1.0}, [filter_, weights], seconds=1800, ended="failed"),
    ]
    list(sync_folders(database, folders))
    totals = LocalBackend(database).totals()
    assert (totals.run_seconds, totals.gpu_hours) == (7200.0, 4.5)
    assert totals.mean_seconds == 2700.0
    assert [(share.name, share.count, share.completed) for share in totals.strategies] == [
        ("cartography_filter", 2, 1),
        ("soft_weighting", 1, 0),
    ]
    assert [share.name for share in totals.models] == ["demo"]
    assert totals.runs_per_day[date(2026, 3, 1)] == 3
    assert sum(totals.runs_per_day.values()) == 3
    assert len(totals.runs_per_day) == 14


def test_an_empty_store_has_no_totals(database: Database) -> None:
    totals = LocalBackend(database).totals()
    assert (totals.num_experiments, totals.run_seconds, totals.mean_seconds) == (0, 0.0, None)
    assert totals.runs_per_day == {}
