"""A/B tests of two variants: plan the seeds, look as often as you like, and hear when to stop.

    test = ABTest("baseline", "soft_weighting", metric="eval_f1", minimum_effect=0.5)
    print(test.plan().text)
    print(test.recommend().text)

The chance of a false claim stays what was planned however often one looks, because each look has a level of its own
(alpha spending, :mod:`analysis.sequential`), and looks are counted by seeds, not by calls.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal, NamedTuple

from pydantic import Field

from analysis.crossed import MIN_SEEDS, compare_scores
from analysis.margins import usual_margin
from analysis.power.seeds import Need, seeds_needed
from analysis.scores import Scores
from analysis.sequential.design import Design
from analysis.sequential.monitoring import Look, Rule, monitor
from errors import ConfigError, DataError
from registry import nearest
from validated import validated_dataclass

if TYPE_CHECKING:
    from experiment_results.variants import VariantRuns

__all__ = ["ABPlan", "ABTest", "ABTestSettings", "Action", "Readings", "Recommendation"]

_FIRST_SEED = 42
"""Where nothing has been run yet; suites begin with it too."""

Action = Literal["stop for benefit", "stop for harm", "stop for futility", "go on"]


class Readings(NamedTuple):
    """What both sides scored so far."""

    control: Scores | None
    """None where there is no run yet."""
    treatment: Scores | None
    metric: str
    higher_is_better: bool


class ABPlan(NamedTuple):
    """What to run, and what each look must find."""

    seeds: tuple[int, ...]
    """Of both sides, in this order: those that are there, then the numbers that follow."""
    levels: tuple[tuple[int, float], ...]
    """For each number of seeds at which there is a look, what the p-value must fall below."""
    need: Need | None
    """What it takes to see the minimum effect, judged by the runs so far; None where they cannot tell."""
    text: str


class Recommendation(NamedTuple):
    """What to do now."""

    action: Action
    looks: tuple[Look, ...]
    """All of them up to the one that ended the test; none where there are too few seeds."""
    next_seed: int | None
    """To be run of both sides; None where the test is over."""
    text: str


@validated_dataclass
class ABTestSettings:
    """How a test is run; fixed before its first look."""

    minimum_effect: Annotated[float | None, Field(gt=0)] = None
    max_seeds: Annotated[int, Field(ge=MIN_SEEDS, le=1000)] = 12
    alpha: Annotated[float, Field(gt=0, lt=0.5)] = 0.05
    power: Annotated[float, Field(gt=0, lt=1)] = 0.8
    futility: Annotated[float, Field(ge=0, lt=1)] = 0.1


class ABTest:
    """Whether a treatment is better than a control, settled with as few seeds as that takes.

    Args:
        control: name of a variant or strategy, such as ``baseline``.
        treatment: name of what is tried.
        metric: None takes the primary one.
        minimum_effect: smallest difference that matters, on the metric's scale; None takes half a point.
        experiments_dir: where :meth:`read` looks.
        max_seeds: of each side.
        alpha: chance of a false claim, over all looks.
        power: of what :meth:`plan` says it takes to see the minimum effect.
        futility: stop where the treatment is less likely than that to be found better.

    Raises:
        ConfigError: an impossible setting.
    """

    def __init__(
        self,
        control: str,
        treatment: str,
        metric: str | None = None,
        minimum_effect: float | None = None,
        *,
        experiments_dir: str | Path = "experiments",
        max_seeds: int = 12,
        alpha: float = 0.05,
        power: float = 0.8,
        futility: float = 0.1,
    ) -> None:
        self.control = control
        self.treatment = treatment
        self.metric = metric
        self.experiments_dir = Path(experiments_dir)
        self.settings = ABTestSettings(
            minimum_effect=minimum_effect, max_seeds=max_seeds, alpha=alpha, power=power, futility=futility
        )
        # Whether to go on is a matter of benefit here, which the design knows nothing of.
        self.design = Design(max_seeds=max_seeds, alpha=alpha, futility=0.0)

    def read(self) -> Readings:
        """Read what is in the experiments folder.

        Raises:
            ConfigError: no run has the metric, or the sides differ in more than strategy and seed.
            DataError: no such folder, no run of a side, or seeds that were evaluated on different examples.
        """
        from experiment_results.example_scores import scores_of
        from experiment_results.frame import build_frame
        from experiment_results.metrics import check_metric, ordered_metrics, primary_metric
        from experiment_results.reading import read_experiments
        from experiment_results.variants import variants_of

        frame = build_frame(read_experiments(self.experiments_dir))
        variants = variants_of(frame)
        control, treatment = (_named(name, variants) for name in (self.control, self.treatment))
        if control.setting != treatment.setting:
            raise ConfigError(_what_differs(control, treatment))
        primary = primary_metric(frame)
        chosen = check_metric(frame, self.metric or primary or "")
        metric = next(each for each in ordered_metrics(frame) if each.name == chosen)
        sides = [scores_of(each, metric, self.experiments_dir) for each in (control, treatment)]
        for each in sides:
            if each.problem:
                raise DataError(each.problem)
        return Readings(sides[0].scores, sides[1].scores, chosen, metric.higher_is_better)

    def plan(self, readings: Readings | None = None) -> ABPlan:
        """Return the seeds to run and what each look must find.

        Args:
            readings: runs that are there already; None takes :meth:`read`.

        Raises:
            AssayError: what :meth:`read` raises.
        """
        readings = readings or self.read()
        seeds = self._seeds(readings)
        levels = tuple((count, self.design.level(count)) for count in self.design.looks)
        effect, need = self._effect(readings), None
        if readings.control and readings.treatment and effect is not None:
            pilot = compare_scores(readings.treatment, readings.control)
            need = seeds_needed(pilot, effect, self.settings.alpha, self.settings.power)
        return ABPlan(seeds, levels, need, _plan_text(self, seeds, levels, need))

    def recommend(self, readings: Readings | None = None) -> Recommendation:
        """Return whether to stop, and why.

        Args:
            readings: runs that are there; None takes :meth:`read`.

        Raises:
            AssayError: what :meth:`read` raises.
        """
        readings = readings or self.read()
        seeds, looks = self._seeds(readings), self._looks(readings)
        for number, look in enumerate(looks, start=1):
            action = self._action(look, readings.higher_is_better)
            if action != "go on":
                text = _recommendation_text(self, action, look, None)
                return Recommendation(action, tuple(looks[:number]), None, text)
        next_seed = _first_missing(seeds, readings)
        last = looks[-1] if looks else None
        action = "go on" if next_seed is not None else "stop for futility"
        return Recommendation(action, tuple(looks), next_seed, _recommendation_text(self, action, last, next_seed))

    def _seeds(self, readings: Readings) -> tuple[int, ...]:
        sides = [set(each.seeds) for each in readings[:2] if each]
        there = sorted(set.union(*sides)) if sides else []
        after = there[-1] + 1 if there else _FIRST_SEED
        return (*there, *range(after, after + self.settings.max_seeds))[: self.settings.max_seeds]

    def _effect(self, readings: Readings) -> float | None:
        known = [each for each in readings[:2] if each]
        return self.settings.minimum_effect or usual_margin(known, readings.higher_is_better)

    def _looks(self, readings: Readings) -> list[Look]:
        if not readings.control:
            return []
        rule = Rule(self._effect(readings), readings.higher_is_better)
        treatments = {self.treatment: readings.treatment}
        return monitor(treatments, readings.control, self._seeds(readings), self.design, rule)[self.treatment]

    def _action(self, look: Look, higher_is_better: bool) -> Action:
        if look.word in ("better", "worse"):
            return "stop for benefit" if look.word == "better" else "stop for harm"
        if look.stop or look.chances is None:
            return "stop for futility"
        benefit = look.chances.greater if higher_is_better else look.chances.less
        return "stop for futility" if benefit < self.settings.futility else "go on"


def _first_missing(seeds: Sequence[int], readings: Readings) -> int | None:
    sides = [set(each.seeds) if each else set[int]() for each in readings[:2]]
    return next((seed for seed in seeds if not all(seed in side for side in sides)), None)


def _named(name: str, variants: Sequence[VariantRuns]) -> VariantRuns:
    found = [each for each in variants if each.label == name] or [each for each in variants if each.method == name]
    known = [each.label for each in variants]
    if not found:
        raise DataError(f"no run is of {name!r}{nearest(name, known)} (variants: {', '.join(known) or 'none'})")
    if len(found) > 1:
        raise DataError(f"{name!r} may be {', '.join(each.label for each in found)}; name one of them")
    return found[0]


def _what_differs(control: VariantRuns, treatment: VariantRuns) -> str:
    from experiment_results.grouping import differing_settings

    listed = ", ".join(differing_settings(control.config, treatment.config)) or "their settings"
    return f"{control.label} and {treatment.label} differ in more than strategy and seed: {listed}"


def _plan_text(test: ABTest, seeds: Sequence[int], levels: Sequence[tuple[int, float]], need: Need | None) -> str:
    shown = ", ".join(f"{level:.2g} at {count}" for count, level in levels)
    lines = [
        f"{test.treatment} against {test.control}: seeds {' '.join(map(str, seeds))} of both, one after another",
        f"a claim takes p below {shown} seeds: {100 * test.settings.alpha:g} % false claims over all looks together",
    ]
    return "\n".join([*lines, *_need_lines(need, len(seeds))])


def _need_lines(need: Need | None, max_seeds: int) -> list[str]:
    if need is None:
        return ["how many seeds it takes is not known before both sides have three"]
    goal = f"to see {need.effect:g} with power {need.power:g}"
    if need.examples is not None:
        return [
            f"no number of seeds is enough {goal}: it takes more than {need.examples:,} evaluation examples as well"
        ]
    if need.seeds is None or need.seeds > max_seeds:
        many = "very many" if need.seeds is None else f"about {need.seeds}"
        return [f"by the spread so far it takes {many} seeds {goal}: more than the {max_seeds} that are planned"]
    return [f"by the spread so far it takes about {need.seeds} seeds {goal}"]


def _recommendation_text(test: ABTest, action: Action, look: Look | None, next_seed: int | None) -> str:
    follow = "" if next_seed is None else f"; next: seed {next_seed} of both"
    if look is None:
        return f"{action}: fewer than {test.design.first_look} seeds of both sides are there{follow}"
    found = f"{test.treatment} - {test.control} is {look.comparison.difference:+.3g}"
    if look.interval is not None:
        found += f", {look.interval.low:+.3g} to {look.interval.high:+.3g} over all looks"
    if look.comparison.p_value is not None:
        found += f", p {look.comparison.p_value:.2g} (a claim takes less than {look.level:.2g})"
    after = f"after {look.num_seeds} of at most {test.settings.max_seeds} seeds"
    return f"{action} {after}: {found}; {_outlook(look, test)}{follow}"


def _outlook(look: Look, test: ABTest) -> str:
    if look.chances is None:
        return look.reason
    greater, less, equivalent = (f"{100 * chance:.0f} %" for chance in look.chances)
    return (
        f"by {test.settings.max_seeds} seeds it will be found higher with a chance of {greater}, lower with {less}, "
        f"equivalent with {equivalent}"
    )
