"""Plan a list of experiments, execute the plan, write the folders."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from experiment_config import ExperimentConfig
from planning import Plan, PlanOptions, make_plan

__all__ = ["RunnerOptions", "plan_experiments", "print_dry_run"]


@dataclass(frozen=True)
class RunnerOptions:
    """How a list of experiments is run."""

    auto_prepare: bool = True
    """Make the signals that nobody supplied; otherwise their absence is an error."""
    force: bool = False
    """Train finished experiments again."""
    stop_on_error: bool = False
    """Stop at the first experiment that fails."""


def plan_experiments(
    experiments: Sequence[ExperimentConfig],
    experiments_dir: str | Path = "experiments",
    options: RunnerOptions | None = None,
) -> Plan:
    """Return the plan of a list of experiments, without loading a model.

    Raises:
        AssayError: no experiments, or a signal is missing and may not be made.
    """
    options = options or RunnerOptions()
    return make_plan(experiments, PlanOptions(Path(experiments_dir), options.auto_prepare, options.force))


def print_dry_run(
    experiments: Sequence[ExperimentConfig],
    experiments_dir: str | Path = "experiments",
    options: RunnerOptions | None = None,
) -> None:
    """Print what would be run, what exists, and what it would cost."""
    from planning.estimate import estimate_costs
    from planning.table import print_plan

    plan = plan_experiments(experiments, experiments_dir, options)
    print_plan(plan, estimate_costs(plan))
