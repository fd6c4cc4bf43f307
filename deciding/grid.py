"""Every experiment that may be run: each variant under each planned seed."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass

from analysis.crossed import MIN_SEEDS
from deciding.options import DecidingOptions
from errors import ConfigError
from experiment_config import ExperimentConfig
from experiment_results.grouping import differing_settings, label_of, without_seed
from registry import nearest

__all__ = ["Grid", "make_grid", "planned_seeds"]


@dataclass(frozen=True)
class Grid:
    """Variants by seeds."""

    seeds: tuple[int, ...]
    """In the order in which they are run."""
    baseline: str
    experiments: Mapping[str, Mapping[int, ExperimentConfig]]
    """By variant, then by seed."""

    @property
    def treatments(self) -> tuple[str, ...]:
        """The variants that are compared with the baseline, in the suite's order."""
        return tuple(name for name in self.experiments if name != self.baseline)

    def of(self, variants: Collection[str], seeds: Sequence[int]) -> list[ExperimentConfig]:
        """Return the experiments of some variants, all variants of a seed before the next seed."""
        return [self.experiments[name][seed] for seed in seeds for name in self.experiments if name in variants]


def planned_seeds(first: Sequence[int], max_seeds: int) -> tuple[int, ...]:
    """Return the seeds of the first look, then the numbers that follow the largest of them.

    Raises:
        ConfigError: fewer than three seeds for the first look, or more than may be run at all.
    """
    if len(first) < MIN_SEEDS:
        raise ConfigError(
            f"--until-decided looks first at {MIN_SEEDS} seeds or more; name so many with --seeds, not {len(first)}"
        )
    if len(first) > max_seeds:
        raise ConfigError(f"{len(first)} seeds are more than --max-seeds {max_seeds}")
    after = max(first) + 1
    return (*first, *range(after, after + max_seeds - len(first)))


def make_grid(
    suite: Callable[[tuple[int, ...]], Sequence[ExperimentConfig]], seeds: tuple[int, ...], options: DecidingOptions
) -> Grid:
    """Return the grid of a suite.

    Args:
        suite: lists its experiments for the seeds it is given.
        seeds: all that may be run.
        options: name the baseline, and say what may differ from it.

    Raises:
        ConfigError: a suite that does not follow the seeds, or has no such baseline or nothing to compare with it, or
            variants that differ from it in more than strategy and seed.
    """
    experiments: dict[str, dict[int, ExperimentConfig]] = {}
    for config in suite(seeds):
        of_seed = experiments.setdefault(label_of(config.name), {})
        if of_seed.setdefault(config.training.seed, config) != config:
            raise ConfigError(f"{config.name}: the suite lists two experiments of this name and seed; name them apart")
    grid = Grid(seeds, options.baseline, experiments)
    _check_seeds(grid)
    _check_baseline(grid)
    if not options.allow_differences:
        _check_settings(grid)
    return grid


def _check_seeds(grid: Grid) -> None:
    for name, of_seed in grid.experiments.items():
        if set(of_seed) != set(grid.seeds):
            listed = " ".join(map(str, sorted(of_seed)))
            raise ConfigError(f"{name}: the suite lists seeds {listed}, not options.seeds, so that none can be added")


def _check_baseline(grid: Grid) -> None:
    names = list(grid.experiments)
    if grid.baseline not in names:
        hint = nearest(grid.baseline, names)
        raise ConfigError(f"no variant is called {grid.baseline!r}{hint} (variants: {', '.join(names)})")
    if len(names) == 1:
        raise ConfigError(f"the suite lists {grid.baseline} alone; there is nothing to decide")


def _check_settings(grid: Grid) -> None:
    first = {name: without_seed(of_seed[grid.seeds[0]].to_mapping()) for name, of_seed in grid.experiments.items()}
    baseline = first[grid.baseline]
    for name, each in first.items():
        if each.setting != baseline.setting:
            listed = ", ".join(differing_settings(baseline.config, each.config))
            raise ConfigError(
                f"{name} differs from {grid.baseline} in more than the strategy: {listed}; "
                "--allow-differences compares them all the same"
            )
