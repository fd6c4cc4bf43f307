"""A plan for others to execute: through the store's queue, or a cluster that needs nobody to wait."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path

from execution.base import Handle
from execution.code_version import code_version
from execution.executors import create_executor
from planning import Plan
from planning.estimate import Cost
from running.jobs import jobs_of
from running.options import RunnerOptions
from running.preflight import check_plan
from running.shared_stores import store_warning
from running.tracked import entered
from tracking.queue.queue import Queue
from tracking.queue.records import Added
from tracking.store.database import Database
from training.data import DataCache

__all__ = ["enqueue", "submit"]


def enqueue(plan: Plan, costs: Mapping[Path, Cost], options: RunnerOptions) -> Added:
    """Check a plan and put what it lacks into the queue of the store, where ``experiment_cli.py work`` finds it.

    Raises:
        AssayError: what is known to be wrong, or the store cannot be reached.
    """
    check_plan(plan, costs, DataCache())
    with entered(plan, options):
        return Queue(Database.open(options.db)).add(jobs_of(plan, costs, options, code_version()), redo=True)


def submit(plan: Plan, costs: Mapping[Path, Cost], options: RunnerOptions) -> list[Handle]:
    """Check a plan and hand what it lacks to a cluster that sees to the order.

    Raises:
        AssayError: what is known to be wrong, an executor that cannot be left alone, or a cluster that is not there.
    """
    with create_executor(options.execution) as executor:
        check_plan(plan, costs, DataCache())
        if options.tracking and not options.quiet and (warning := store_warning(executor, options.db)):
            print(f"warning: {warning}", file=sys.stderr)
        with entered(plan, options):
            return executor.submit_all(jobs_of(plan, costs, options, code_version()))
