"""``queue add``: put saved experiments into the queue."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from experiment_commands.options import Db, Json
from experiment_commands.output import print_json
from jobs.job import HIGHEST_PRIORITY
from tracking.store.db_flag import db_flag

__all__ = ["add"]

Configs = Annotated[list[Path], typer.Argument(metavar="CONFIG...", help="Saved config.json files.")]
ExperimentsDir = Annotated[
    Path, typer.Option(metavar="DIR", help="Where results go: a folder that all workers see under this name.")
]
Priority = Annotated[
    int,
    typer.Option(metavar="N", min=-HIGHEST_PRIORITY, max=HIGHEST_PRIORITY, help="A step is worth an hour of waiting."),
]
Cpus = Annotated[
    float | None,
    typer.Option("--cpus-per-run", metavar="X", help="Cores that each run takes (default: 1).", show_default=False),
]
Gpus = Annotated[
    float | None,
    typer.Option(
        "--gpus-per-run",
        metavar="X",
        help="That each run takes: 1, 2, or a share such as 0.5 (default: a fair share).",
        show_default=False,
    ),
]
Memory = Annotated[
    float | None,
    typer.Option("--memory-per-run", metavar="GB", help="Main memory that each run takes.", show_default=False),
]
Minutes = Annotated[
    float | None,
    typer.Option("--minutes-per-run", metavar="M", help="A run that takes longer is stopped.", show_default=False),
]
Cost = Annotated[
    float | None,
    typer.Option(
        "--cost-per-run", metavar="X", help="What each run costs, for work --max-cost-per-day.", show_default=False
    ),
]
Calls = Annotated[
    int | None,
    typer.Option(
        "--calls-per-run",
        metavar="N",
        help="Calls that each run makes, for work --max-calls-per-hour.",
        show_default=False,
    ),
]
Force = Annotated[bool, typer.Option("--force", help="Train finished experiments again.")]


def add(
    configs: Configs,
    experiments_dir: ExperimentsDir = Path("experiments"),
    priority: Priority = 0,
    cpus_per_run: Cpus = None,
    gpus_per_run: Gpus = None,
    memory_per_run: Memory = None,
    minutes_per_run: Minutes = None,
    cost_per_run: Cost = None,
    calls_per_run: Calls = None,
    force: Force = False,
    db: Db = None,
    as_json: Json = False,
) -> int:
    """Put saved experiments into the queue, and the data maps and clusterings that they need.

    What is finished is left out, and what waits or runs already is not queued twice. A whole suite is queued by
    run_experiments.py --mode run --enqueue. Exit status 1: there was nothing to add.

    \b
    Examples:
      python experiment_cli.py queue add experiments/*/config.json
      python experiment_cli.py queue add mine.json --experiments-dir /shared/mine --gpus-per-run 0.5 --priority 5
    """
    # On use: planning is not needed to list what is queued.
    from execution.flags import resources_of
    from experiment_config import ExperimentConfig
    from experiment_runner import enqueue_experiments

    takes = {"cpus": cpus_per_run, "gpus": gpus_per_run, "memory_gb": memory_per_run, "minutes": minutes_per_run}
    resources = resources_of({**takes, "cost": cost_per_run, "calls": calls_per_run}, None)
    experiments = [ExperimentConfig.load(path) for path in configs]
    added = enqueue_experiments(
        experiments, experiments_dir, db=db, force=force, priority=priority, resources=resources
    )
    if as_json:
        print_json(added._asdict())
    elif any(added):
        print(added.in_words())
        print(f"next, on every machine that is to work: python experiment_cli.py work{db_flag(db)}")
    else:
        print("nothing is left to do")
    return 0 if added.new or added.again else 1
