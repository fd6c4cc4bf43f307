"""What a configuration says: dotted names, its seed, and what it has in common with others."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from typing import Any

__all__ = ["OUTSIDE_THE_TRAINING", "SEED_NAMES", "flatten", "group_of", "is_seed", "seed_of", "tells_groups_apart"]

SEED_NAMES = ("seed", "random_seed", "data_seed", "manual_seed", "global_seed", "random_state")
"""What seeds of a training are called; see :func:`is_seed` for where they stand."""
_SEED_PLACES = ("training", "", "train", "trainer", "args")
_SEEDS = tuple(f"{place}.{name}".lstrip(".") for name in SEED_NAMES for place in _SEED_PLACES)

_WITHOUT_EFFECT = frozenset({"name", "notes", "description", "tags"})
OUTSIDE_THE_TRAINING = frozenset(
    {
        *("output_dir", "overwrite_output_dir", "save_dir", "checkpoint_dir", "save_total_limit"),
        *("logging_dir", "log_dir", "logdir", "log_file", "log_path", "log_level", "log_level_replica"),
        *("run_name", "experiment_name", "project", "report_to", "disable_tqdm"),
        *("push_to_hub", "hub_model_id", "hub_strategy", "hub_token", "hub_private_repo", "hub_revision"),
        "hub_always_push",
    }
)
"""Last parts of names that say where a training is written to and how it is watched, wherever they stand."""


def is_seed(name: str) -> bool:
    """Return whether a dotted name is a training's seed: at the top, or right below training, train, trainer or args.

    Others, such as ``clustering.seed``, are part of what is tried.
    """
    return name in _SEEDS


def tells_groups_apart(name: str) -> bool:
    """Return whether configurations that differ in the parameter of this name belong to different groups."""
    if is_seed(name) or name in _WITHOUT_EFFECT:
        return False
    return name.rpartition(".")[2] not in OUTSIDE_THE_TRAINING


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
    """Return a short hash that is equal for configurations that try the same; see :func:`tells_groups_apart`."""
    told = [(name, value) for name, value in flatten(config) if tells_groups_apart(name)]
    # Two values may get the same name; then nothing is known of their types.
    told.sort(key=lambda item: (item[0], repr(item[1])))
    return hashlib.sha256(json.dumps(told, sort_keys=True, default=str).encode()).hexdigest()[:12]
