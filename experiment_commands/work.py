"""``work``: take what is queued and do it, on this machine or through a cluster."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from execution.executors import EXECUTORS
from experiment_commands.completion import complete_executor
from experiment_commands.options import Db

__all__ = ["work"]

ExecutorName = Annotated[
    str | None,
    typer.Option(
        "--executor",
        metavar="NAME",
        help=f"{', '.join(EXECUTORS.names())} (default: workers).",
        autocompletion=complete_executor,
        show_default=False,
    ),
]
MaxConcurrent = Annotated[
    int | None,
    typer.Option(
        "--max-concurrent",
        "--workers",
        metavar="N",
        min=1,
        help="So many jobs at the same time (default: 1).",
        show_default=False,
    ),
]
Continuous = Annotated[bool, typer.Option("--continuous", help="Wait for new jobs when nothing is left.")]
MaxJobs = Annotated[int | None, typer.Option(metavar="N", min=1, help="Take so many and end.", show_default=False)]
Cost = Annotated[
    float | None,
    typer.Option(
        "--max-cost-per-day",
        metavar="X",
        help="Begin nothing that would bring the whole queue above it.",
        show_default=False,
    ),
]
Calls = Annotated[
    int | None,
    typer.Option(
        "--max-calls-per-hour",
        metavar="N",
        help="Begin nothing that would bring the whole queue above it.",
        show_default=False,
    ),
]
Gpus = Annotated[
    list[str] | None,
    typer.Option(
        "--gpus",
        metavar="ID,ID",
        help="GPUs to use, by number or UUID (default: those that are free).",
        show_default=False,
    ),
]
Memory = Annotated[
    float | None,
    typer.Option(metavar="GB", help="Main memory for all jobs together (default: what is free).", show_default=False),
]
Threads = Annotated[
    int | None,
    typer.Option(
        "--threads-per-run", metavar="N", help="Threads of PyTorch (default: the cores, divided).", show_default=False
    ),
]
Hang = Annotated[
    float | None,
    typer.Option("--hang-minutes", metavar="M", help="Stop a job that is silent for so long.", show_default=False),
]
RayAddress = Annotated[
    str | None,
    typer.Option(
        "--ray-address",
        metavar="ADDRESS",
        help="Of a Ray cluster: auto or HOST:PORT (default: $RAY_ADDRESS, else its own).",
        show_default=False,
    ),
]
OwnOptions = Annotated[
    list[str] | None,
    typer.Option(
        "--executor-option",
        "--slurm",
        metavar="NAME=VALUE",
        help="What the executor alone knows, such as partition=gpu; may be repeated.",
        show_default=False,
    ),
]
LogDir = Annotated[
    Path,
    typer.Option("--log-dir", metavar="DIR", help="For logs of jobs; on a cluster a folder that all machines see."),
]

_FLAGS = {"workers": "--max-concurrent"}


def work(
    executor: ExecutorName = None,
    max_concurrent: MaxConcurrent = None,
    continuous: Continuous = False,
    max_jobs: MaxJobs = None,
    max_cost_per_day: Cost = None,
    max_calls_per_hour: Calls = None,
    gpus: Gpus = None,
    memory: Memory = None,
    threads_per_run: Threads = None,
    hang_minutes: Hang = None,
    ray_address: RayAddress = None,
    executor_option: OwnOptions = None,
    log_dir: LogDir = Path("experiments/.execution"),
    db: Db = None,
) -> int:
    """Do what is queued, until nothing is left that this machine could do.

    Start it on any machine that reaches the store and the folders, several times if you like: no job is ever done
    twice. The first Ctrl-C lets what runs go on to its end and begins nothing new, the second saves what runs and
    gives it back to the queue; so does SIGTERM. If this process dies, its jobs go back to the queue by themselves.

    Exit status: 0 done, 1 a job failed or is left that nobody at hand can do, 130 interrupted, 143 terminated.

    \b
    Examples:
      python experiment_cli.py work
      python experiment_cli.py work --max-concurrent 4 --continuous
      python experiment_cli.py work --db postgresql+psycopg://ada@db.example/assay --gpus 0,1 --max-concurrent 4
      python experiment_cli.py work --executor slurm --slurm partition=gpu --slurm time_minutes=240
      python experiment_cli.py work --max-cost-per-day 50 --max-calls-per-hour 1000
    """
    from execution.flags import EXECUTOR_FLAGS, check_possible, executor_options
    from execution.leaving import leaving_when_terminated
    from execution.unread import UNREAD, going_on_unread
    from experiment_commands.working.session import WorkOptions, work_on_queue
    from jobs import Resources
    from tracking.queue.records import Limits
    from validated import from_flags

    values = {
        # Whoever names nobody gets one warm process: a job that crashes takes nobody with it.
        "executor": executor or "workers",
        "workers": max_concurrent or (None if executor else 1),
        "gpu_ids": gpus or None,
        "memory_gb": memory,
        "threads_per_job": threads_per_run,
        "hang_minutes": hang_minutes,
        "own": [*(executor_option or ()), *([f"address={ray_address}"] if ray_address else ())] or None,
        "log_dir": log_dir,
    }
    limits = {"cost_per_day": max_cost_per_day, "calls_per_hour": max_calls_per_hour}
    named = {"cost_per_day": "--max-cost-per-day", "calls_per_hour": "--max-calls-per-hour"}
    options = WorkOptions(
        execution=executor_options(values, {**EXECUTOR_FLAGS, **_FLAGS}),
        continuous=continuous,
        max_jobs=max_jobs,
        limits=from_flags(Limits, limits, named),
    )
    check_possible(options.execution, Resources())
    with leaving_when_terminated(), going_on_unread(UNREAD):
        return work_on_queue(db, options)
