"""A/B tests of two variants: plan the seeds, look as often as you like, and hear when to stop.

    test = ABTest("baseline", "soft_weighting", metric="eval_f1", minimum_effect=0.5)
    print(test.plan().text)
    print(test.recommend().text)

The chance of a false claim stays what was planned however often one looks, because each look has a level of its own
(alpha spending, :mod:`analysis.sequential`), and looks are counted by seeds, not by calls: the look at so many seeds is
one at those runs of each side that ended first, so that a later run changes no look that was taken.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal, NamedTuple

from pydantic import Field

from analysis.crossed import MIN_SEEDS, compare_scores
from analysis.margins import usual_margin
from analysis.power.seeds import Need, seeds_needed
from analysis.scores import Scores
from analysis.sequential.design import Design
from analysis.sequential.monitoring import Look, Rule, evaluated_alike, monitor
from analysis.sequential.orders import Orders, orders_of
from analysis.sequential.wording import look_text, need_line, plan_lines, with_notes
from analysis.variant_scores import VariantScores, mismatch
from analysis.wording import counted
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
    """What both sides scored so far. A negative seed stands for a run that has none of its own."""

    control: Scores | None
    """None where there is no run yet."""
    treatment: Scores | None
    metric: str
    higher_is_better: bool
    control_order: tuple[int, ...] = ()
    """Seeds in the order in which their runs ended; none means that it was the ascending one."""
    treatment_order: tuple[int, ...] = ()
    notes: tuple[str, ...] = ()
    """Runs that do not count, and why examples are missing."""

    @classmethod
    def of(
        cls, control: VariantScores, treatment: VariantScores, names: tuple[str, str], metric: str, higher: bool
    ) -> Readings:
        """Join what two variants scored.

        Args:
            control: what the treatment is compared with.
            treatment: what is tried.
            names: of control and treatment.
            metric: its name.
            higher: whether more of it is better.

        Raises:
            DataError: runs that cannot be compared.
        """
        problem = mismatch(treatment, control)
        if problem:
            raise DataError(f"{names[1]} and {names[0]} cannot be compared: {problem}")
        notes = [
            f"{name}: {note}" for name, each in zip(names, (control, treatment), strict=True) for note in each.notes
        ]
        return cls(control.scores, treatment.scores, metric, higher, control.order, treatment.order, tuple(notes))


class ABPlan(NamedTuple):
    """What to run, and what each look must find."""

    seeds: tuple[int, ...]
    """Of both sides: those that are there, then those that follow. None where runs of the sides share no seeds."""
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
    """To be run of the sides that lack it; None where the test is over, or where seeds are not shared."""
    text: str
    """With the notes of the readings, and runs that do not count, below."""


@validated_dataclass
class ABTestSettings:
    """How a test is run; fixed before its first look."""

    minimum_effect: Annotated[float | None, Field(gt=0)] = None
    """Smallest difference that matters, on the metric's scale; None takes half a point."""
    max_seeds: Annotated[int, Field(ge=MIN_SEEDS, le=1000)] = 12
    """Of each side."""
    alpha: Annotated[float, Field(gt=0, lt=0.5)] = 0.05
    """Chance of a false claim, over all looks."""
    power: Annotated[float, Field(gt=0, lt=1)] = 0.8
    """Of what the plan says it takes to see the minimum effect."""
    futility: Annotated[float, Field(ge=0, lt=1)] = 0.1
    """Stop where the treatment is less likely than that to be found better."""
    allow_differences: bool = False
    """Compare sides although more than strategy and seed sets them apart."""


