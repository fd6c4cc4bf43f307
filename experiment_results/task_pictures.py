"""Pictures that speak of several tasks together, each a data set and model with one evaluation set."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

from experiment_results.comparisons import ComparisonTable
from experiment_results.metrics import MetricName
from experiment_results.picture_subjects import Subject
from experiment_results.wording import first_of
from plots.critical_difference import MIN_STRATEGIES, MIN_TASKS, critical_difference_data, draw_critical_difference
from plots.gaps import without_gaps
from plots.palette import family_colours
from plots.performance_profile import MAX_OF_ONE_COLOUR, draw_profiles, profiles_data

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["over_tasks"]

_MAX_RANKED = 40
_MAX_PROFILES = 8
_MAX_NAMED = 3
_SEED = 0
"""Of Friedman's test: the same runs give the same picture."""


class _Task(NamedTuple):
    """One data set and model with one evaluation set."""

    subject: int
    """Position of the data set and model; tasks that share it share the models, and so the luck of their seeds."""
    name: str
    metric: MetricName
    scores: dict[str, NDArray[np.float64]]
    """Of each seed, by strategy."""


class _Complete(NamedTuple):
    """Tasks that all have all strategies."""

    tasks: list[_Task]
    labels: list[str]
    note: str
    """What was left out for that; empty where nothing was."""


def over_tasks(subjects: Sequence[Subject], comparisons: ComparisonTable) -> Iterator[tuple[str, Figure]]:
    """Draw ``profiles`` of the primary metric, and ``ranks`` where there are enough data sets and strategies."""
    tasks = [
        _Task(
            position,
            subject.titled(metric.eval_set),
            metric,
            {variant.label: scores.values for variant, scores in subject.scores(comparisons, metric)},
        )
        for position, subject in enumerate(subjects)
        for metric in subject.metrics
    ]
    # Thresholds are those of one metric; ranks need no common scale.
    alike = _complete([task for task in tasks if task.metric.kind == tasks[0].metric.kind])
    if len(alike.labels) > 1:
        yield "profiles", _profiles(alike, subjects)
    complete = _complete(tasks)
    if len({task.subject for task in complete.tasks}) >= MIN_TASKS and len(complete.labels) >= MIN_STRATEGIES:
        yield "ranks", _ranks(complete, comparisons.options.alpha)


def _complete(tasks: Sequence[_Task]) -> _Complete:
    kept, labels = without_gaps({place: task.scores.keys() for place, task in enumerate(tasks)})
    lost = [task.name for place, task in enumerate(tasks) if place not in kept]
    lost += dict.fromkeys(label for task in tasks for label in task.scores if label not in labels)
    return _Complete([tasks[place] for place in kept], labels, _note(lost))


def _note(lost: Sequence[str]) -> str:
    if not lost:
        return ""
    more = f" and {len(lost) - _MAX_NAMED} more" if len(lost) > _MAX_NAMED else ""
    return f"left out, as not every strategy has scores on every task: {'; '.join(lost[:_MAX_NAMED])}{more}"


def _profiles(complete: _Complete, subjects: Sequence[Subject]) -> Figure:
    tasks, labels, note = complete
    shown, metric = labels[:_MAX_PROFILES], tasks[0].metric
    colours = {label: subject.colours[label] for subject in subjects for label in shown if label in subject.colours}
    if max(Counter(colours.values()).values()) > MAX_OF_ONE_COLOUR:
        colours = family_colours(shown)
    profiles = profiles_data(
        metric.kind.replace("_", " ") + first_of(len(shown), len(labels)),
        {label: [task.scores[label] for task in tasks] for label in shown},
        higher_is_better=metric.higher_is_better,
        note=note,
    )
    return draw_profiles(profiles, colours)


def _ranks(complete: _Complete, alpha: float) -> Figure:
    """Rank once a data set and model: evaluation sets of the same models are no independent tasks."""
    from analysis.hypothesis_tests.friedman import mean_ranks

    tasks, labels, note = complete
    shown = labels[:_MAX_RANKED]
    rows = []
    for position in dict.fromkeys(task.subject for task in tasks):
        own = [task for task in tasks if task.subject == position]
        signs = [1.0 if task.metric.higher_is_better else -1.0 for task in own]
        means = [
            [sign * float(task.scores[each].mean()) for each in shown] for sign, task in zip(signs, own, strict=True)
        ]
        rows.append(-mean_ranks(np.array(means)))
    rng = np.random.default_rng(_SEED)
    notes = [first_of(len(shown), len(labels)).removeprefix(", "), note]
    data = critical_difference_data(shown, rows, rng=rng, alpha=alpha, note="; ".join(filter(None, notes)))
    return draw_critical_difference(data)
