"""Plan a list of experiments, execute the plan, write the folders."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import ExitStack
from functools import cache
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

from experiment_config import ExperimentConfig
from planning import Plan, PlanOptions, make_plan
from planning.estimate import estimate_costs
from planning.status import data_files, read_results
from planning.table import print_plan
from running.options import RunnerOptions
from validated import from_mapping

if TYPE_CHECKING:
    from execution.base import Executor, Handle
    from tracking.queue.records import Added

__all__ = [
    "ExperimentRunner",
    "RunnerOptions",
    "describe_data",
    "enqueue_experiments",
    "plan_experiments",
    "print_dry_run",
    "run_experiments_from_configs",
    "run_experiments_from_list",
    "submit_experiments",
]


def run_experiments_from_list(
    experiments: Sequence[ExperimentConfig], experiments_dir: str | Path = "experiments", **options: Any
) -> list[dict[str, Any]]:
    """Train what is missing of a list of experiments, and the signals they need.

    Args:
        experiments: what to run, in this order.
        experiments_dir: where results live.
        **options: fields of :class:`RunnerOptions`, such as ``force``, ``stop_on_error``, ``tracking`` or ``db``.

    Returns:
        The content of each experiment's results.json, in order; failed ones have ``success`` False and ``error``.
        With ``stop_on_error`` the list ends at the first failure.

    Raises:
        AssayError: what is known to be wrong before anything is trained.
    """
    with ExperimentRunner(experiments_dir, **options) as runner:
        return runner.run(experiments)


class ExperimentRunner:
    """Runs lists of experiments one after another with one executor; use as a context manager.

    The executor is started for the first list that lacks something, and stopped when the block is left: its processes
    stay warm in between, and data are read once.

    Args:
        experiments_dir: where results live.
        **options: fields of :class:`RunnerOptions`.

    Raises:
        ConfigError: an unknown option, or an impossible value.
    """

    def __init__(self, experiments_dir: str | Path = "experiments", **options: Any) -> None:
        self._experiments_dir = experiments_dir
        self._options = from_mapping(RunnerOptions, options)
        self._opened = ExitStack()
        self._executor = cache(self._open_executor)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._opened.__exit__(kind, error, trace)

    def run(self, experiments: Sequence[ExperimentConfig]) -> list[dict[str, Any]]:
        """Train what is missing of a list; see :func:`run_experiments_from_list`.

        Raises:
            AssayError: what is known to be wrong before anything is trained.
        """
        plan = _plan(experiments, self._experiments_dir, self._options)
        costs = estimate_costs(plan)
        if not plan.unfinished:
            from running.tracked import entered

            with entered(plan, self._options):
                pass
            return [read_results(node.folder) for node in plan.experiments]
        from running.execution import execute

        return execute(plan, costs, self._options, self._executor)

    def _open_executor(self) -> Executor:
        from execution.executors import create_executor
        from running.tracked import named_store

        if self._options.tracking:
            # Before any process starts: it inherits which store it is to write to.
            self._opened.enter_context(named_store(self._options.db))
        return self._opened.enter_context(create_executor(self._options.execution))


def run_experiments_from_configs(
    paths: Sequence[str | Path], experiments_dir: str | Path = "experiments", **options: Any
) -> list[dict[str, Any]]:
    """Train what is missing of saved experiments; see :func:`run_experiments_from_list`.

    Raises:
        AssayError: a file is missing or no valid configuration, or what that function raises.
    """
    return run_experiments_from_list([ExperimentConfig.load(path) for path in paths], experiments_dir, **options)


def enqueue_experiments(
    experiments: Sequence[ExperimentConfig], experiments_dir: str | Path = "experiments", **options: Any
) -> Added:
    """Put what is missing of a list of experiments into the queue of the store; ``experiment_cli.py work`` takes it.

    Args:
        experiments: what to run.
        experiments_dir: where results live: a folder that all workers see.
        **options: see :func:`run_experiments_from_list`.

    Returns:
        Ids of the jobs that are new, that wait or run already, and that are queued once more.

    Raises:
        AssayError: what is known to be wrong, or the store cannot be reached.
    """
    from running.handing_over import enqueue

    plan = plan_experiments(experiments, experiments_dir, **options)
    return enqueue(plan, estimate_costs(plan), from_mapping(RunnerOptions, options))


def submit_experiments(
    experiments: Sequence[ExperimentConfig], experiments_dir: str | Path = "experiments", **options: Any
) -> list[Handle]:
    """Hand what is missing of a list of experiments to a cluster that needs nobody to wait: SLURM.

    Args:
        experiments: what to run.
        experiments_dir: where results live: a folder that all machines of the cluster see.
        **options: see :func:`run_experiments_from_list`; ``execution`` names the executor.

    Raises:
        AssayError: what is known to be wrong, or the cluster does not answer.
    """
    from running.handing_over import submit

    plan = plan_experiments(experiments, experiments_dir, **options)
    return submit(plan, estimate_costs(plan), from_mapping(RunnerOptions, options))


def plan_experiments(
    experiments: Sequence[ExperimentConfig], experiments_dir: str | Path = "experiments", **options: Any
) -> Plan:
    """Return the plan of a list of experiments, without loading a model.

    Raises:
        AssayError: no experiments, or a signal is missing and may not be made.
    """
    return _plan(experiments, experiments_dir, from_mapping(RunnerOptions, options))


def _plan(experiments: Sequence[ExperimentConfig], experiments_dir: str | Path, options: RunnerOptions) -> Plan:
    return make_plan(experiments, PlanOptions(Path(experiments_dir), options.auto_prepare, options.force))


def print_dry_run(
    experiments: Sequence[ExperimentConfig],
    experiments_dir: str | Path = "experiments",
    *,
    finished: Sequence[Path] = (),
    **options: Any,
) -> None:
    """Print what would be run, what exists, and what it would cost.

    Args:
        experiments: what to run.
        experiments_dir: where results live.
        finished: folders of finished runs elsewhere; runs like them are taken to last as long.
        **options: see :func:`run_experiments_from_list`.

    Raises:
        AssayError: as :func:`plan_experiments` does.
    """
    plan = plan_experiments(experiments, experiments_dir, **options)
    workers = from_mapping(RunnerOptions, options).execution.workers or 1
    print_plan(plan, estimate_costs(plan, finished), workers=workers)


def describe_data(experiment: ExperimentConfig) -> list[dict[str, Any]]:
    """Return path, size, modification time and sha256 of every local file of data and model of an experiment."""
    return data_files(experiment)
