"""Probes that are made once are those that would be made each time."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest

from experiment_config import DataMapConfig, ExperimentConfig, TrainingConfig, create_cartography_filter_config
from planning import keys
from planning.probes import Probes

_CHANGES: dict[str, Any] = {
    "name": "other",
    "task": "classification",
    "model": "org/other",
    "dataset": "demo_ood",
    "columns": {"question": "q"},
    "train_split": "train[:50%]",
    "eval_split": "test",
    "eval_datasets": ("demo_ood",),
    "ablation": "q_only",
    "strategies": (),
    "filter_validation": True,
    "training": TrainingConfig(num_train_epochs=2),
    "data_map": DataMapConfig(burn_in=1),
    "clustering": {"min_samples": 7},
    "cartography_dir": "a",
    "validation_cartography_dir": "b",
    "cluster_dir": "c",
    "notes": "n",
}
_TRAINING: dict[str, Any] = {
    "seed": 7,
    "num_train_epochs": 1,
    "learning_rate": 0.5,
    "weight_decay": 0.1,
    "warmup_ratio": 0.2,
    "per_device_train_batch_size": 3,
    "per_device_eval_batch_size": 3,
    "gradient_accumulation_steps": 2,
    "max_train_samples": 10,
    "max_eval_samples": 11,
    "max_length": 99,
    "doc_stride": 5,
    "budget": "steps",
    "group_by_length": False,
    "dropout": 0.3,
    "arguments": {"bf16": True},
}
_DATA_MAP: dict[str, Any] = {"burn_in": 2, "source": "eval", "seeds": (1, 2)}


def _variants() -> list[ExperimentConfig]:
    config = create_cartography_filter_config()
    changed = [dataclasses.replace(config, **{name: value}) for name, value in _CHANGES.items()]
    for owner, values in (("training", _TRAINING), ("data_map", _DATA_MAP)):
        part = getattr(config, owner)
        changed += [
            dataclasses.replace(config, **{owner: dataclasses.replace(part, **{name: value})})
            for name, value in values.items()
        ]
    return [config, *changed]


@pytest.mark.parametrize(
    ("cls", "changes"), [(ExperimentConfig, _CHANGES), (TrainingConfig, _TRAINING), (DataMapConfig, _DATA_MAP)]
)
def test_every_field_is_tried(cls: type, changes: dict[str, Any]) -> None:
    assert set(changes) == {field.name for field in dataclasses.fields(cls)}


@pytest.mark.parametrize("seed", [42, 3])
def test_remembered_probes_are_those_made_anew(seed: int) -> None:
    probes = Probes()
    for config in _variants():
        of_training, of_validation = keys.probe_config(config, seed), keys.validation_probe_config(config, seed)
        assert probes.of(config, seed) == (of_training, keys.data_map_key(of_training))
        assert probes.of_validation(config, seed) == (of_validation, keys.data_map_key(of_validation))


def test_experiments_of_other_names_strategies_and_seeds_share_one() -> None:
    probes, config = Probes(), create_cartography_filter_config()
    first = probes.of(config, 1)
    training = dataclasses.replace(config.training, seed=5)
    other = dataclasses.replace(config, name="other", strategies=(), training=training)
    assert probes.of(other, 1) is first
    assert probes.of(other, 2) is not first
