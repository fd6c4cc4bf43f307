"""The queue outlives processes, rebuilds and upgrades; when it is lost, somebody says so."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from sqlalchemy import text

from errors import ResourceError
from tests.tracking.folders_made import make_folder
from tests.tracking.queue.handed_out import DONE, drain, job, seen, take
from tests.tracking.test_mending import overwrite_all_but_head
from tracking.indexing.rebuild import rebuild
from tracking.queue.queue import Queue
from tracking.queue.records import QueueState
from tracking.store.database import Database, DatabaseMended, DatabaseUnavailable


def test_a_rebuild_leaves_the_queue_as_it_is(queue: Queue, database: Database, tmp_path: Path) -> None:
    queue.add([job("a"), job("b", "a"), job("c")])
    [claim] = take(queue, 1)
    make_folder(tmp_path / "experiments", 1)
    rebuild(database, [tmp_path / "experiments"])
    assert queue.renew([claim], {}).lost == ()
    assert [(each.job.id, each.state) for each in queue.jobs()] == [
        ("a", QueueState.RUNNING),
        ("b", QueueState.QUEUED),
        ("c", QueueState.QUEUED),
    ]


def test_the_queue_of_a_broken_file_is_gone_and_that_is_said(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    file = tmp_path / "experiments.db"
    database = Database.open(file)
    queue = Queue(database)
    queue.add([job("a")])
    [claim] = take(queue)
    database.close()
    overwrite_all_but_head(file)
    queue = Queue(Database.open(file))
    assert "jobs that were queued in it are to be added again" in caplog.text
    assert queue.renew([claim], {}).lost == (claim,)
    assert queue.settle(claim, DONE).lost
    assert queue.add([job("a")]).new == ("a",)
    assert drain(queue) == ["a"]


def test_a_queue_whose_file_breaks_under_it_goes_on_empty(tmp_path: Path) -> None:
    queue = Queue(Database.open(tmp_path / "experiments.db"))
    queue.add([job("a")])
    (tmp_path / "experiments.db").write_bytes(b"")
    with pytest.raises(DatabaseMended, match="do the same again"):
        for _ in range(3):
            queue.add([job("b")])
    queue.add([job("b")])
    assert [each.job.id for each in queue.jobs()] == ["b"]


def test_a_server_with_another_usual_isolation_hands_no_job_to_two(postgresql_url: str) -> None:
    """Who waits for his turn must see what was written meanwhile, not what was there before he waited."""
    database = Database.open(postgresql_url)
    with database.begin() as connection:
        name = connection.execute(text("SELECT current_database()")).scalar()
        connection.execute(text(f'ALTER DATABASE "{name}" SET default_transaction_isolation = "serializable"'))
    database.close()
    first, second = Queue(Database.open(postgresql_url)), Queue(Database.open(postgresql_url))
    first.add([job(f"{number:02}") for number in range(40)])
    with ThreadPoolExecutor(2) as threads:
        done = [id for ids in threads.map(drain, (first, second)) for id in ids]
    assert sorted(done) == [f"{number:02}" for number in range(40)]


def test_tables_of_an_unfinished_version_are_an_error_that_waiting_does_not_mend(store_url: str) -> None:
    database = Database.open(store_url)
    with database.begin() as connection:
        connection.execute(text("ALTER TABLE queue_jobs DROP COLUMN uncounted"))
    queue = Queue(database)
    queue.add([])
    with pytest.raises(ResourceError, match=r"not those of this version.*uncounted.*rebuild FOLDER$") as caught:
        queue.jobs()
        queue.add([job("a")])
        drain(queue)
    assert not isinstance(caught.value, DatabaseUnavailable)


def test_another_process_goes_on_where_one_stopped(store_url: str) -> None:
    queue = Queue(Database.open(store_url))
    queue.add([job("a"), job("b"), job("c", "a")])
    [a] = take(queue, 1)
    queue.hold(["b"])
    again = Queue(Database.open(store_url))
    assert {each.job.id: each.state for each in again.jobs()} == {
        "a": QueueState.RUNNING,
        "b": QueueState.HELD,
        "c": QueueState.QUEUED,
    }
    again.settle(a, DONE)
    again.release(["b"])
    assert drain(again) == ["b", "c"]
    assert seen(queue, "c").state == QueueState.COMPLETED
