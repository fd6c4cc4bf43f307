"""Performance profile: the share of runs that score above each threshold (Dolan and More 2002, Agarwal et al. 2021).

It has no bands: the bootstrap over the seeds of a task covers 51 to 86 % where 95 % are named with the three to five
seeds that runs usually have, and evaluation sets share the luck of their seeds.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from plots.labels import fitted
from plots.palette import LINE_STYLES, LineStyle
from plots.style import FONT, GRID, INK, column_figure, heading, legend

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["MAX_OF_ONE_COLOUR", "Profile", "ProfilesData", "draw_profiles", "profiles_data"]


_NUM_THRESHOLDS = 200
MAX_OF_ONE_COLOUR = len(LINE_STYLES)
"""So many strategies of one colour are told apart by their lines."""


class Profile(NamedTuple):
    """One strategy; arrays of shape (num_thresholds,)."""

    label: str
    share: NDArray[np.float64]
    """Of its runs that score above the threshold, each task counted alike."""


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
    note: str


def profiles_data(
    title: str,
    scores: Mapping[str, Sequence[ArrayLike]],
    higher_is_better: bool = True,
    note: str = "",
) -> ProfilesData:
    """Return what the profiles show.

    Args:
        title: such as the metric.
        scores: of each strategy, one array a task with a score a seed; every strategy has the same tasks.
        higher_is_better: False shows the share of runs below the threshold.
        note: added to the caption.

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
        Profile(label, _share([sign * task for task in tasks], sign * thresholds)) for label, tasks in runs.items()
    )
    num_runs = tuple(sum(task.size for task in tasks) for tasks in runs.values())
    return ProfilesData(title, thresholds, profiles, sizes.pop(), num_runs, higher_is_better, note)


def _share(tasks: Sequence[NDArray[np.float64]], thresholds: NDArray[np.float64]) -> NDArray[np.float64]:
    shares: NDArray[np.float64] = np.mean([(task[:, None] > thresholds).mean(axis=0) for task in tasks], axis=0)
    return shares


def draw_profiles(data: ProfilesData, colours: Mapping[str, str]) -> Figure:
    """Draw the profiles as steps, one print column wide.

    Args:
        data: from :func:`profiles_data`.
        colours: of the strategies' labels.
    """
    figure, ((ax,),) = column_figure([2.0])
    heading(ax, data.title)
    for position, profile in enumerate(data.profiles):
        colour, style = colours[profile.label], _style(data, position, colours)
        ax.plot(data.thresholds, profile.share, color=colour, linestyle=style, linewidth=1.2, drawstyle="steps-post")
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
    return LINE_STYLES[earlier.count(colours[data.profiles[position].label]) % len(LINE_STYLES)]


def _caption(data: ProfilesData) -> str:
    fewest, most = min(data.num_runs), max(data.num_runs)
    runs = f"{fewest}" if fewest == most else f"{fewest} to {most}"
    tasks = f" on {data.num_tasks} tasks" if data.num_tasks > 1 else ""
    note = f"; {data.note}" if data.note else ""
    return f"{runs} run{'' if most == 1 else 's'} of each strategy{tasks}{note}"
