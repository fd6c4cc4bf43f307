"""The flags of run.py as dataclasses, and how they become an experiment configuration."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar

from errors import ConfigError
from experiment_config import DataMapConfig, ExperimentConfig, TrainingConfig
from strategies import CLUSTERS, DATA_MAP, STRATEGIES, StrategyConfig, config_from_mapping
from tasks import usual_task
from tasks.sources import parse_columns
from validated import field_names, from_flags

__all__ = ["FLAG_GROUPS", "RunRequest", "request_from_flags"]


def _flag(default: Any, help_text: str) -> Any:
    if isinstance(default, list):
        return field(default_factory=lambda: list(default), metadata={"help": help_text})
    return field(default=default, metadata={"help": help_text})


@dataclass
class DataFlags:
    """What is learned from, and tested on."""

    _argument_group_name: ClassVar[str] = "data"

    task: str | None = _flag(None, "qa, nli or classification (default: what the embedded data set is, else qa).")
    dataset: str = _flag("demo", "demo, demo-nli, a hub name, name:subset, a file, or a folder with one file a split.")
    columns: list[str] = _flag([], "Columns by hand: canonical=name or canonical=position (text=0 label=1).")
    train_split: str = _flag("train", "Split to train on; 'validation' makes a data map of the validation rows.")
    eval_split: str = _flag("validation", "Split to evaluate on.")
    eval_datasets: list[str] = _flag(
        [], "Further data sets to evaluate on, such as demo@ood; each as --dataset, or name@split."
    )
    max_train_samples: int | None = _flag(None, "Train on at most so many rows (a fixed random sample).")
    max_eval_samples: int | None = _flag(None, "Evaluate on at most so many rows of each data set.")
    max_length: int | None = _flag(None, "Longest input in tokens (default: 384 for qa, 256 otherwise).")
    doc_stride: int = _flag(128, "Tokens that neighbouring windows of a long context share.")
    ablations: str = _flag("none", "none, q_only (question or hypothesis alone) or p_only (passage or premise alone).")


@dataclass
class ModelFlags:
    """What is trained."""

    _argument_group_name: ClassVar[str] = "model"

    model: str = _flag("demo", "demo, a folder, or a hub name.")
    group_by_length: bool = _flag(True, "Batch inputs of similar length.")
    dropout: float | None = _flag(None, "Probability of every dropout layer (default: the model's own; 0 is faster).")
    warmup_ratio: float | None = _flag(None, "Share of the steps in which the learning rate rises (default: 0.1).")
    budget: str = _flag("epochs", "What a filtered run holds equal to the baseline: epochs or steps.")


@dataclass
class CartographyFlags:
    """Recording training dynamics and drawing the data map."""

    _argument_group_name: ClassVar[str] = "cartography"

    enable_cartography: bool = _flag(False, "Record training dynamics and build the data map.")
    cartography_output_dir: str = _flag("cartography_output", "Folder of the recorded map.")
    burn_in: int | None = _flag(None, "First epochs to leave out of the map.")
    dynamics_source: str = _flag("train", "train: logits of the training pass, free. eval: one more pass an epoch.")


@dataclass
class CartographyFilterFlags:
    """Strategy: train on the easy, the hard, and the most ambiguous rows."""

    _argument_group_name: ClassVar[str] = "strategy: cartography filter"

    filter_cartography: bool = _flag(False, "Keep only the most ambiguous of the ambiguous rows.")
    top_fraction: float | None = _flag(None, "Share of the ambiguous rows to keep.")
    cartography_dir: str | None = _flag(None, "Folder of an existing data map (all strategies that read one).")


@dataclass
class ClusterFilterFlags:
    """Strategy: drop noisy clusters."""

    _argument_group_name: ClassVar[str] = "strategy: cluster filter"

    filter_clusters: bool = _flag(False, "Drop rows of some clusters.")
    exclude_clusters: list[int] = _flag([-1], "Clusters to drop; -1 is noise.")
    min_cluster_probability: float | None = _flag(None, "Drop rows tied to their cluster less than this.")
    cluster_dir: str | None = _flag(None, "Folder of an existing clustering.")


@dataclass
class LabelSmoothingFlags:
    """Strategy: smooth each label by how variable its example is."""

    _argument_group_name: ClassVar[str] = "strategy: variability label smoothing"

    use_label_smoothing: bool = _flag(False, "Smooth labels by variability.")
    smoothing_factor: float | None = _flag(None, "Smoothing mass a unit of variability.")


@dataclass
class SoftWeightingFlags:
    """Strategy: weight each loss by how variable its example is."""

    _argument_group_name: ClassVar[str] = "strategy: soft weighting"

    use_soft_weighting: bool = _flag(False, "Weight losses by variability.")
    weight_clip_min: float | None = _flag(None, "Smallest weight before normalisation.")
    weight_clip_max: float | None = _flag(None, "Largest weight before normalisation.")


@dataclass
class OtherStrategyFlags:
    """Any other strategy, or one of yours."""

    _argument_group_name: ClassVar[str] = "strategy: any other"

    strategies: list[str] = _flag(
        [],
        'Registered names, or JSON with parameters: random_filter \'{"name": "random_filter", "keep_fraction": 0.5}\'.',
    )


FLAG_GROUPS: tuple[type[Any], ...] = (
    DataFlags,
    ModelFlags,
    CartographyFlags,
    CartographyFilterFlags,
    ClusterFilterFlags,
    LabelSmoothingFlags,
    SoftWeightingFlags,
    OtherStrategyFlags,
)

_SWITCHES = {
    "filter_cartography": ("cartography_filter", CartographyFilterFlags),
    "filter_clusters": ("cluster_filter", ClusterFilterFlags),
    "use_label_smoothing": ("label_smoothing", LabelSmoothingFlags),
    "use_soft_weighting": ("soft_weighting", SoftWeightingFlags),
}
"""Flag that turns a strategy on, the strategy's registered name, and the group that holds its parameters."""

