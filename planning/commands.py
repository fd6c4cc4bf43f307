"""The commands that make a signal by hand, for users who do not want it made for them."""

from __future__ import annotations

import dataclasses
import json
import shlex
from collections.abc import Mapping
from typing import Any

from experiment_config import ClusteringConfig, ExperimentConfig, TrainingConfig
from planning.nodes import Node
from planning.status import CLUSTERS_TABLE, DATA_MAP_TABLE

__all__ = ["how_to_make"]

_NO_TRACE = ("max_eval_samples", "per_device_eval_batch_size", "budget", "arguments")
"""Training fields that change no data map, and the one whose entries are flags of their own."""


def how_to_make(node: Node) -> str:
    """Return the message that a data map, an average or a clustering is missing, with the command that makes it."""
    if node.kind == "clusters":
        what, table, command = "Cluster assignments", CLUSTERS_TABLE, _clustering(node)
    elif node.kind == "average":
        command = _words("python -m cartography average", node.folder, *node.needs, *node.supplied)
        what, table = "Cartography metrics", DATA_MAP_TABLE
    else:
        what, table, command = "Cartography metrics", DATA_MAP_TABLE, _probe(node)
    return f"{what} not found: {node.folder / table}. Make them with: {command}; or leave out --no-auto-prepare"


def _probe(node: Node) -> str:
    config, training = node.config, node.config.training
    usual = TrainingConfig.for_model(config.model)
    chosen = {name: value for name, value in _differing(training, usual).items() if name not in _NO_TRACE}
    flags = {
        **_data_flags(config),
        "train_split": config.train_split if config.train_split != "train" else None,
        "ablations": config.ablation if config.ablation != "none" else None,
        **chosen,
        **training.arguments,
        "num_train_epochs": f"{training.num_train_epochs:g}",
        "seed": training.seed,
        "burn_in": config.data_map.burn_in,
        "dynamics_source": config.data_map.source if config.data_map.source != "train" else None,
        "cartography_output_dir": node.folder,
        "output_dir": node.folder / "run",
    }
    return _words("python run.py --do_train --enable_cartography", *_flags(flags))


def _clustering(node: Node) -> str:
    config = node.config
    chosen = _differing(config.clustering, ClusteringConfig())
    model = chosen.pop("model", config.model)
    usual = TrainingConfig()
    sizes = {name: getattr(config.training, name) for name in ("max_train_samples", "max_length", "doc_stride")}
    embedding = {
        **_data_flags(config),
        "model": model,
        "split": config.train_split if config.train_split != "train" else None,
        **{name: value for name, value in sizes.items() if value != getattr(usual, name)},
        "output_dir": node.folder,
    }
    return (
        f"{_words('python extract_embeddings.py', *_flags(embedding))} && "
        f"{_words('python cluster_analysis.py', node.folder, *_flags(chosen))}"
    )


def _data_flags(config: ExperimentConfig) -> dict[str, Any]:
    columns = [f"{name}={column}" for name, column in config.columns.items()]
    return {"task": config.task, "dataset": config.dataset, "columns": columns or None, "model": config.model}


def _differing(config: Any, usual: Any) -> dict[str, Any]:
    names = [field.name for field in dataclasses.fields(config)]
    return {name: getattr(config, name) for name in names if getattr(config, name) != getattr(usual, name)}


def _flags(values: Mapping[str, Any]) -> list[Any]:
    words: list[Any] = []
    for name, value in values.items():
        if value is not None:
            items = value if isinstance(value, list) else [json.dumps(value) if isinstance(value, dict) else value]
            words += [f"--{name}", *items]
    return words


def _words(command: str, *words: Any) -> str:
    return f"{command} {shlex.join(str(word) for word in words)}"
