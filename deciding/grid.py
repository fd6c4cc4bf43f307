"""Every experiment that may be run: each variant under each planned seed."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass

from errors import ConfigError
from experiment_config import ExperimentConfig
from experiment_results.grouping import label_of
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
    if len(first) < 3:
        raise ConfigError(
            f"--until-decided looks first at 3 seeds or more; name so many with --seeds, not {len(first)}"
        )
    if len(first) > max_seeds:
        raise ConfigError(f"{len(first)} seeds are more than --max-seeds {max_seeds}")
    after = max(first) + 1
    return (*first, *range(after, after + max_seeds - len(first)))


def make_grid(
    suite: Callable[[tuple[int, ...]], Sequence[ExperimentConfig]], seeds: tuple[int, ...], baseline: str
) -> Grid:
    """Return the grid of a suite.

    Args:
        suite: lists its experiments for the seeds it is given.
        seeds: all that may be run.
        baseline: name of the variant that the others are compared with.

    Raises:
        ConfigError: a suite that does not follow the seeds, or has no such baseline or nothing to compare with it.
    """
    experiments: dict[str, dict[int, ExperimentConfig]] = {}
    for config in suite(seeds):
        of_seed = experiments.setdefault(label_of(config.name), {})
        if of_seed.setdefault(config.training.seed, config) != config:
            raise ConfigError(f"{config.name}: the suite lists two experiments of this name and seed; name them apart")
    for name, of_seed in experiments.items():
        if set(of_seed) != set(seeds):
            listed = " ".join(map(str, sorted(of_seed)))
            raise ConfigError(f"{name}: the suite lists seeds {listed}, not options.seeds, so that none can be added")
    if baseline not in experiments:
        known = ", ".join(experiments)
        raise ConfigError(
            f"no variant is called {baseline!r}{nearest(baseline, list(experiments))} (variants: {known})"
        )
    if len(experiments) == 1:
        raise ConfigError(f"the suite lists {baseline} alone; there is nothing to decide")
    return Grid(seeds, baseline, experiments)
