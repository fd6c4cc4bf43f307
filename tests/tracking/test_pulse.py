"""Heartbeats into the database: by the server's clock, and never into a file that is not there."""

from __future__ import annotations

import time
from pathlib import Path
from types import SimpleNamespace

import pytest
from sqlalchemy import select, update

import tracking.states.pulse
from tests.tracking.folders_made import make_folder
from tests.waiting import until
from tracking.indexing.index import sync_folder
from tracking.states.pulse import Pulse
from tracking.states.supervision import reach
from tracking.store import schema
from tracking.store.database import Database

ID = "exp_20260101_000000_000000"


@pytest.fixture
def shared(store_url: str, tmp_path: Path) -> Database:
    database = Database.open(store_url)
    sync_folder(database, make_folder(tmp_path, status="running"))
    return database


def _heartbeat(database: Database) -> float | None:
    with database.read() as connection:
        moment: float | None = connection.execute(select(schema.runs.c.heartbeat_at)).scalar_one()
        return moment


def _pulse(database: Database) -> Pulse:
    way = reach(database.url)
    return Pulse(way.get("file"), way.get("server"))


def test_a_beat_is_written_and_the_status_is_heard(shared: Database) -> None:
    pulse = _pulse(shared)
    pulse.beat(ID, 1)
    until(lambda: pulse.status == "running")
    assert _heartbeat(shared) == pytest.approx(time.time(), abs=60.0)
    with shared.begin() as connection:
        connection.execute(update(schema.runs).values(status="stale"))
    pulse.beat(ID, 1)
    until(lambda: pulse.status == "stale")


def test_a_host_whose_clock_is_wrong_beats_by_the_servers(
    postgresql_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    database = Database.open(postgresql_url)
    sync_folder(database, make_folder(tmp_path, status="running"))
    monkeypatch.setattr(tracking.states.pulse, "time", SimpleNamespace(time=lambda: time.time() + 3600))
    pulse = _pulse(database)
    pulse.beat(ID, 1)
    until(lambda: pulse.status == "running")
    assert _heartbeat(database) == pytest.approx(time.time(), abs=60.0)
    assert pulse.clock_offset == pytest.approx(-3600, abs=60.0)


def test_a_database_that_was_deleted_is_not_made_anew(tmp_path: Path) -> None:
    pulse = Pulse(file=str(tmp_path / "gone.db"))
    pulse.beat(ID, 1)
    time.sleep(0.2)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("given", "way"),
    [
        (":memory:", {"url": None}),
        ("sqlite:///:memory:", {"url": None}),
        ("/a b/x#1.db", {"url": "sqlite:////a b/x%231.db", "file": "/a b/x#1.db"}),
        (
            "postgresql://me:p%40ss@host:1/name",
            {"url": "postgresql+psycopg://me:p%40ss@host:1/name", "server": "postgresql://me:p%40ss@host:1/name"},
        ),
    ],
)
def test_the_way_to_a_database_is_written_out_with_its_password(given: str, way: dict[str, str | None]) -> None:
    assert reach(given) == way
