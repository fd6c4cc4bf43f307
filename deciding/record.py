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

__all__ = ["Record"]


class Record:
    """The file of one grid and metric. It is written after each look and never read for a decision.

    Args:
        experiments_dir: where the experiments live.
        grid: what is compared; other variants, or another first seed, have a file of their own.
        options: fixed with the first look.
    """

    def __init__(self, experiments_dir: Path, grid: Grid, options: DecidingOptions) -> None:
        variants = {name: of_seed[grid.seeds[0]].identity() for name, of_seed in grid.experiments.items()}
        key = content_key({"variants": variants, "baseline": grid.baseline, "metric": options.metric})
        self.path = experiments_dir / f"decisions_{key[:8]}.json"
        self._design = {
            "seeds": list(grid.seeds),
            "max_seeds": options.max_seeds,
            "margin": options.margin,
            "alpha": options.alpha,
            "futility": options.futility,
        }
        self._baseline = grid.baseline

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
        if changed:
            was = ", ".join(f"{name.replace('_', ' ')} {_shown(begun.get(name))}" for name in changed)
            raise ConfigError(
                f"{self.path}: begun with {was}; after a look a design cannot change without more false claims: "
                "give the same flags, or another --experiments-dir"
            )

    def write(self, metric: str, margin: float | None, looks: Mapping[str, Sequence[Look]]) -> None:
        """Write all looks.

        Raises:
            ResourceError: the file cannot be written.
        """
        write_json(
            self.path,
            {
                "design": self._design,
                "baseline": self._baseline,
                "metric": metric,
                "margin": margin,
                "looks": {name: [_plain(look) for look in history] for name, history in looks.items()},
            },
        )


def _shown(value: Any) -> str:
    return " ".join(map(str, value)) if isinstance(value, list) else str(value)


def _plain(look: Look) -> dict[str, Any]:
    return {
        "num_seeds": look.num_seeds,
        "difference": look.comparison.difference,
        "low": look.interval and look.interval.low,
        "high": look.interval and look.interval.high,
        "p_value": look.comparison.p_value,
        "level": look.level,
        "chance_of_deciding": look.chances and look.chances.any,
        "verdict": look.word,
        "stop": look.stop,
        "reason": look.reason,
    }