_SIGNAL_FLAGS = {DATA_MAP: "cartography_dir", CLUSTERS: "cluster_dir"}
"""Signal that strategies read, and the flag that names its folder, whichever strategy reads it."""


@dataclass(frozen=True)
class RunRequest:
    """What run.py was asked to do."""

    config: ExperimentConfig
    output_dir: Path
    do_train: bool
    do_eval: bool
    record_to: Path | None


def request_from_flags(given: Mapping[str, Any]) -> RunRequest:
    """Turn flags the user gave (and only those) into a request.

    Args:
        given: flag name to value; names that are no flag of ours are TrainingArguments' own.

    Raises:
        ConfigError: an impossible value or combination.
    """
    rest = dict(given)
    ours: dict[str, Any] = {}
    for group in FLAG_GROUPS:
        defaults = group()
        for flag in dataclasses.fields(group):
            ours[flag.name] = rest.pop(flag.name, getattr(defaults, flag.name))
    do_train, do_eval = bool(rest.pop("do_train", False)), bool(rest.pop("do_eval", False))
    if not (do_train or do_eval):
        raise ConfigError("nothing to do: give --do_train, --do_eval or both")
    _refuse_idle_flags(given)
    output_dir = Path(rest.pop("output_dir", None) or "trainer_output")
    config = _config(ours, rest)
    if do_train:
        _require_signals(config)
    return RunRequest(
        config=config,
        output_dir=output_dir,
        do_train=do_train,
        do_eval=do_eval,
        record_to=Path(ours["cartography_output_dir"]) if ours["enable_cartography"] else None,
    )


def _refuse_idle_flags(given: Mapping[str, Any]) -> None:
    """Refuse a parameter of something that is not turned on, which would otherwise go unnoticed."""
    switches: dict[str, type[Any]] = {"enable_cartography": CartographyFlags}
    switches |= {switch: group for switch, (_, group) in _SWITCHES.items()}
    for switch, group in switches.items():
        for name in field_names(group):
            if name in given and name not in _SIGNAL_FLAGS.values() and switch not in given:
                raise ConfigError(f"--{name} does nothing without --{switch}")


def _require_signals(config: ExperimentConfig) -> None:
    """Refuse a strategy whose data map or clustering nobody named."""
    for signal in sorted(config.required_signals):
        folder = _SIGNAL_FLAGS.get(signal)
        if folder and not getattr(config, folder):
            raise ConfigError(
                f"{config.strategy_name} reads a {signal.replace('_', ' ')}: name its folder by --{folder}"
            )


def _config(ours: Mapping[str, Any], rest: dict[str, Any]) -> ExperimentConfig:
    return ExperimentConfig(
        name="run",
        task=ours["task"] or usual_task(ours["dataset"]),
        model=ours["model"],
        dataset=ours["dataset"],
        columns=parse_columns(ours["columns"]),
        train_split=ours["train_split"],
        eval_split=ours["eval_split"],
        eval_datasets=tuple(ours["eval_datasets"]),
        ablation=ours["ablations"],
        strategies=tuple(_strategies(ours)),
        training=_training(ours, rest),
        data_map=DataMapConfig(source=ours["dynamics_source"], **_present(ours, "burn_in")),
        cartography_dir=ours["cartography_dir"],
        cluster_dir=ours["cluster_dir"],
    )


def _training(ours: Mapping[str, Any], rest: dict[str, Any]) -> TrainingConfig:
    """Sort the remaining flags into our own training fields and TrainingArguments' others."""
    names = [name for name in field_names(TrainingConfig) if name != "arguments"]
    fields = {name: rest.pop(name) for name in names if name in rest}
    fields.update(_present(ours, *(name for name in names if name in ours)))
    # Made twice, so that an error names the flag.
    from_flags(TrainingConfig, {**fields, "arguments": rest}, {name: f"--{name}" for name in names})
    return TrainingConfig.for_model(ours["model"], **fields, arguments=rest)


def _present(ours: Mapping[str, Any], *names: str) -> dict[str, Any]:
    return {name: ours[name] for name in names if ours[name] is not None}


def _strategies(ours: Mapping[str, Any]) -> list[StrategyConfig]:
    configs = []
    for switch, (name, group) in _SWITCHES.items():
        if ours[switch]:
            parameters = field_names(STRATEGIES.get(name).config_class)
            chosen = {flag: ours[flag] for flag in field_names(group) if flag in parameters and ours[flag] is not None}
            configs.append(config_from_mapping({"name": name, **chosen}))
    for text in ours["strategies"]:
        configs.append(config_from_mapping(_strategy_mapping(text)))
    return configs


def _strategy_mapping(text: str) -> dict[str, Any]:
    if not text.lstrip().startswith("{"):
        return {"name": text}
    try:
        mapping: dict[str, Any] = json.loads(text)
    except json.JSONDecodeError as error:
        raise ConfigError(f"--strategies: not valid JSON ({error.msg} at column {error.colno}): {text}") from error
    return mapping
