"""The looks on disk, beside the experiments: what was planned before the first, and what each found."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from analysis.sequential.monitoring import Look
from atomic_files import read_json, write_json
from deciding.grid import Grid
from deciding.options import DecidingOptions
from errors import ConfigError, DataError
from experiment_config import content_key
from experiment_results.grouping import without_seed

__all__ = ["Record"]


class Record:
    """The file of one grid and metric. It is written after each look and never read for a decision.

    Args:
        experiments_dir: where the experiments live.
        grid: what is compared; other variants have a file of their own, other seeds have not.
        first_look: seeds before it.
        options: fixed with the first look.
    """

    def __init__(self, experiments_dir: Path, grid: Grid, first_look: int, options: DecidingOptions) -> None:
        # Whoever looks again at the same variants under other seeds has two tries.
        variants = {
            name: without_seed(of_seed[grid.seeds[0]].to_mapping()).group for name, of_seed in grid.experiments.items()
        }
        key = content_key({"variants": variants, "baseline": grid.baseline, "metric": options.metric})
        self.path = experiments_dir / f"decisions_{key[:8]}.json"
        self._design = {
            "seeds": list(grid.seeds),
            "first_look": first_look,
            "max_seeds": options.max_seeds,
            "alpha": options.alpha,
            "futility": options.futility,
        }
        self._baseline = grid.baseline
        self._margin = options.margin

    def check(self) -> None:
        """Refuse a design that differs from the one that was begun with.

        Raises:
            ConfigError: it does.
            DataError: the file is broken.
        """
        if not self.path.exists():
            return
        content = read_json(self.path)
        begun = content.get("design") if isinstance(content, dict) else None
        if not isinstance(begun, dict):
            raise DataError(f"{self.path}: no record of looks; move it away to begin anew")
        changed = [name for name, value in self._design.items() if begun.get(name) != value]
        was = [f"{name.replace('_', ' ')} {_shown(begun.get(name))}" for name in changed]
        # Whoever names the margin that was the usual one changes nothing.
        if self._margin not in (begun.get("margin"), content.get("margin")):
            usual = begun.get("margin") is None
            was.append("the usual margin" if usual else f"margin {begun['margin']:g}")
        if was:
            raise ConfigError(
                f"{self.path}: begun with {', '.join(was)}; after a look a design cannot change without more false "
                "claims: give the same flags, or another --experiments-dir"
            )
        self._margin = begun.get("margin")

    def write(self, metric: str, margin: float | None, looks: Mapping[str, Sequence[Look]]) -> None:
        """Write all looks.

        Raises:
            ResourceError: the file cannot be written.
        """
        write_json(
            self.path,
            {
                "design": {**self._design, "margin": self._margin},
                "baseline": self._baseline,
                "metric": metric,
                "margin": margin,
                "looks": {name: [look.as_json() for look in history] for name, history in looks.items()},
            },
        )


def _shown(value: Any) -> str:
    return " ".join(map(str, value)) if isinstance(value, list) else str(value)
