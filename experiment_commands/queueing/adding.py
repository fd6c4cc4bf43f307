"""``queue add``: put saved experiments into the queue."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import Annotated

import typer

from experiment_commands.options import Db, Json
from experiment_commands.output import print_json

__all__ = ["add"]

Configs = Annotated[list[Path], typer.Argument(metavar="CONFIG...", help="Saved config.json files.")]
ExperimentsDir = Annotated[
    Path, typer.Option(metavar="DIR", help="Where results go: a folder that all workers see under this name.")
]
Priority = Annotated[int, typer.Option(metavar="N", min=-100, max=100, help="A step is worth an hour of waiting.")]
Cpus = Annotated[float | None, typer.Option(metavar="X", help="That each run takes (default: 1).", show_default=False)]
Gpus = Annotated[float | None, typer.Option(metavar="X", help="1, 2, or a share such as 0.5.", show_default=False)]
Memory = Annotated[float | None, typer.Option(metavar="GB", help="Of main memory.", show_default=False)]
Minutes = Annotated[
    float | None, typer.Option(metavar="M", help="Whoever takes longer is stopped.", show_default=False)
]
Cost = Annotated[
    float | None, typer.Option(metavar="X", help="Of each run, for work --max-cost-per-day.", show_default=False)
]
Calls = Annotated[
    int | None, typer.Option(metavar="N", help="Of each run, for work --max-calls-per-hour.", show_default=False)
]
Force = Annotated[bool, typer.Option("--force", help="Train finished experiments again.")]

_FLAGS = {"memory_gb": "--memory"}


def add(
    configs: Configs,
    experiments_dir: ExperimentsDir = Path("experiments"),
    priority: Priority = 0,
    cpus: Cpus = None,
    gpus: Gpus = None,
    memory: Memory = None,
    minutes: Minutes = None,
    cost: Cost = None,
    calls: Calls = None,
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
      python experiment_cli.py queue add mine.json --experiments-dir /shared/mine --gpus 0.5 --priority 5
    """
    # On use: planning is not needed to list what is queued.
    from experiment_config import ExperimentConfig
    from experiment_runner import enqueue_experiments
    from jobs import Resources
    from validated import from_flags

    takes = {"cpus": cpus, "gpus": gpus, "memory_gb": memory, "minutes": minutes, "cost": cost, "calls": calls}
    resources = from_flags(Resources, takes, _FLAGS)
    experiments = [ExperimentConfig.load(path) for path in configs]
    added = enqueue_experiments(
        experiments, experiments_dir, db=db, force=force, priority=priority, resources=resources
    )
    if as_json:
        print_json(added._asdict())
    elif any(added):
        print(added.in_words())
        print(f"next, on every machine that is to work: python experiment_cli.py work{_store(db)}")
    else:
        print("nothing is left to do")
    return 0 if added.new or added.again else 1


def _store(db: str | None) -> str:
    return "" if db is None else f" --db {shlex.quote(db)}"
