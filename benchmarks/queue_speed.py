"""How fast the queue and the dispatcher are by themselves: thousands of jobs that do nothing, but need one another.

Jobs are added at one stroke, then handed out one by one as each may begin, done in this process, and settled: all that
happens between a plan and its end except the work. With ``--workers`` warm processes do them.
"""

from __future__ import annotations

import argparse
import cProfile
import pstats
import sys
import tempfile
import time
from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import NamedTuple

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from execution.dispatching.dispatcher import Dispatcher
from execution.dispatching.listening import Listener
from execution.dispatching.options import DispatcherOptions
from execution.executors import create_executor
from execution.interruption import Interruption
from execution.options import ExecutorOptions
from jobs import Job
from tracking.queue.queue import Queue
from tracking.queue.records import QueueState
from tracking.store.database import Database

GOAL = 500.0
"""Jobs a second, planned and drained, on an SQLite file."""
SUITE = 100
"""Jobs of one suite: a data map, a clustering, and experiments that need one of them or both."""


class Times(NamedTuple):
    """Seconds."""

    added: float
    drained: float
    processor: float
    """Of this process, for both: what a busy machine does not stretch."""


def jobs(count: int) -> list[Job]:
    """Return ``count`` jobs with needs as suites have them."""
    return [_job(number) for number in range(count)]


def _job(number: int) -> Job:
    suite, place = divmod(number, SUITE)
    data_map, clusters = f"{suite}-0", f"{suite}-1"
    # A baseline fills the map, others wait for it; every fourth experiment waits for nothing.
    needs = ((), (data_map,), (clusters,), (data_map, clusters))[place % 4] if place > 1 else ()
    name = f"suite {suite} job {place}"
    payload = {"node": {"name": name, "config": {"dataset": "demo", "seed": place, "strategies": ["ours"] * 8}}}
    return Job(
        id=f"{suite}-{place}",
        name=name,
        work="nothing",
        payload=payload,
        needs=needs,
        group=f"suite {suite}",
        seconds=60.0,
    )


def drain(database: str, wanted: Sequence[Job], options: ExecutorOptions, profile: bool) -> Times:
    """Put jobs into the queue of a store and work until nothing is left.

    Args:
        database: file or URL of the store.
        wanted: the jobs.
        options: who does them.
        profile: print where the time of this process went.

    Raises:
        RuntimeError: not every job was completed.
    """
    queue = Queue(Database.open(database))
    watch = cProfile.Profile() if profile else None
    guard: AbstractContextManager[object] = watch if watch is not None else nullcontext()
    with create_executor(options) as executor, guard:
        begin, processor = time.perf_counter(), time.process_time()
        queue.add(wanted)
        added = time.perf_counter()
        Dispatcher(queue, executor, Listener(), Interruption(), DispatcherOptions()).run()
        drained, processor = time.perf_counter(), time.process_time() - processor
    counts = queue.counts()
    if counts[QueueState.COMPLETED] != len(wanted):
        raise RuntimeError(f"not all jobs were completed: { {state: n for state, n in counts.items() if n} }")
    if watch is not None:
        pstats.Stats(watch).sort_stats("tottime").print_stats(30)
    return Times(added - begin, drained - added, processor)


def main() -> int:
    """Print the table; return 1 where an SQLite file misses the goal."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--jobs", type=int, default=10_000)
    parser.add_argument("--workers", type=int, help="warm processes; default: jobs are done in this process")
    parser.add_argument("--db", help="an empty PostgreSQL database too, as a URL")
    parser.add_argument("--profile", action="store_true", help="say where the time went; takes longer")
    flags = parser.parse_args()
    if flags.jobs < 1:
        parser.error("--jobs: expected 1 or more")
    executor = "inline" if flags.workers is None else "workers"
    print(f"{flags.jobs:,} jobs that do nothing, with needs, executor {executor}:\n")
    print("| store | added, s | drained, s | jobs a second, both | and a second of processor time |")
    print("|---|---:|---:|---:|---:|")
    rates = {}
    with tempfile.TemporaryDirectory() as folder:
        options = ExecutorOptions(executor=executor, workers=flags.workers, log_dir=Path(folder) / "logs")
        stores = {"SQLite file": f"{folder}/experiments.db"} | ({"PostgreSQL": flags.db} if flags.db else {})
        for name, database in stores.items():
            times = drain(database, jobs(flags.jobs), options, flags.profile)
            rates[name] = flags.jobs / (times.added + times.drained)
            computed = flags.jobs / times.processor
            shown = f"{times.added:.1f} | {times.drained:.1f} | {rates[name]:.0f} | {computed:.0f}"
            print(f"| {name} | {shown} |", flush=True)
    met = rates["SQLite file"] >= GOAL
    print(f"\ngoal on an SQLite file: {GOAL:.0f} jobs a second: {'met' if met else 'MISSED'}")
    return 0 if met else 1


if __name__ == "__main__":
    sys.exit(main())
