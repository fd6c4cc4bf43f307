"""``leaderboard``: which configuration is best, over its seeds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated

import typer

from experiment_commands.list import TagOption, Where
from experiment_commands.options import Db, Json
from experiment_commands.output import print_json, print_table, remark
from experiment_commands.ranking import Rank, rank, tell_apart
from experiment_commands.wording import shown
from tracking.folders.contents import seed_of
from tracking.reading.local_backend import LocalBackend
from tracking.reading.metric_directions import direction_of
from tracking.reading.where import quoted

__all__ = ["leaderboard"]

_WITHOUT_EFFECT = ("name", "notes", "experiment_name", "run_name", "description")

Benchmark = Annotated[
    str | None, typer.Option("--benchmark", "-b", metavar="NAME", help="Rank by an evaluation on this benchmark.")
]
Metric = Annotated[
    str | None,
    typer.Option("--metric", "-m", metavar="NAME", help="Rank by this metric (default: the most common primary one)."),
]
Top = Annotated[int, typer.Option("--top", "-n", min=1, max=100, help="At most so many configurations.")]
Ascending = Annotated[
    bool | None,
    typer.Option(
        "--ascending/--descending", help="Smaller is better, or larger (default: told from the metric's name).",
        show_default=False,
    ),
]  # fmt: skip


def leaderboard(
    benchmark: Benchmark = None,
    metric: Metric = None,
    top: Top = 10,
    ascending: Ascending = None,
    where: Where = None,
    tag: TagOption = None,
    db: Db = None,
    as_json: Json = False,
) -> int:
    """Rank configurations by their mean over seeds, with its spread.

    Completed experiments whose configurations differ in the seed alone are one row. The spread is the sample standard
    deviation; a single seed has none. Exit status 1: there is nothing to rank.

    \b
    Examples:
      python experiment_cli.py leaderboard
      python experiment_cli.py leaderboard --metric eval_loss --top 5
      python experiment_cli.py leaderboard --benchmark gsm8k --metric accuracy --tag paper
      python experiment_cli.py leaderboard --where "dataset ~ squad and created > 30d ago" --json
    """
    backend = LocalBackend(db)
    name, scores = backend.get_scores(metric, benchmark, filter=where, tags=tag or ())
    smaller = direction_of(name) == "lower" if ascending is None else ascending
    ranks = rank(scores, smaller)
    if as_json:
        print_json([_plain(place, each, name) for place, each in enumerate(ranks[:top], 1)])
    elif ranks:
        _print(backend, ranks[:top], name)
        order = "smaller" if smaller else "larger"
        remark(f"{min(top, len(ranks))} of {len(ranks):,} configurations by {name}, {order} is better; completed only")
    if not ranks:
        remark("nothing to rank: no completed experiment has this metric")
    return 0 if ranks else 1


def _print(backend: LocalBackend, ranks: Sequence[Rank], name: str) -> None:
    apart = tell_apart(ranks, _settings(backend, ranks))
    differ = any(apart.values())
    columns = ["#", "variant", *(["differs in"] if differ else []), "mean", "std", "n", "seeds", "group", "remark"]
    rows = [
        [
            str(place),
            each.variant,
            *([apart[each.group]] if differ else []),
            shown(each.mean),
            "–" if each.std is None else f"{each.std:.2g}",
            str(len(each.scores)),
            ", ".join("?" if score.seed is None else str(score.seed) for score in each.scores),
            each.group,
            _remark(each),
        ]
        for place, each in enumerate(ranks, 1)
    ]
    print_table(columns, rows, right=("#", "mean", "std", "n"))


def _settings(backend: LocalBackend, ranks: Sequence[Rank]) -> dict[str, dict[str, object]]:
    """Return the parameters of each group without what its members differ in."""
    ids = ", ".join(quoted(each.scores[-1].experiment_id) for each in ranks)
    records = backend.get_all_experiments(f"id in ({ids})", metrics=())
    return {record.group: _shared(record.params) for record in records}


def _shared(params: Mapping[str, object]) -> dict[str, object]:
    seed = seed_of(params)
    left_out = {*_WITHOUT_EFFECT, *([seed[0]] if seed else [])}
    return {name: value for name, value in params.items() if name not in left_out}


def _remark(each: Rank) -> str:
    single = "a single seed: no spread" if len(each.scores) == 1 else ""
    repeated = f"{each.num_repeated} repeated, newest counts" if each.num_repeated else ""
    return "; ".join(filter(None, [single, repeated]))


def _plain(place: int, each: Rank, name: str) -> dict[str, object]:
    return {
        "rank": place,
        "variant": each.variant,
        "group": each.group,
        "metric": name,
        "mean": each.mean,
        "std": each.std,
        "num_seeds": len(each.scores),
        "seeds": [score.seed for score in each.scores],
        "num_repeated": each.num_repeated,
        "experiments": [
            {"id": score.experiment_id, "name": score.name, "seed": score.seed, "value": score.value}
            for score in each.scores
        ],
    }
