"""``abtest``: look at two variants as often as you like, and hear when to stop."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any

import typer

from errors import ConfigError
from experiment_ab_test import ABTest, ABTestSettings, Readings, Recommendation
from experiment_commands.completion import complete_metric
from experiment_commands.judging.measures import chosen_measures
from experiment_commands.judging.side_scores import scores_of_side
from experiment_commands.judging.sides import confounders, find_sides
from experiment_commands.options import Db, Higher, Json, Lower
from experiment_commands.output import print_json
from tracking.reading.local_backend import LocalBackend
from validated import from_flags

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
        metavar="X", help="Smallest difference that matters, above 0 (default: half a point).", show_default=False
    ),
]
MaxSeeds = Annotated[int, typer.Option(metavar="N", help="Of each side, at least 3.")]
Alpha = Annotated[float, typer.Option(metavar="P", help="Chance of a false claim, over all looks; below 0.5.")]
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
    lower: Lower = None,
    higher: Higher = None,
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
    settings: dict[str, Any] = {
        "minimum_effect": minimum_effect,
        "max_seeds": max_seeds,
        "alpha": alpha,
        "power": power,
        "futility": futility,
    }
    from_flags(ABTestSettings, settings)
    readings = _read(LocalBackend(db), (control, treatment), metric, lower or [], higher or [], allow_differences)
    test = ABTest(control, treatment, readings.metric, **settings)
    recommendation = test.recommend(readings)
    if json:
        print_json(_plain(test, readings, recommendation))
    else:
        print(test.plan(readings).text)
        print(recommendation.text)
    return 1 if recommendation.action == "go on" else 0


def _read(
    backend: LocalBackend,
    names: tuple[str, str],
    metric: str | None,
    lower: Sequence[str],
    higher: Sequence[str],
    allow_differences: bool,
) -> Readings:
    sides = find_sides(backend, names)
    differing = confounders(sides, names)
    if differing and not allow_differences:
        listed = ", ".join(each.difference.name for each in differing)
        raise ConfigError(
            f"the runs differ in more than strategy and seed: {listed}; --allow-differences compares them"
        )
    (measure,) = chosen_measures(sides, [metric] if metric else [], lower=lower, higher=higher)
    control, treatment = (scores_of_side(backend, side, measure, place) for place, side in enumerate(sides))
    return Readings.of(control, treatment, names, measure.name, measure.higher_is_better)


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
        "notes": readings.notes,
        "looks": [look.as_json() for look in recommendation.looks],
    }
