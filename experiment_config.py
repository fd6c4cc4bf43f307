"""What an experiment is: validated dataclasses, their JSON form, and the identity that names its folder."""

from __future__ import annotations

import dataclasses
import functools
import hashlib
import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, ValidationInfo, field_validator

from atomic_files import read_json, write_json
from errors import ConfigError
from strategies import StrategyConfig, config_from_mapping, required_signals
from strategies.cartography_filter import CartographyFilterConfig
from strategies.cluster_filter import ClusterFilterConfig
from strategies.label_smoothing import LabelSmoothingConfig
from strategies.soft_weighting import SoftWeightingConfig
from tasks import TASKS
from validated import field_names, from_mapping, validated_dataclass

__all__ = [
    "CartographyFilterConfig",
    "ClusterFilterConfig",
    "ClusteringConfig",
    "DataMapConfig",
    "ExperimentConfig",
    "LabelSmoothingConfig",
    "SoftWeightingConfig",
    "TrainingConfig",
    "content_key",
    "create_baseline_config",
    "create_cartography_filter_config",
    "create_cluster_filter_config",
    "create_combined_config",
    "create_label_smoothing_config",
    "create_soft_weighting_config",
]

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._=+-]{0,99}")

_PRETRAINED_DEFAULTS: Mapping[str, Any] = {
    "num_train_epochs": 3,
    "learning_rate": 5e-5,
    "weight_decay": 0.01,
    "per_device_train_batch_size": 16,
}
"""What replaces TrainingConfig's defaults, tuned for the embedded model, when a pretrained encoder is fine-tuned."""

_EXECUTION_ARGUMENTS = frozenset(
    {
        "dataloader_num_workers",
        "dataloader_pin_memory",
        "disable_tqdm",
        "log_level",
        "logging_steps",
        "report_to",
        "save_steps",
        "save_strategy",
        "save_total_limit",
        "use_cpu",
    }
)
"""TrainingArguments that say where and how a run is executed and watched: no part of its identity."""

_ADDED_LATER: Mapping[str, Any] = {}
"""Dotted fields added after the first release, with the value that means "as before": left out of the identity while
they hold it, so that a new option renames no folder of an older version."""


@validated_dataclass
class TrainingConfig:
    """How a model is trained. Everything here changes the result, so everything here is part of the identity."""

    seed: int = Field(default=42, ge=0, lt=2**32)
    """Seeds initialisation and data order."""
    num_train_epochs: float = Field(default=8, gt=0)
    learning_rate: float = Field(default=2.5e-3, gt=0)
    weight_decay: float = Field(default=0.0, ge=0)
    warmup_ratio: float = Field(default=0.1, ge=0, lt=1)
    per_device_train_batch_size: int = Field(default=32, ge=1)
    per_device_eval_batch_size: int = Field(default=64, ge=1)
    gradient_accumulation_steps: int = Field(default=1, ge=1)
    max_train_samples: int | None = Field(default=None, ge=1)
    max_eval_samples: int | None = Field(default=None, ge=1)
    max_length: int | None = Field(default=None, ge=16)
    """Longest input in tokens; None takes the task's default."""
    doc_stride: int = Field(default=128, ge=0)
    """Tokens that neighbouring windows of a long context share."""
    budget: Literal["epochs", "steps"] = "epochs"
    """What a filtered run holds equal to the baseline: passes over its rows, or optimiser steps."""
    group_by_length: bool = True
    """Batch inputs of similar length, which pads less."""
    dropout: float | None = Field(default=None, ge=0, lt=1)
    """Probability of every dropout layer; None keeps the model's own. 0 trains faster: attention takes a fused path."""
    arguments: dict[str, Any] = Field(default_factory=dict)
    """Any other field of transformers.TrainingArguments by its own name (bf16, torch_compile ...)."""

    @field_validator("arguments")
    @classmethod
    def _check_one_warmup(cls, value: dict[str, Any], info: ValidationInfo) -> dict[str, Any]:
        if value.get("warmup_steps") is not None and info.data.get("warmup_ratio") != cls.warmup_ratio:
            raise ValueError("warmup_steps would replace warmup_ratio; give one of them")
        return value

    @classmethod
    def for_model(cls, model: str, **fields: Any) -> TrainingConfig:
        """Return the training that suits ``model``: this class's defaults for ``demo``, usual fine-tuning for others.

        Args:
            model: ``demo``, a folder or a hub name.
            **fields: values that replace the defaults; ``None`` keeps a default.

        Raises:
            ConfigError: an unknown field or an impossible value.
        """
        given = {name: value for name, value in fields.items() if value is not None}
        defaults = {} if model == "demo" else _PRETRAINED_DEFAULTS
        return cls(**{**defaults, **given})


