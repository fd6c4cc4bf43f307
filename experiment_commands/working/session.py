"""Working on the store's queue: who takes the jobs, who does them, and what is left in the end."""

from __future__ import annotations

from dataclasses import dataclass

from execution.code_version import code_version
from execution.dispatching.dispatcher import Dispatcher
from execution.dispatching.options import DispatcherOptions
from execution.executors import create_executor
from execution.interruption import Interruption
from execution.options import ExecutorOptions
from experiment_commands.working.lines import WorkLines
from experiment_commands.working.remains import look_at
from running.run_log import shown_on
from running.shared_stores import store_warning
from running.tracked import named_store
from tracking.queue.queue import Queue
from tracking.queue.records import Limits
from tracking.store.database import Database, DatabaseUnavailable

__all__ = ["WorkOptions", "work_on_queue"]

_QUESTION = (
    "interrupted: nothing new is begun, and what runs goes on to its end; "
    "press Ctrl-C again to save it where it is, give it back to the queue and stop now"
)


@dataclass(frozen=True)
class WorkOptions:
    """How a worker works."""

    execution: ExecutorOptions
    continuous: bool
    max_jobs: int | None
    limits: Limits


def work_on_queue(db: str | None, options: WorkOptions) -> int:
    """Do what is queued in a store; return the exit status.

    Raises:
        AssayError: the store cannot be reached, or the executor not be had.
        KeyboardInterrupt: after Ctrl-C.
        SystemExit: after SIGTERM.
    """
    # Whoever waits for jobs may be there before the first.
    queue = Queue(Database.open(db, create=options.continuous))
    lines = WorkLines(options.limits)
    interruption = Interruption(lambda: lines.said(_QUESTION))
    chosen = DispatcherOptions(
        continuous=options.continuous, max_jobs=options.max_jobs, limits=options.limits, code=code_version()
    )
    with named_store(db), interruption, shown_on(lines.said):
        with create_executor(options.execution) as executor:
            if warning := store_warning(executor, db):
                lines.said(f"warning: {warning}")
            lines.said(f"working with {options.execution.executor}, {_how_many(executor.max_concurrent)}")
            Dispatcher(queue, executor, lines, interruption, chosen).run()
        try:
            remains = look_at(queue)
        except DatabaseUnavailable:
            # Whoever was asked to stop did, whatever is left.
            interruption.raise_if_asked()
            raise
    lines.said(f"{lines.num_done:,} done, {lines.num_failed:,} failed; {remains.in_words()}")
    interruption.raise_if_asked()
    if options.max_jobs is not None:
        return 1 if lines.num_failed else 0
    for line in remains.details():
        lines.said(line)
    return 1 if lines.num_failed or remains.is_stuck else 0


def _how_many(number: int) -> str:
    return "one job at a time" if number == 1 else f"up to {number:,} jobs at the same time"
