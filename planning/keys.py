"""Content keys: what an artefact depends on, hashed, so that equal artefacts are made once and shared."""

from __future__ import annotations

import dataclasses
import hashlib
from collections.abc import Sequence
from pathlib import Path

from atomic_files import read_json
from errors import AssayError
from experiment_config import DataMapConfig, ExperimentConfig, TrainingConfig, content_key

__all__ = [
    "average_key",
    "clusters_key",
    "data_map_key",
    "experiment_key",
    "is_baseline",
    "probe_config",
    "supplied_key",
    "validation_probe_config",
]


def probe_config(config: ExperimentConfig, seed: int) -> ExperimentConfig:
    """Return the baseline whose training dynamics make the data map that ``config`` needs."""
    return dataclasses.replace(
        config,
        name=f"data_map_seed{seed}",
        strategies=(),
        eval_datasets=(),
        filter_validation=False,
        training=dataclasses.replace(config.training, seed=seed, budget="epochs"),
        data_map=dataclasses.replace(config.data_map, seeds=()),
        cartography_dir=None,
        validation_cartography_dir=None,
        cluster_dir=None,
        notes="",
    )


def validation_probe_config(config: ExperimentConfig, seed: int) -> ExperimentConfig:
    """Return the baseline, trained on the validation split, that makes a data map of that split."""
    probe = probe_config(config, seed)
    training = dataclasses.replace(probe.training, max_train_samples=config.training.max_eval_samples)
    return dataclasses.replace(
        probe, name=f"validation_map_seed{seed}", train_split=config.eval_split, training=training
    )


def is_baseline(config: ExperimentConfig) -> bool:
    """Tell whether ``config`` changes nothing about training, so that its dynamics can serve as a probe's."""
    return all(strategy.name == "baseline" for strategy in config.strategies)


def data_map_key(probe: ExperimentConfig) -> str:
    """Return the key of the data map that training ``probe`` records.

    Evaluation leaves no trace in it, so two probes that differ only there share one map.
    """
    untouched = TrainingConfig()
    training = dataclasses.replace(
        probe.training,
        max_eval_samples=untouched.max_eval_samples,
        per_device_eval_batch_size=untouched.per_device_eval_batch_size,
        budget="epochs",
    )
    trained = dataclasses.replace(
        probe,
        strategies=(),
        eval_split="validation",
        eval_datasets=(),
        filter_validation=False,
        training=training,
        data_map=DataMapConfig(),
    )
    data_map = probe.data_map
    return content_key(
        {"kind": "data_map", "run": trained.identity(), "burn_in": data_map.burn_in, "source": data_map.source}
    )


def average_key(keys: Sequence[str]) -> str:
    """Return the key of the average of several data maps."""
    return content_key({"kind": "average", "maps": sorted(keys)})


def clusters_key(config: ExperimentConfig) -> str:
    """Return the key of the clustering of the rows that ``config`` trains on."""
    training = config.training
    return content_key(
        {
            "kind": "clusters",
            "clustering": {**dataclasses.asdict(config.clustering), "model": config.clustering.model or config.model},
            "task": config.task,
            "dataset": config.dataset,
            "columns": config.columns,
            "train_split": config.train_split,
            "max_train_samples": training.max_train_samples,
            "max_length": training.max_length,
            "doc_stride": training.doc_stride,
        }
    )


def experiment_key(config: ExperimentConfig, supplied: Sequence[str]) -> str:
    """Return the key of an experiment: its identity, joined by the keys of signals that the user supplied.

    A signal that the plan makes itself follows from the configuration and adds nothing.
    """
    identity = config.identity()
    return content_key({"experiment": identity, "signals": list(supplied)}) if supplied else identity


def supplied_key(folder: Path, table: str) -> str:
    """Return the key of a signal that somebody else made: its provenance's, else a hash of ``table``'s content."""
    try:
        provenance = read_json(folder / "provenance.json")
    except AssayError:
        return hashlib.sha256((folder / table).read_bytes()).hexdigest()
    return content_key({"provenance": provenance})
