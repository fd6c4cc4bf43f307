"""``leaderboard``: which configuration is best, over its seeds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import isfinite
from typing import Annotated

import typer

from analysis.metric_directions import direction_of
from experiment_commands.completion import complete_benchmark, complete_metric
from experiment_commands.list import TagOption
from experiment_commands.numbers import format_for, number_text
from experiment_commands.options import Db, Json, Where
from experiment_commands.output import print_json, print_table, remark
from experiment_commands.ranking import Rank, rank, tell_apart
from tracking.folders.parameters import tells_groups_apart
from tracking.reading.local_backend import LocalBackend
from tracking.reading.where import quoted

__all__ = ["leaderboard"]


Benchmark = Annotated[
    str | None,
    typer.Option(
        "--benchmark",
        "-b",
        metavar="NAME",
        help="Rank by an evaluation on this benchmark.",
        autocompletion=complete_benchmark,
    ),
]
Metric = Annotated[
    str | None,
    typer.Option(
        "--metric",
        "-m",
        metavar="NAME",
        help="Rank by this metric (default: the most common primary one).",
        autocompletion=complete_metric,
    ),
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

    A row is a group: completed experiments whose configurations differ in the seed alone (and in names and places of
    output). Its variant is what they try: the strategy, else the name without its seed. The spread is the sample
    standard deviation; a single seed has none. Without --metric the primary metric of most runs ranks, which a training
    names with log_results(..., primary_metric=...). Exit status 1: there is nothing to rank.

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
        title = name if benchmark is None else f"{benchmark}.{name}"
        _print(backend, ranks[:top], title)
        _remark(ranks[:top], len(ranks), f"{title}, {'smaller' if smaller else 'larger'} is better")
    if not ranks:
        remark(f"nothing to rank: {'no completed experiment has this metric' if name else 'none of these completed'}")
    return 0 if ranks else 1


def _print(backend: LocalBackend, ranks: Sequence[Rank], title: str) -> None:
    apart = tell_apart(ranks, _settings(backend, ranks))
    means = [each.mean for each in ranks]
    form = format_for([*means, *(each.std for each in ranks)])
    columns: dict[str, list[str]] = {
        "#": [str(place) if isfinite(each.mean) else "–" for place, each in enumerate(ranks, 1)],
        "variant": [each.variant for each in ranks],
        "differs in": [apart[each.group] for each in ranks],
        f"mean {title}": [number_text(mean, form) for mean in means],
        "std": [number_text(each.std, form) for each in ranks],
        "n": [str(len(each.scores)) for each in ranks],
        "seeds": [_seeds(each) for each in ranks],
        "group": [each.group for each in ranks],
        "repeated": [str(each.num_repeated or "") for each in ranks],
    }
    said = {name: cells for name, cells in columns.items() if any(cells)}
    rows = list(zip(*said.values(), strict=True))
    numbers = ("#", f"mean {title}", "std", "n", "repeated")
    print_table(list(said), rows, right=numbers, one_line=True, spare=("repeated", "group", "seeds", "differs in"))


def _remark(ranks: Sequence[Rank], count: int, order: str) -> None:
    remark(f"{len(ranks)} of {count:,} configurations by {order}; completed only")
    if not all(isfinite(each.mean) for each in ranks):
        remark("nan: a run's value is not finite, so there is no mean; compare its seeds with list")
    if any(len(each.scores) == 1 for each in ranks):
        remark("std –: a single seed has no spread")
    if any(each.num_repeated for each in ranks):
        remark("repeated: runs that do not count, as a newer one has the same seed")


def _seeds(each: Rank) -> str:
    return ", ".join("?" if score.seed is None else str(score.seed) for score in each.scores)


def _settings(backend: LocalBackend, ranks: Sequence[Rank]) -> dict[str, dict[str, object]]:
    """Return the parameters of each group without what its members differ in."""
    ids = ", ".join(quoted(each.scores[-1].experiment_id) for each in ranks)
    records = backend.get_all_experiments(f"id in ({ids})", metrics=())
    return {record.group: _shared(record.params) for record in records}


def _shared(params: Mapping[str, object]) -> dict[str, object]:
    return {name: value for name, value in params.items() if tells_groups_apart(name)}


def _plain(place: int, each: Rank, name: str) -> dict[str, object]:
    return {
        "rank": place if isfinite(each.mean) else None,
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