@validated_dataclass
class DataMapConfig:
    """How a data map is computed from training dynamics."""

    burn_in: int | None = Field(default=None, ge=0)
    """First epochs to leave out; None leaves out three in eight, when easy examples vary as they are learned."""
    source: Literal["train", "eval"] = "train"
    """``train``: logits that training computes anyway. ``eval``: one more forward pass at each epoch's end."""
    seeds: tuple[Annotated[int, Field(ge=0)], ...] = ()
    """Seeds of the probe runs; several are averaged. Empty means the experiment's own seed."""

    def epochs_left_out(self, num_train_epochs: float) -> int:
        """Return how many first epochs of a run the map leaves out."""
        return int(num_train_epochs * 3 / 8) if self.burn_in is None else self.burn_in


@validated_dataclass
class ClusteringConfig:
    """How rows are embedded and clustered."""

    model: str | None = None
    """Model that embeds; None takes the experiment's own."""
    min_cluster_size: int | None = Field(default=None, ge=2)
    """None means max(15, 0.5 % of the rows)."""
    min_samples: int = Field(default=5, ge=1)
    """How dense a cluster's core must be: larger calls more rows noise."""
    pca_dimensions: int = Field(default=50, ge=2)
    answer_weight: float = Field(default=0.25, ge=0, le=4)
    """Question answering: weight of the answer's half of an embedding beside the [CLS] half."""
    max_noise: float = Field(default=0.3, ge=0, le=1)
    """Largest share of rows left as noise: beyond it the rows nearest to a cluster join it, with membership 0."""
    max_fit_rows: int = Field(default=30_000, ge=100)
    """Above this many rows HDBSCAN is fitted to a random sample of so many, and places the others."""
    seed: int = Field(default=0, ge=0, lt=2**32)


def content_key(values: Mapping[str, Any]) -> str:
    """Return the sha256 of plain JSON values, independent of the order of keys."""
    return hashlib.sha256(json.dumps(values, sort_keys=True).encode()).hexdigest()


@functools.cache
def _names_of(cls: type) -> tuple[str, ...]:
    return tuple(field_names(cls))


def _plain(value: Any) -> Any:
    """Return a field as JSON knows it; large plans are full of them, so what is simple takes no detour over text."""
    if value is None or isinstance(value, bool | int | float | str):
        return value
    if isinstance(value, tuple | list):
        return [_plain(item) for item in value]
    if isinstance(value, dict) and not value:
        return {}
    if dataclasses.is_dataclass(value):
        kind: Any = type(value)
        return {name: _plain(getattr(value, name)) for name in _names_of(kind)}
    return json.loads(json.dumps(value))


def _without_later_fields(values: Mapping[str, Any], later: Mapping[str, Any]) -> dict[str, Any]:
    """Drop the dotted fields named in ``later`` that hold the value given there; strategies go by their name."""
    if not later:
        return dict(values)
    kept: dict[str, Any] = json.loads(json.dumps(values))
    for path, as_before in later.items():
        owner, _, field = path.rpartition(".")
        section, _, strategy = owner.partition(".")
        if section == "strategies":
            targets = [entry for entry in kept["strategies"] if entry["name"] == strategy]
        else:
            targets = [kept.get(section, {}) if section else kept]
        for target in targets:
            if field in target and target[field] == as_before:
                del target[field]
    return kept


def _strategy(value: Any) -> StrategyConfig:
    if isinstance(value, StrategyConfig):
        return value
    if isinstance(value, Mapping):
        return config_from_mapping(value)
    raise ConfigError(f"ExperimentConfig.strategies: expected strategy configs or mappings, got {value!r}")


