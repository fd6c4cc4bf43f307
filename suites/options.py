"""What a suite is told: data, model, seeds and training, the same for all its experiments."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Literal

from pydantic import Field, field_validator

from experiment_config import ClusteringConfig, DataMapConfig, ExperimentConfig, TrainingConfig
from strategies import CLUSTERS, StrategyConfig, required_signals
from tasks import usual_task
from validated import validated_dataclass

__all__ = ["SuiteOptions"]

_EVAL_DATASETS = {"demo": ("demo@ood",), "demo-nli": ("demo-nli@ood",)}

Seed = Annotated[int, Field(ge=0, lt=2**32)]


@validated_dataclass
class SuiteOptions:
    """Everything a suite needs to list its experiments. ``None`` takes what suits the data set or the model."""

    seeds: tuple[Seed, ...] = (42, 43, 44)
    """Each variant is trained once a seed."""
    task: str | None = None
    model: str = "demo"
    dataset: str = "demo"
    columns: dict[str, str] = Field(default_factory=dict)
    train_split: str = "train"
    eval_split: str = "validation"
    eval_datasets: tuple[str, ...] | None = None
    ablation: Literal["none", "q_only", "p_only"] = "none"
    training: dict[str, Any] = Field(default_factory=dict)
    """Fields of TrainingConfig that differ from those that suit the model."""
    burn_in: int | None = Field(default=None, ge=0)
    map_seeds: tuple[Seed, ...] = ()
    """Seeds whose data maps are averaged; empty takes one map, of the first seed."""
    map_per_seed: bool = False
    """Each run uses the data map of its own seed."""
    filter_validation: bool = False
    """Also report metrics on the validation rows that the filters would keep."""
    clustering: dict[str, Any] = Field(default_factory=dict)
    cartography_dir: str | None = None
    validation_cartography_dir: str | None = None
    cluster_dir: str | None = None

    @field_validator("seeds", "map_seeds")
    @classmethod
    def _check_unique(cls, value: tuple[int, ...]) -> tuple[int, ...]:
        if len(set(value)) != len(value):
            raise ValueError("a seed stands in it twice")
        return value

    @field_validator("seeds")
    @classmethod
    def _check_any(cls, value: tuple[int, ...]) -> tuple[int, ...]:
        if not value:
            raise ValueError("name at least one seed")
        return value

    @field_validator("map_per_seed")
    @classmethod
    def _check_one_choice(cls, value: bool, info: Any) -> bool:
        if value and info.data.get("map_seeds"):
            raise ValueError("a map of its own for each seed and an average over map_seeds exclude each other")
        return value

    @property
    def resolved_task(self) -> str:
        """The task named, else the one of an embedded data set, else ``qa``."""
        return self.task or usual_task(self.dataset)

    def experiment(self, variant: str, seed: int, *strategies: StrategyConfig, **fields: Any) -> ExperimentConfig:
        """Return one experiment of the suite, called ``<variant>_seed<seed>``.

        Args:
            variant: what tells it from the suite's others.
            seed: seeds initialisation and data order.
            *strategies: none at all means the baseline.
            **fields: fields of ExperimentConfig that differ from the suite's.

        Raises:
            ConfigError: a value is impossible.
        """
        evaluated = _EVAL_DATASETS.get(self.dataset, ()) if self.eval_datasets is None else self.eval_datasets
        values: dict[str, Any] = {
            "task": self.resolved_task,
            "model": self.model,
            "dataset": self.dataset,
            "columns": self.columns,
            "train_split": self.train_split,
            "eval_split": self.eval_split,
            "eval_datasets": evaluated,
            "ablation": self.ablation,
            "training": TrainingConfig.for_model(self.model, **{**self.training, "seed": seed}),
            "data_map": self._data_map(),
            "clustering": ClusteringConfig(**self.clustering),
            "cartography_dir": self.cartography_dir,
            "validation_cartography_dir": self.validation_cartography_dir,
            "cluster_dir": self.cluster_dir,
        }
        # Clusterings exist for training rows alone, and a run without strategies has no filter to apply.
        if self.filter_validation and strategies and CLUSTERS not in required_signals(strategies):
            values["filter_validation"] = True
        return ExperimentConfig(name=f"{variant}_seed{seed}", strategies=strategies, **{**values, **fields})

    def across_seeds(self, variants: Mapping[str, Sequence[StrategyConfig]], **fields: Any) -> list[ExperimentConfig]:
        """Return every variant for every seed, all variants of a seed before the next seed."""
        return [
            self.experiment(variant, seed, *strategies, **fields)
            for seed in self.seeds
            for variant, strategies in variants.items()
        ]

    def _data_map(self) -> DataMapConfig:
        seeds = self.map_seeds or (() if self.map_per_seed else self.seeds[:1])
        return DataMapConfig(seeds=seeds) if self.burn_in is None else DataMapConfig(seeds=seeds, burn_in=self.burn_in)
