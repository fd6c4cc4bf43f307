"""A suite as somebody makes it who has no runner: one command after another, each with all flags of its experiment."""

from __future__ import annotations

import dataclasses
import json
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from experiment_config import ExperimentConfig, TrainingConfig
from strategies import CLUSTERS, DATA_MAP

__all__ = ["commands", "output_of"]


def commands(experiments: Sequence[ExperimentConfig], folder: Path) -> list[list[str]]:
    """Return the commands that make ``experiments`` in ``folder``, the data map and the clustering among them.

    As an attentive user would, the first baseline records the data map while it trains, and is first of all.
    """
    first = next(each for each in experiments if not each.strategies)
    rest = [each for each in experiments if each is not first]
    return [
        _train(first, folder, {"enable_cartography": True, "cartography_output_dir": folder / "map"}),
        *_cluster(first, folder),
        *(_train(each, folder, {}) for each in rest),
    ]


def output_of(experiment: ExperimentConfig, folder: Path) -> Path:
    """Return where run.py leaves the model and metrics of an experiment."""
    return folder / experiment.name


def _train(experiment: ExperimentConfig, folder: Path, further: Mapping[str, Any]) -> list[str]:
    signals = {DATA_MAP: ("cartography_dir", "map"), CLUSTERS: ("cluster_dir", "clusters")}
    flags = {
        "task": experiment.task,
        "model": experiment.model,
        "dataset": experiment.dataset,
        "eval_datasets": experiment.eval_datasets,
        **_training(experiment),
        "strategies": [json.dumps(each.to_mapping()) for each in experiment.strategies],
        **{signals[name][0]: folder / signals[name][1] for name in sorted(experiment.required_signals)},
        **further,
        "output_dir": output_of(experiment, folder),
    }
    return [sys.executable, "run.py", "--do_train", "--do_eval", *_words(flags)]


def _training(experiment: ExperimentConfig) -> dict[str, Any]:
    usual = TrainingConfig.for_model(experiment.model)
    chosen = {each.name: getattr(experiment.training, each.name) for each in dataclasses.fields(usual)}
    return {name: value for name, value in chosen.items() if value != getattr(usual, name)}


def _cluster(experiment: ExperimentConfig, folder: Path) -> list[list[str]]:
    flags = {"task": experiment.task, "model": experiment.model, "dataset": experiment.dataset}
    if experiment.training.max_train_samples is not None:
        flags["max_train_samples"] = str(experiment.training.max_train_samples)
    embedded = _words({**flags, "output_dir": folder / "clusters"})
    return [
        [sys.executable, "extract_embeddings.py", *embedded],
        [sys.executable, "cluster_analysis.py", str(folder / "clusters")],
    ]


def _words(flags: Mapping[str, Any]) -> list[str]:
    words: list[str] = []
    for name, value in flags.items():
        values = value if isinstance(value, list | tuple) else [value]
        if values:
            words += [f"--{name}", *map(str, values)]
    return words
