"""Executing a plan: checks, jobs, a queue of its own, an executor, and what came of it all."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from atomic_files import check_writable
from errors import ConfigError
from execution.base import Executor
from execution.dispatching.dispatcher import Dispatcher
from execution.dispatching.options import DispatcherOptions
from execution.interruption import Interruption
from jobs import Failure, Job, Resources
from planning import Node, Plan
from planning.estimate import Cost
from planning.nodes import DONE
from planning.status import read_results
from running.display import Display
from running.jobs import NODE_WORK, job_id, jobs_of
from running.options import RunnerOptions
from running.outcomes import Outcomes
from running.results import describe_failure
from running.run_log import shown_on
from running.shared_stores import store_warning
from running.tracked import entered
from tracking.queue.queue import Queue
from tracking.queue.records import QueueState
from tracking.store.database import Database

__all__ = ["execute"]

_TAKES = "RunnerOptions.resources (--cpus-per-run, --gpus-per-run, --memory-per-run)"
_QUESTION = (
    "interrupted: nothing new is begun, and what runs goes on to its end; "
    "press Ctrl-C again to save it where it is and stop now"
)
_QUESTION_OF_CLUSTER = (
    "interrupted: nothing new is begun, and what runs is waited for; "
    "press Ctrl-C again to leave it to {executor} and stop now"
)


def execute(
    plan: Plan, costs: Mapping[Path, Cost], options: RunnerOptions, open_executor: Callable[[], Executor]
) -> list[dict[str, Any]]:
    """Check a plan, then make what it lacks.

    The queue is this command's own: folders say what is finished, so that the same command goes on after whatever.

    Args:
        plan: what to make.
        costs: of its nodes, by their folders.
        options: how to run it.
        open_executor: returns who executes it; whoever opened it closes it.

    Returns:
        The results of the experiments in the order of the plan, without those that were not reached.

    Raises:
        AssayError: what is known to be wrong before anything is trained.
        KeyboardInterrupt: the user stopped; what was done is kept.
        SystemExit: SIGTERM came; what was done is kept.
    """
    jobs = jobs_of(plan, costs, options)
    # Before an executor keeps its logs there, and before anything is loaded.
    check_writable(plan.experiments_dir)
    if not options.quiet:
        _say_what_comes(plan, options)
    executor = open_executor()
    _check_possible(jobs, executor.capacity)
    executor.warm_up(NODE_WORK)
    # Loaded only now: this takes as long as what workers load meanwhile.
    from running.node_work import kept_data
    from running.preflight import check_plan

    check_plan(plan, costs, kept_data(executor.kept, str(Path.cwd())))
    queue = Queue(Database.open(":memory:"))
    queue.add(jobs)
    recorded = {job_id(node) for node in plan.unfinished if node.recorded_by is not None}
    weights = {job.id: job.seconds or 0.0 for job in jobs if job.id not in recorded}
    with entered(plan, options), Display(weights, quiet=options.quiet) as display:
        question = _QUESTION_OF_CLUSTER.format(executor=executor.name) if executor.can_be_left else _QUESTION
        interruption, outcomes = Interruption(lambda: display.said(question)), Outcomes(display)
        chosen = DispatcherOptions(stop_on_failure=options.stop_on_error)
        if options.tracking and (warning := store_warning(executor, options.db)):
            display.said(f"warning: {warning}")
        with interruption, shown_on(display.said):
            Dispatcher(queue, executor, outcomes, interruption, chosen).run()
    # Also where the last run has just ended: whoever called may have more to begin.
    interruption.raise_if_asked()
    if not (options.stop_on_error or queue.is_drained()):
        _refuse_what_is_left(queue)
    return _results(plan, outcomes)


def _say_what_comes(plan: Plan, options: RunnerOptions) -> None:
    runs = [node.name for node in plan.unfinished]
    what = runs[0] if len(runs) == 1 else f"{len(runs):,} runs and signals"
    print(f"loading what {what} need{'s' if len(runs) == 1 else ''} ({options.execution.executor})", flush=True)


def _refuse_what_is_left(queue: Queue) -> None:
    left = queue.jobs(states=[QueueState.QUEUED], limit=1)
    raise ConfigError("; ".join(f"{each.job.name} was not begun: {each.reason}" for each in left))


def _check_possible(jobs: Sequence[Job], capacity: Resources | None) -> None:
    for job in jobs:
        if missing := job.resources.lacks(capacity):
            raise ConfigError(f"{job.name} can never run here: it needs {missing}; lower {_TAKES}, or run it elsewhere")


def _results(plan: Plan, outcomes: Outcomes) -> list[dict[str, Any]]:
    found = []
    for node in plan.experiments:
        outcome = outcomes.final.get(job_id(node))
        if outcome is not None and outcome.failure is not None:
            found.append(_failed(node, outcome.failure))
        elif outcome is not None or plan.state(node).status == DONE:
            found.append(read_results(node.folder))
    return found


def _failed(node: Node, failure: Failure) -> dict[str, Any]:
    """Return results.json of a run that failed; where it could not be written, as on a full disk, what it would say."""
    results = read_results(node.folder)
    of_this_run = results.get("success") is False and results["error"]["message"] == failure.message
    return results if of_this_run else describe_failure(node, failure, datetime.now(UTC))
