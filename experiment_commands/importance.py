"""``importance``: which hyper-parameter moved a metric?"""

from __future__ import annotations

from typing import Annotated, cast

import numpy as np
import typer

from analysis.corrections import CORRECTIONS, Correction
from analysis.importance.report import importance as importance_of
from errors import ConfigError
from experiment_commands.comparing.directions import check_directions, higher_is_better
from experiment_commands.completion import complete_metric
from experiment_commands.explaining.report import importance_json
from experiment_commands.explaining.runs import read_runs
from experiment_commands.explaining.tables import print_importance
from experiment_commands.list import TagOption
from experiment_commands.options import Benchmark, Db, Higher, Json, Lower, Where
from experiment_commands.output import print_json, remark
from registry import nearest
from tracking.reading.local_backend import LocalBackend

__all__ = ["importance"]

Metric = Annotated[
    str | None,
    typer.Option(
        "--metric",
        "-m",
        metavar="NAME",
        help="What moved (default: the most common primary metric).",
        autocompletion=complete_metric,
    ),
]
Params = Annotated[
    list[str] | None,
    typer.Option("--param", "-p", metavar="NAME", help="Look at these parameters alone (default: all that vary)."),
]
Level = Annotated[float, typer.Option(metavar="P", help="Level of the intervals; tests have what is left of 1.")]
CorrectionOption = Annotated[
    str, typer.Option("--correction", metavar="NAME", help=f"Of the p-values: {', '.join(CORRECTIONS)}.")
]
Permutations = Annotated[
    int, typer.Option("--n-permutations", metavar="N", min=100, max=1_000_000, help="Of each effect.")
]
Seed = Annotated[int, typer.Option("--seed", metavar="N", min=0, help="Of the permutations.")]


def importance(
    metric: Metric = None,
    benchmark: Benchmark = None,
    param: Params = None,
    where: Where = None,
    tag: TagOption = None,
    lower: Lower = None,
    higher: Higher = None,
    level: Level = 0.95,
    correction: CorrectionOption = "holm",
    n_permutations: Permutations = 10_000,
    seed: Seed = 0,
    db: Db = None,
    as_json: Json = False,
) -> int:
    """Say which parameters moved a metric over any set of completed runs, by how much and how sure that is.

    Main effects, each beside all other parameters: the best and the worst value, the change between them with its
    interval, and the share of the variance; pairs of parameters whose effects depend on each other; rank correlations.
    Runs that differ in the seed alone are repetitions. docs/statistics.md says what the numbers mean.
    Exit status: 1 there is nothing to tell.

    \b
    Examples:
      python experiment_cli.py importance
      python experiment_cli.py importance --metric eval_loss --where "model = distilbert-base-uncased"
      python experiment_cli.py importance -p training.learning_rate -p training.weight_decay --tag sweep --json
    """
    if not 0 < level < 1:
        raise ConfigError(f"--level {level}: expected a probability between 0 and 1, such as 0.95")
    if correction not in CORRECTIONS:
        known = f"(known: {', '.join(CORRECTIONS)})"
        raise ConfigError(f"--correction {correction}: no such one{nearest(correction, list(CORRECTIONS))} {known}")
    runs = read_runs(LocalBackend(db), metric, benchmark, where=where, tags=tag or (), names=param or ())
    if not runs.scores:
        remark("nothing to tell: no completed run has the metric")
        return 1
    check_directions(lower or (), higher or (), {runs.metric})
    upwards = higher_is_better(runs.metric, lower or (), higher or ())
    found = importance_of(
        runs.parameters,
        runs.scores,
        rng=np.random.default_rng(seed),
        level=level,
        correction=cast("Correction", correction),
        num_permutations=n_permutations,
    )
    if as_json:
        print_json(importance_json(found, runs))
    elif found.problem:
        remark(f"nothing to tell of {len(runs.scores)} runs: {found.problem}")
    else:
        print_importance(found, runs, upwards, level)
    return 1 if found.problem else 0
