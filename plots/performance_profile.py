"""Performance profile: the share of runs that score above each threshold (Dolan and More 2002, Agarwal et al. 2021)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Literal, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from analysis.crossed import MIN_SEEDS
from plots.labels import fitted
from plots.style import FONT, GRID, INK, column_figure, heading, legend

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["MAX_OF_ONE_COLOUR", "Profile", "ProfilesData", "draw_profiles", "profiles_data"]

LineStyle = Literal["-", "--", ":", "-."]

_NUM_THRESHOLDS = 200
_MAX_BANDS = 4
"""Up to so many strategies have bands; more bands would hide each other."""
_LINE_STYLES: tuple[LineStyle, ...] = ("-", "--", ":", "-.")
MAX_OF_ONE_COLOUR = len(_LINE_STYLES)
"""So many strategies of one colour are told apart by their lines."""


class Profile(NamedTuple):
    """One strategy; arrays of shape (num_thresholds,)."""

    label: str
    share: NDArray[np.float64]
    """Of its runs that score above the threshold, each task counted alike."""
    low: NDArray[np.float64]
    """95 % percentile interval of the bootstrap over seeds, task by task; nan where a task has fewer than 3 seeds."""
    high: NDArray[np.float64]


class ProfilesData(NamedTuple):
    """All strategies on the same tasks."""

    title: str
    thresholds: NDArray[np.float64]
    """(num_thresholds,), on the metric's scale."""
    profiles: tuple[Profile, ...]
    num_tasks: int
    num_runs: tuple[int, ...]
    """Of each strategy."""
    higher_is_better: bool


def profiles_data(
    title: str,
    scores: Mapping[str, Sequence[ArrayLike]],
    *,
    rng: np.random.Generator,
    higher_is_better: bool = True,
    num_resamples: int = 1000,
) -> ProfilesData:
    """Return what the profiles show.

    Args:
        title: such as the metric.
        scores: of each strategy, one array a task with a score a seed; every strategy has the same tasks.
        rng: draws the bootstrap.
        higher_is_better: False shows the share of runs below the threshold.
        num_resamples: of the bootstrap.

    Raises:
        ValueError: no strategy, strategies with other numbers of tasks, or a task without a score.
    """
    runs = {label: [np.asarray(task, dtype=np.float64) for task in tasks] for label, tasks in scores.items()}
    sizes = {len(tasks) for tasks in runs.values()}
    if len(sizes) != 1 or 0 in sizes or any(not task.size for tasks in runs.values() for task in tasks):
        raise ValueError("a performance profile needs the same tasks of every strategy, each with a score")
    every = np.concatenate([task for tasks in runs.values() for task in tasks])
    room = 0.03 * float(np.ptp(every)) or 0.03 * abs(float(every[0])) or 1.0
    thresholds = np.linspace(every.min() - room, every.max() + room, _NUM_THRESHOLDS)
    sign = 1.0 if higher_is_better else -1.0
    profiles = tuple(
        _profile(label, [sign * task for task in tasks], sign * thresholds, rng, num_resamples)
        for label, tasks in runs.items()
    )
    num_runs = tuple(sum(task.size for task in tasks) for tasks in runs.values())
    return ProfilesData(title, thresholds, profiles, sizes.pop(), num_runs, higher_is_better)


def _profile(
    label: str,
    tasks: Sequence[NDArray[np.float64]],
    thresholds: NDArray[np.float64],
    rng: np.random.Generator,
    num_resamples: int,
) -> Profile:
    above = [(task[:, None] > thresholds).astype(np.float64) for task in tasks]
    share = np.mean([each.mean(axis=0) for each in above], axis=0)
    resampled = np.zeros((num_resamples, thresholds.size))
    for each in above:
        count = each.shape[0]
        drawn = rng.multinomial(count, np.full(count, 1 / count), size=num_resamples) / count
        resampled += drawn @ each / len(above)
    low, high = np.quantile(resampled, (0.025, 0.975), axis=0)
    if min(each.shape[0] for each in above) < MIN_SEEDS:
        low = high = np.full(thresholds.size, np.nan)
    return Profile(label, share, low, high)


def draw_profiles(data: ProfilesData, colours: Mapping[str, str]) -> Figure:
    """Draw the profiles as steps, one print column wide.

    Args:
        data: from :func:`profiles_data`.
        colours: of the strategies' labels.
    """
    figure, ((ax,),) = column_figure([2.0])
    heading(ax, data.title)
    for position, profile in enumerate(data.profiles):
        _draw_profile(ax, data, profile, colours[profile.label], _style(data, position, colours))
    if not data.higher_is_better:
        ax.invert_xaxis()
    ax.set(ylim=(-0.03, 1.03), xlim=ax.get_xlim())
    ax.margins(x=0)
    ax.grid(color=GRID, linewidth=0.5)
    ax.locator_params(axis="x", nbins=6)
    ax.set_xlabel("threshold", fontsize=FONT, color=INK, labelpad=1)
    ax.set_ylabel(f"share of runs {'above' if data.higher_is_better else 'below'}", fontsize=FONT, color=INK)
    names = fitted([profile.label for profile in data.profiles], 20, 1)
    legend(figure, ax.get_lines(), names, _caption(data))
    return figure


def _style(data: ProfilesData, position: int, colours: Mapping[str, str]) -> LineStyle:
    """Return another style of line for each strategy of one colour."""
    earlier = [colours[profile.label] for profile in data.profiles[:position]]
    return _LINE_STYLES[earlier.count(colours[data.profiles[position].label]) % len(_LINE_STYLES)]


def _draw_profile(ax: Axes, data: ProfilesData, profile: Profile, colour: str, style: LineStyle) -> None:
    ax.plot(data.thresholds, profile.share, color=colour, linestyle=style, linewidth=1.2, drawstyle="steps-post")
    if _has_bands(data):
        ax.fill_between(data.thresholds, profile.low, profile.high, color=colour, alpha=0.13, linewidth=0, step="post")


def _has_bands(data: ProfilesData) -> bool:
    return len(data.profiles) <= _MAX_BANDS and any(np.isfinite(profile.low).all() for profile in data.profiles)


def _caption(data: ProfilesData) -> str:
    fewest, most = min(data.num_runs), max(data.num_runs)
    runs = f"{fewest}" if fewest == most else f"{fewest} to {most}"
    tasks = f" on {data.num_tasks} tasks" if data.num_tasks > 1 else ""
    band = "; band: 95 % bootstrap interval over seeds" if _has_bands(data) else ""
    return f"{runs} run{'' if most == 1 else 's'} of each strategy{tasks}{band}"
