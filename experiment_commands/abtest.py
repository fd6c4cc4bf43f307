"""``abtest``: look at two variants as often as you like, and hear when to stop."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from errors import ConfigError
from experiment_ab_test import ABTest, Readings, Recommendation
from experiment_commands.completion import complete_metric
from experiment_commands.judging.measures import chosen_measures
from experiment_commands.judging.side_scores import scores_of_side
from experiment_commands.judging.sides import confounders, find_sides
from experiment_commands.options import Db, Json
from experiment_commands.output import print_json, remark
from tracking.reading.local_backend import LocalBackend

__all__ = ["abtest"]

Control = Annotated[str, typer.Argument(metavar="CONTROL", help="A variant, a group, or a filter.")]
Treatment = Annotated[str, typer.Argument(metavar="TREATMENT", help="What is tried; the same kinds of names.")]
Metric = Annotated[
    str | None,
    typer.Option("--metric", "-m", metavar="NAME", help="(default: the primary one)", autocompletion=complete_metric),
]
MinimumEffect = Annotated[
    float | None,
    typer.Option(
        metavar="X", help="Smallest difference that matters (default: half a point).", min=0, show_default=False
    ),
]
MaxSeeds = Annotated[int, typer.Option(metavar="N", min=3, max=1000, help="Of each side.")]
Alpha = Annotated[float, typer.Option(metavar="P", help="Chance of a false claim, over all looks.")]
Power = Annotated[float, typer.Option(metavar="P", help="Of the plan.")]
Futility = Annotated[
    float, typer.Option(metavar="P", help="Stop where it is less likely that the treatment will be found better.")
]
Allow = Annotated[
    bool, typer.Option("--allow-differences", help="Compare runs that differ in more than strategy and seed.")
]


def abtest(
    control: Control,
    treatment: Treatment,
    metric: Metric = None,
    minimum_effect: MinimumEffect = None,
    max_seeds: MaxSeeds = 12,
    alpha: Alpha = 0.05,
    power: Power = 0.8,
    futility: Futility = 0.1,
    allow_differences: Allow = False,
    db: Db = None,
    json: Json = False,
) -> int:
    """Say of a test that is going on whether to stop for benefit, for harm, for futility, or to go on.

    Each look, one for each number of seeds, has a level of its own, so that looking again after every run makes no
    more false claims than looking once. Decide on the options before the first look, and keep to them.

    Exit status: 0 stop, 1 go on, 2 a mistake, or runs that cannot be compared.

    \b
    Examples:
      python experiment_cli.py abtest baseline soft_weighting
      python experiment_cli.py abtest baseline soft_weighting --metric eval_f1 --minimum-effect 0.5 --max-seeds 20
      python experiment_cli.py abtest 'strategy=baseline' 'strategy=label_smoothing' --json
    """
    test = ABTest(
        control,
        treatment,
        metric,
        minimum_effect,
        max_seeds=max_seeds,
        alpha=alpha,
        power=power,
        futility=futility,
    )
    readings, notes = _read(test, LocalBackend(db), allow_differences)
    recommendation = test.recommend(readings)
    if json:
        print_json(_plain(test, readings, recommendation))
    else:
        print(test.plan(readings).text)
        print(recommendation.text)
        for note in notes:
            remark(note)
    return 1 if recommendation.action == "go on" else 0


def _read(test: ABTest, backend: LocalBackend, allow_differences: bool) -> tuple[Readings, list[str]]:
    names = [test.control, test.treatment]
    sides = find_sides(backend, names)
    differing = confounders(sides, names)
    if differing and not allow_differences:
        listed = ", ".join(each.difference.name for each in differing)
        raise ConfigError(
            f"the runs differ in more than strategy and seed: {listed}; --allow-differences compares them"
        )
    (measure,) = chosen_measures(sides, [test.metric] if test.metric else [])
    first, second = (scores_of_side(backend, side, measure, place) for place, side in enumerate(sides))
    readings = Readings(first.scores, second.scores, measure.name, measure.higher_is_better)
    return readings, [*first.notes, *second.notes]


def _plain(test: ABTest, readings: Readings, recommendation: Recommendation) -> dict[str, Any]:
    plan = test.plan(readings)
    return {
        "control": test.control,
        "treatment": test.treatment,
        "metric": readings.metric,
        "seeds": plan.seeds,
        "levels": {str(count): level for count, level in plan.levels},
        "seeds_needed": plan.need and plan.need.seeds,
        "action": recommendation.action,
        "next_seed": recommendation.next_seed,
        "reason": recommendation.text,
        "looks": [
            {
                "num_seeds": look.num_seeds,
                "difference": look.comparison.difference,
                "interval": look.interval and list(look.interval),
                "p_value": look.comparison.p_value,
                "level": look.level,
                "chances": look.chances and look.chances._asdict(),
                "verdict": look.word,
            }
            for look in recommendation.looks
        ],
    }
