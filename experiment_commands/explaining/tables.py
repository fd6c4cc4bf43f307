"""Prints which parameters moved a metric: one line each, then pairs, ranks, and what the numbers rest on."""

from __future__ import annotations

from collections.abc import Sequence

from rich.text import Text

from analysis.importance.effects import Effect
from analysis.importance.parameters import MAX_LEVELS
from analysis.importance.report import Importance, RankCorrelation
from analysis.wording import counted, p_text
from experiment_commands.comparing.differences import value_text
from experiment_commands.explaining.runs import Runs
from experiment_commands.numbers import format_for
from experiment_commands.output import print_table

__all__ = ["print_importance"]

_MOST_PAIRS = 10
_LACKING = 0.05
_ASSUMPTIONS = (
    "Effects are told apart by one linear model of all parameters: indicators of their values, or a quadratic trend",
    f"of a number with more than {MAX_LEVELS}. It assumes independent runs, and that what is left of the scores",
    "could be shuffled (Freedman and Lane). The share is that of the scores' variance, less what chance would bring.",
    "Intervals of the change are wide enough for having picked best and worst after looking (Scheffé).",
)


def print_importance(found: Importance, runs: Runs, higher_is_better: bool, level: float) -> None:
    """Print effects, pairs and ranks, the surest first.

    Args:
        found: at least one parameter varies.
        runs: what it was found from.
        higher_is_better: which way the metric is.
        level: of intervals; what is left of 1 is that of tests.
    """
    print(f"{runs.metric} ({'higher' if higher_is_better else 'lower'} is better): {_extent(found)}\n")
    _print_effects(found.effects, higher_is_better, level)
    if found.interactions:
        _print_interactions(found.interactions, 1 - level)
    if found.correlations:
        _print_correlations(found.correlations, level)
    print()
    for line in [*_caveats(found, runs), *_ASSUMPTIONS]:
        print(line)


def _extent(found: Importance) -> str:
    text = f"{counted(found.num_runs, 'run')} of {counted(found.num_configurations, 'configuration')}"
    std = found.repetition_std
    return text if std is None else f"{text}, repetitions have a standard deviation of {std:{format_for([std])}}"


def _print_effects(effects: Sequence[Effect], higher_is_better: bool, level: float) -> None:
    changes = [each.change for each in effects] + [bound for each in effects for bound in each.interval or ()]
    form = format_for(changes)
    interval = f"{level * 100:g} % interval"
    rows = [_effect_row(each, form, higher_is_better, 1 - level) for each in effects]
    numbers = ("share", "change", interval, "p", "p corrected")
    print_table(
        ("parameter", "share", "best", "worst", "change", interval, "p", "p corrected"),
        rows,
        right=numbers,
        one_line=True,
    )
    for each in effects:
        if each.problem:
            print(f"{_name(each.factors[0])}: {each.problem}")


def _effect_row(effect: Effect, form: str, higher_is_better: bool, alpha: float) -> list[str | Text]:
    sure = effect.p_corrected is not None and effect.p_corrected < alpha
    name = Text(_name(effect.factors[0]), style="bold" if sure else "")
    values = ["–", "–", "–", "–"]
    if effect.change is not None and effect.interval is not None:
        best, worst = (effect.highest_at, effect.lowest_at)[:: 1 if higher_is_better else -1]
        low, high = effect.interval
        values = [value_text(best), value_text(worst), f"{effect.change:{form}}", f"{low:{form}} to {high:{form}}"]
    return [name, _share(effect), *values, p_text(effect.p_value), p_text(effect.p_corrected)]


def _name(names: Sequence[str]) -> str:
    return " = ".join(names)


def _share(effect: Effect) -> str:
    return "–" if effect.share is None else f"{100 * effect.share:.1f} %"


def _print_interactions(effects: Sequence[Effect], alpha: float) -> None:
    told = [each for each in effects if each.p_corrected is not None]
    sure = [each for each in told if each.p_corrected is not None and each.p_corrected < alpha]
    print(f"\npairs whose effects depend on each other: {len(sure)} of {len(told)}")
    if sure:
        rows = [
            [" × ".join(map(_name, each.factors)), _share(each), p_text(each.p_value), p_text(each.p_corrected)]
            for each in sure[:_MOST_PAIRS]
        ]
        print_table(("pair", "share", "p", "p corrected"), rows, right=("share", "p", "p corrected"), one_line=True)
        print("What stands above of these parameters is an average over the values of the other.")
    if len(effects) > len(told):
        print(f"of {counted(len(effects) - len(told), 'more pair')} too few combinations were tried")


def _print_correlations(correlations: Sequence[RankCorrelation], level: float) -> None:
    interval = f"{level * 100:g} % interval"
    rows = []
    for each in correlations:
        outcome = each.outcome
        estimate = "–" if outcome.estimate is None else f"{outcome.estimate:+.2f}"
        bounds = "–" if outcome.interval is None else f"{outcome.interval.low:+.2f} to {outcome.interval.high:+.2f}"
        rows.append([_name(each.names), estimate, bounds, p_text(outcome.p_value), p_text(each.p_corrected)])
    print("\nrank correlations with the metric, whatever the other parameters did")
    numbers = ("Spearman", interval, "p", "p corrected")
    print_table(("parameter", *numbers), rows, right=numbers, one_line=True)


def _caveats(found: Importance, runs: Runs) -> list[str]:
    lines = []
    if found.lack_of_fit_p is not None and found.lack_of_fit_p < _LACKING:
        p_value = p_text(found.lack_of_fit_p)
        lines.append(
            f"Settings differ by more than single effects explain (lack of fit, p {p_value}): their p-values are "
            "smaller than they should be."
        )
    for reason in dict.fromkeys(each.reason for each in found.left_out):
        names = ", ".join(each.name for each in found.left_out if each.reason == reason)
        lines.append(f"left out, {reason}: {names}")
    if runs.num_diverged:
        lines.append(f"{counted(runs.num_diverged, 'run')} whose score is not finite: not counted.")
    if runs.num_repeated:
        lines.append(f"{counted(runs.num_repeated, 'run')} repeated since with the same seed: not counted.")
    return lines