class ABTest:
    """Whether a treatment is better than a control, settled with as few seeds as that takes.

    Args:
        control: name of a variant or strategy, such as ``baseline``.
        treatment: name of what is tried.
        metric: None takes the primary one.
        minimum_effect: smallest difference that matters, on the metric's scale; None takes half a point.
        experiments_dir: where :meth:`read` looks.
        **settings: further fields of :class:`ABTestSettings`.

    Raises:
        ConfigError: an impossible setting, or one side twice.
    """

    def __init__(
        self,
        control: str,
        treatment: str,
        metric: str | None = None,
        minimum_effect: float | None = None,
        *,
        experiments_dir: str | Path = "experiments",
        **settings: Any,
    ) -> None:
        if control == treatment:
            raise ConfigError(f"{control!r} against itself: name a control and a treatment")
        self.control = control
        self.treatment = treatment
        self.metric = metric
        self.experiments_dir = Path(experiments_dir)
        self.settings = ABTestSettings(minimum_effect=minimum_effect, **settings)
        # Whether to go on is a matter of benefit here, which the design knows nothing of.
        self.design = Design(max_seeds=self.settings.max_seeds, alpha=self.settings.alpha, futility=0.0)

    def __repr__(self) -> str:
        return f"ABTest({self.control!r}, {self.treatment!r}, {self.metric!r}, settings={self.settings!r})"

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
        sides = [_named(name, variants) for name in (self.control, self.treatment)]
        if sides[0].setting != sides[1].setting and not self.settings.allow_differences:
            raise ConfigError(_what_differs(*sides))
        chosen = check_metric(frame, self.metric or primary_metric(frame) or "")
        metric = next(each for each in ordered_metrics(frame) if each.name == chosen)
        control, treatment = (scores_of(each, metric, self.experiments_dir) for each in sides)
        return Readings.of(control, treatment, self._names, chosen, metric.higher_is_better)

    def plan(self, readings: Readings | None = None) -> ABPlan:
        """Return the seeds to run and what each look must find.

        Args:
            readings: runs that are there already; None takes :meth:`read`.

        Raises:
            AssayError: what :meth:`read` raises, or readings of another metric or of different examples.
        """
        readings = self._checked(readings)
        seeds = self._orders(readings).together
        levels = tuple((number, self.design.level(number)) for number in self.design.looks)
        need, line = self._need(readings)
        return ABPlan(
            seeds, levels, need, "\n".join([*plan_lines(self._names, seeds, levels, self.settings.alpha), line])
        )

    def recommend(self, readings: Readings | None = None) -> Recommendation:
        """Return whether to stop, and why.

        Args:
            readings: runs that are there; None takes :meth:`read`.

        Raises:
            AssayError: what :meth:`plan` raises.
        """
        readings = self._checked(readings)
        orders = self._orders(readings)
        looks = self._looks(readings, orders)
        notes = [*readings.notes, *self._left_out(orders)]
        for number, look in enumerate(looks, start=1):
            action = self._action(look, readings.higher_is_better)
            if action != "go on":
                if min(orders.num_control, orders.num_treatment) > look.num_seeds:
                    notes.append(f"the test was over after {look.num_seeds} seeds: later runs do not count")
                text = with_notes(self._text(action, look, ""), notes)
                return Recommendation(action, tuple(looks[:number]), None, text)
        text = self._text("go on", looks[-1] if looks else None, self._follow(orders))
        next_seed = next((seed for seed in orders.next_seeds if seed is not None), None) if orders.together else None
        return Recommendation("go on", tuple(looks), next_seed, with_notes(text, notes))

    def _checked(self, readings: Readings | None) -> Readings:
        readings = readings or self.read()
        if self.metric is not None and readings.metric != self.metric:
            raise ConfigError(f"the test is about {self.metric}, the readings are of {readings.metric}")
        if readings.control and readings.treatment and not evaluated_alike(readings.treatment, readings.control):
            problem = compare_scores(readings.treatment, readings.control).problem
            raise DataError(f"{self.treatment} and {self.control} cannot be compared: {problem}")
        return readings

    def _orders(self, readings: Readings) -> Orders:
        control = readings.control_order or (readings.control.seeds if readings.control else ())
        treatment = readings.treatment_order or (readings.treatment.seeds if readings.treatment else ())
        return orders_of(control, treatment, self.settings.max_seeds, _FIRST_SEED)

    def _effect(self, readings: Readings) -> float | None:
        known = [each for each in readings[:2] if each]
        return self.settings.minimum_effect or usual_margin(known, readings.higher_is_better)

    def _need(self, readings: Readings) -> tuple[Need | None, str]:
        """Return what it takes to see the minimum effect, and a line on it."""
        effect = self._effect(readings)
        if readings.control is None or readings.treatment is None:
            return None, f"how many seeds it takes is not known before both sides have {MIN_SEEDS}"
        if effect is None:
            return None, f"no usual difference of {readings.metric} is too small to matter: name the minimum effect"
        pilot = compare_scores(readings.treatment, readings.control)
        need = seeds_needed(pilot, effect, self.settings.alpha, self.settings.power)
        if need is None:
            return None, f"how many seeds it takes is not known yet: {pilot.problem}"
        return need, need_line(need, self.settings.max_seeds)

    def _looks(self, readings: Readings, orders: Orders) -> list[Look]:
        if not readings.control:
            return []
        rule = Rule(self._effect(readings), readings.higher_is_better)
        treatments = {self.treatment: readings.treatment}
        looks = monitor(treatments, readings.control, orders.treatment, self.design, rule, orders.control)
        return looks[self.treatment]

    def _action(self, look: Look, higher_is_better: bool) -> Action:
        if look.word in ("better", "worse"):
            return "stop for benefit" if look.word == "better" else "stop for harm"
        if look.stop:
            return "stop for futility"
        if look.chances is None:
            return "go on"
        benefit = look.chances.greater if higher_is_better else look.chances.less
        return "stop for futility" if benefit < self.settings.futility else "go on"

    @property
    def _names(self) -> tuple[str, str]:
        return self.control, self.treatment

    def _text(self, action: Action, look: Look | None, follow: str) -> str:
        follow = follow and f"; next: {follow}"
        if look is None:
            return f"{action}: fewer than {self.design.first_look} seeds of both sides are there{follow}"
        return f"{action} {look_text(look, self._names, self.settings.max_seeds)}{follow}"

    def _left_out(self, orders: Orders) -> list[str]:
        there = ((self.control, orders.num_control), (self.treatment, orders.num_treatment))
        most = self.settings.max_seeds
        return [f"{name} has {counted(num, 'run')}: the first {most} count" for name, num in there if num > most]

    def _follow(self, orders: Orders) -> str:
        """Return what is to be run next."""
        control, treatment = orders.next_seeds
        if not orders.together:
            behind = [name for name, seed in ((self.control, control), (self.treatment, treatment)) if seed is not None]
            return f"another run of {' and of '.join(behind)}"
        if control == treatment:
            return f"seed {control} of both"
        named = ((self.control, control), (self.treatment, treatment))
        return " and ".join(f"seed {seed} of {name}" for name, seed in named if seed is not None)


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
