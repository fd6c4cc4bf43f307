"""The numbers behind a picture of curves: which metrics, and each subject's course of them."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from analysis.curves import MeanCurve, Series, mean_curve, smoothed
from analysis.metric_directions import direction_of, is_about_the_training
from errors import ConfigError, DataError
from experiment_commands.subjects import Subject
from registry import nearest
from tracking.reading.local_backend import LocalBackend
from tracking.reading.metric_twins import known_as

__all__ = ["MAX_PANELS", "Course", "Panel", "Recorded", "choose_metrics", "panels", "read_recorded"]

MAX_PANELS = 6

_EVALUATION = re.compile(r"(eval|evaluation|val|valid|validation|test)[/_]")


class Recorded(NamedTuple):
    """What the runs of one subject logged."""

    label: str
    runs: tuple[Mapping[str, Series], ...]
    """For each run, the series of each metric."""
    primary_metrics: tuple[str, ...] = ()
    """What the runs call their primary metric."""

    @property
    def is_empty(self) -> bool:
        """Whether no run logged anything."""
        return not any(self.runs)

    def series_of(self, metric: str) -> list[Series]:
        """Return the series of all runs that have one."""
        return [run[metric] for run in self.runs if metric in run]


class Course(NamedTuple):
    """One subject's line."""

    label: str
    num_runs: int
    curve: MeanCurve
    unsmoothed: NDArray[np.float64] | None
    """The mean before it was smoothed; None where nothing was."""


class Panel(NamedTuple):
    """One metric of all subjects that logged it."""

    metric: str
    courses: tuple[Course, ...]

    @property
    def all_positive(self) -> bool:
        """Whether a logarithmic axis can show every value; nan is a gap on any axis."""
        return not any(bool((course.curve.low <= 0).any()) for course in self.courses)


def read_recorded(
    backend: LocalBackend, subjects: Sequence[Subject], metrics: Sequence[str], max_points: int
) -> list[Recorded]:
    """Read what subjects logged.

    Args:
        backend: the store.
        subjects: whose runs.
        metrics: names to read; none means all.
        max_points: of a series.

    Raises:
        DatabaseUnavailable: the database cannot be reached.
    """
    return [
        Recorded(
            label,
            tuple(_series(backend, member.id, metrics, max_points) for member in subject.members),
            tuple(member.primary_metric for member in subject.members if member.primary_metric),
        )
        for label, subject in zip(_labels(subjects), subjects, strict=True)
    ]


def _labels(subjects: Sequence[Subject]) -> list[str]:
    titles = [subject.title for subject in subjects]
    return [
        title if titles.count(title) == 1 else f"{title} ({_distinct(subject)})"
        for title, subject in zip(titles, subjects, strict=True)
    ]


def _distinct(subject: Subject) -> str:
    return subject.members[0].group if subject.grouped else subject.members[0].id[-6:]


def _series(backend: LocalBackend, experiment_id: str, metrics: Sequence[str], max_points: int) -> dict[str, Series]:
    values: dict[str, dict[int, float]] = {}
    for point in backend.get_metrics(experiment_id, metrics or None, max_points):
        # A run that was taken up again repeats steps: the last value counts.
        values.setdefault(point.name, {})[point.step] = point.value
    return {name: _arrays(points) for name, points in values.items()}


def _arrays(points: Mapping[int, float]) -> Series:
    steps = sorted(points)
    return np.array(steps, dtype=np.float64), np.array([points[step] for step in steps], dtype=np.float64)


def choose_metrics(recorded: Sequence[Recorded], wanted: Sequence[str]) -> list[str]:
    """Return the metrics to draw: the wanted ones, else those that all subjects logged, rather curves than points.

    The training's loss comes first, then the primary metric, also where it was logged once. What says nothing of how
    good a model is, such as a learning rate, is drawn if there is nothing else. Who logged nothing does not count.

    Raises:
        ConfigError: nobody logged a wanted metric; the message names near ones.
        DataError: there is nothing that all of them logged.
    """
    known = sorted({name for each in recorded for run in each.runs for name in run})
    if not known:
        raise DataError("none of these runs has logged a metric")
    if wanted:
        return list(dict.fromkeys(_logged_name(name, known) for name in wanted))
    logged = [each for each in recorded if not each.is_empty]
    primary = _primary_curve(logged, known)
    shared = [name for name in known if all(each.series_of(name) for each in logged)]
    curves = [name for name in shared if name == primary or all(_is_series(each, name) for each in logged)] or shared
    qualities = [name for name in curves if direction_of(name) is not None and not is_about_the_training(name)]
    if not curves:
        raise DataError(f"these runs share no logged metric; choose with --metric (logged: {', '.join(known)})")
    return sorted(qualities or curves, key=lambda name: _rank(name, primary))[:MAX_PANELS]


def _logged_name(name: str, known: Sequence[str]) -> str:
    logged = known_as(name, known)
    if logged is None:
        listing = ", ".join(known[:30])
        raise ConfigError(f"none of these runs logged {name!r}{nearest(name, list(known))} (logged: {listing})")
    return logged


def _primary_curve(recorded: Sequence[Recorded], known: Sequence[str]) -> str | None:
    """Return the curve of what most runs call their primary metric."""
    named = Counter(name for each in recorded for name in each.primary_metrics)
    curves = (known_as(name, known) for name, _ in named.most_common())
    return next(filter(None, curves), None)


def _is_series(recorded: Recorded, metric: str) -> bool:
    return any(steps.size > 1 for steps, _ in recorded.series_of(metric))


def _rank(metric: str, primary: str | None) -> tuple[bool, bool, bool, bool, str]:
    first = metric in ("train/loss", "loss")
    return not first, metric != primary, metric != "eval/loss", not _EVALUATION.match(metric), metric


def panels(recorded: Sequence[Recorded], metrics: Sequence[str], smooth: float = 0.0) -> list[Panel]:
    """Return the courses of each metric, averaged over the runs of each subject; seeds that share no step have none.

    Args:
        recorded: from :func:`read_recorded`.
        metrics: from :func:`choose_metrics`.
        smooth: how much of a curve is averaged to one point, in [0, 1]; 0 leaves it as it was logged.
    """
    found = [Panel(metric, tuple(_courses(recorded, metric, smooth))) for metric in metrics]
    return [panel for panel in found if panel.courses]


def _courses(recorded: Sequence[Recorded], metric: str, smooth: float) -> list[Course]:
    courses = []
    for each in recorded:
        series = each.series_of(metric)
        raw = mean_curve(series) if series else None
        if raw is None or not raw.steps.size:
            continue
        if not smooth:
            courses.append(Course(each.label, len(series), raw, None))
            continue
        # Each seed is smoothed by itself, so that the band shows the spread of what the line averages.
        curve = mean_curve([(steps, smoothed(values, smooth)) for steps, values in series])
        courses.append(Course(each.label, len(series), curve, raw.mean))
    return courses