@validated_dataclass
class ExperimentConfig:
    """One experiment: data, model, strategies and training. No strategies means the baseline."""

    name: str
    task: str = "qa"
    model: str = "demo"
    dataset: str = "demo"
    columns: dict[str, str] = Field(default_factory=dict)
    """Canonical column (question, context, answers, text, text_pair, label, id) to the file's name or position."""
    train_split: str = "train"
    eval_split: str = "validation"
    eval_datasets: tuple[str, ...] = ()
    """Further data sets to evaluate on, such as out-of-domain ones: ``name`` or ``name@split``."""
    ablation: Literal["none", "q_only", "p_only"] = "none"
    strategies: tuple[Annotated[StrategyConfig, BeforeValidator(_strategy)], ...] = ()
    filter_validation: bool = False
    """Also report metrics on the validation rows that the strategies' filters keep."""
    training: TrainingConfig = Field(default_factory=TrainingConfig)
    data_map: DataMapConfig = Field(default_factory=DataMapConfig)
    clustering: ClusteringConfig = Field(default_factory=ClusteringConfig)
    cartography_dir: str | None = None
    """Folder of an existing data map, or where one is to be made; None lets the runner choose."""
    validation_cartography_dir: str | None = None
    cluster_dir: str | None = None
    """Folder of an existing clustering, or where one is to be made; None lets the runner choose."""
    notes: str = ""

    @field_validator("name")
    @classmethod
    def _check_name(cls, value: str) -> str:
        if not _NAME.fullmatch(value) or ".." in value:
            raise ValueError(
                "names become folders: use letters, digits and . _ = + -, starting with a letter or digit, "
                "without '..', at most 100 characters"
            )
        return value

    @field_validator("task")
    @classmethod
    def _check_task(cls, value: str) -> str:
        if value not in TASKS:
            TASKS.get(value)
        return value

    @property
    def required_signals(self) -> frozenset[str]:
        """Names of the signals that the strategies read."""
        return required_signals(self.strategies)

    @property
    def data_map_seeds(self) -> tuple[int, ...]:
        """Seeds of the probe runs behind the data map, sorted: those asked for, else the experiment's own."""
        return tuple(sorted(set(self.data_map.seeds))) or (self.training.seed,)

    @property
    def strategy_name(self) -> str:
        """Registered names of the strategies joined by ``+``, or ``baseline``."""
        return "+".join(config.name for config in self.strategies) or "baseline"

    def to_mapping(self) -> dict[str, Any]:
        """Return the whole configuration as plain JSON types."""
        values = {}
        for name in _names_of(ExperimentConfig):
            # A strategy's mapping says more than its fields do.
            strategies = [config.to_mapping() for config in self.strategies] if name == "strategies" else None
            values[name] = _plain(getattr(self, name) if strategies is None else strategies)
        return values

    @classmethod
    def from_mapping(cls, values: Mapping[str, Any]) -> ExperimentConfig:
        """Build a configuration from :meth:`to_mapping`'s form.

        Raises:
            ConfigError: unknown key, wrong type or impossible value.
        """
        return from_mapping(cls, values)

    def save(self, path: str | Path) -> None:
        """Write the configuration as JSON, atomically."""
        write_json(Path(path), self.to_mapping())

    @classmethod
    def load(cls, path: str | Path) -> ExperimentConfig:
        """Read a configuration written by :meth:`save`.

        Raises:
            DataError: the file is missing or not JSON.
            ConfigError: its content is not a valid configuration; the message names the file.
        """
        values = read_json(Path(path))
        try:
            return cls.from_mapping(values)
        except ConfigError as error:
            raise ConfigError(f"{path}: {error}") from error

    def identity(self) -> str:
        """Return the sha256 of what the configuration asks for: data, model, task, strategies, seed, hyper-parameters.

        Left out are the name, the notes, the folders of signals, arguments that only say how a run is executed, and
        settings of signals that no strategy reads. ``eval_datasets`` and ``filter_validation`` belong to it, since
        they decide which metrics results.json holds.
        """
        values = self.to_mapping()
        for key in ("name", "notes", "cartography_dir", "validation_cartography_dir", "cluster_dir"):
            del values[key]
        arguments = values["training"]["arguments"]
        values["training"]["arguments"] = {k: v for k, v in arguments.items() if k not in _EXECUTION_ARGUMENTS}
        values["data_map"]["seeds"] = list(self.data_map_seeds)
        if "data_map" not in self.required_signals:
            del values["data_map"]
        if "clusters" not in self.required_signals:
            del values["clustering"]
        return content_key(_without_later_fields(values, _ADDED_LATER))

    @property
    def folder_name(self) -> str:
        """``<name>_<hash8>``: the folder of this experiment."""
        return f"{self.name}_{self.identity()[:8]}"


def create_baseline_config(name: str = "baseline", **fields: Any) -> ExperimentConfig:
    """Return a baseline experiment; ``fields`` are those of :class:`ExperimentConfig`."""
    return ExperimentConfig(name=name, **fields)


def create_combined_config(name: str, *strategies: StrategyConfig, **fields: Any) -> ExperimentConfig:
    """Return an experiment that applies several strategies together."""
    return ExperimentConfig(name=name, strategies=strategies, **fields)


def create_cartography_filter_config(
    name: str = "cartography_filter", top_fraction: float = 0.33, **fields: Any
) -> ExperimentConfig:
    """Return an experiment that keeps the ``top_fraction`` most ambiguous of the ambiguous rows, and all others."""
    return create_combined_config(name, CartographyFilterConfig(top_fraction=top_fraction), **fields)


def create_cluster_filter_config(
    name: str = "cluster_filter",
    exclude_clusters: tuple[int, ...] = (-1,),
    min_cluster_probability: float | None = None,
    **fields: Any,
) -> ExperimentConfig:
    """Return an experiment that drops clusters, and rows loosely tied to theirs."""
    strategy = ClusterFilterConfig(exclude_clusters=exclude_clusters, min_cluster_probability=min_cluster_probability)
    return create_combined_config(name, strategy, **fields)


def create_label_smoothing_config(
    name: str = "label_smoothing", smoothing_factor: float = 0.6, **fields: Any
) -> ExperimentConfig:
    """Return an experiment that smooths labels by variability."""
    return create_combined_config(name, LabelSmoothingConfig(smoothing_factor=smoothing_factor), **fields)


def create_soft_weighting_config(
    name: str = "soft_weighting", weight_clip_min: float = 0.1, weight_clip_max: float = 10.0, **fields: Any
) -> ExperimentConfig:
    """Return an experiment that weights losses by variability."""
    strategy = SoftWeightingConfig(weight_clip_min=weight_clip_min, weight_clip_max=weight_clip_max)
    return create_combined_config(name, strategy, **fields)
