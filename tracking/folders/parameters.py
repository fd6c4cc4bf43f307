"""What a configuration says: dotted names, its seed, and what it has in common with others."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from typing import Any

__all__ = ["flatten", "group_of", "seed_of"]

_SEEDS = ("training.seed", "seed", "random_seed", "training.random_seed", "train.seed", "trainer.seed", "args.seed")
_WITHOUT_EFFECT = ("name", "notes", "experiment_name", "run_name", "description")


def flatten(values: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    """Yield dotted names and leaves: numbers, strings, booleans, None and lists of such.

    A list of mappings counts its elements: ``strategies.0.name``.
    """
    for key, value in values.items():
        if isinstance(value, list) and any(isinstance(item, Mapping) for item in value):
            value = {str(position): item for position, item in enumerate(value)}
        if isinstance(value, Mapping) and value:
            yield from flatten(value, f"{prefix}{key}.")
        else:
            yield f"{prefix}{key}", value


def seed_of(config: Mapping[str, Any]) -> tuple[str, int] | None:
    """Return the dotted name and value of a configuration's seed, or None where it names none."""
    flat = dict(flatten(config))
    for name in _SEEDS:
        value = flat.get(name)
        if isinstance(value, int) and not isinstance(value, bool):
            return name, value
    return None


def group_of(config: Mapping[str, Any]) -> str:
    """Return a short hash that is equal for configurations that differ in seed, name and notes alone."""
    flat = dict(flatten(config))
    seed = seed_of(config)
    left_out = {*_WITHOUT_EFFECT, *([seed[0]] if seed else [])}
    values = sorted((name, value) for name, value in flat.items() if name not in left_out)
    return hashlib.sha256(json.dumps(values, sort_keys=True, default=str).encode()).hexdigest()[:12]
