"""An experiment's configuration: checked, written and read back whole, and named by what changes its result."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import experiment_config
from errors import ConfigError, DataError
from experiment_config import (
    CartographyFilterConfig,
    ClusterFilterConfig,
    ClusteringConfig,
    DataMapConfig,
    ExperimentConfig,
    LabelSmoothingConfig,
    SoftWeightingConfig,
    TrainingConfig,
    create_baseline_config,
    create_cartography_filter_config,
    create_cluster_filter_config,
    create_combined_config,
    create_label_smoothing_config,
    create_soft_weighting_config,
)
from strategies import StrategyConfig
from strategies.placebo import PlaceboConfig
from strategies.random_filter import RandomFilterConfig

fractions = st.floats(0.01, 1, exclude_max=False)
plain_strategies = st.one_of(
    st.builds(CartographyFilterConfig, top_fraction=fractions),
    st.builds(ClusterFilterConfig, exclude_clusters=st.lists(st.integers(-1, 9), max_size=3).map(tuple)),
    st.builds(LabelSmoothingConfig, smoothing_factor=fractions),
    st.builds(SoftWeightingConfig, weight_clip_min=st.floats(0, 1), weight_clip_max=st.floats(1, 20)),
)
any_strategy: st.SearchStrategy[StrategyConfig] = st.one_of(
    plain_strategies,
    st.builds(PlaceboConfig, of=plain_strategies),
    st.builds(RandomFilterConfig, same_size_as=plain_strategies),
)
trainings = st.builds(
    TrainingConfig,
    seed=st.integers(0, 2**32 - 1),
    num_train_epochs=st.floats(0.1, 50),
    learning_rate=st.floats(1e-7, 1),
    max_train_samples=st.none() | st.integers(1, 10**7),
    budget=st.sampled_from(["epochs", "steps"]),
    arguments=st.dictionaries(st.sampled_from(["bf16", "save_steps", "optim"]), st.booleans() | st.integers(1, 9)),
)
experiments = st.builds(
    ExperimentConfig,
    name=st.from_regex(r"[A-Za-z0-9][A-Za-z0-9_=+-]{0,30}", fullmatch=True),
    task=st.sampled_from(["qa", "nli", "classification"]),
    dataset=st.text(min_size=1, max_size=20),
    columns=st.dictionaries(st.sampled_from(["question", "label"]), st.text(min_size=1, max_size=5)),
    eval_datasets=st.lists(st.text(min_size=1, max_size=9), max_size=2).map(tuple),
    strategies=st.lists(any_strategy, max_size=3).map(tuple),
    training=trainings,
    data_map=st.builds(DataMapConfig, seeds=st.lists(st.integers(0, 99), max_size=3).map(tuple)),
    clustering=st.builds(ClusteringConfig, seed=st.integers(0, 99)),
    cartography_dir=st.none() | st.text(min_size=1, max_size=9),
    notes=st.text(max_size=20),
)


@given(experiments)
def test_a_configuration_survives_json(config: ExperimentConfig) -> None:
    again = ExperimentConfig.from_mapping(json.loads(json.dumps(config.to_mapping())))
    assert again == config
    assert again.identity() == config.identity()


def test_a_configuration_survives_a_file(tmp_path: Path) -> None:
    config = create_cartography_filter_config(training=TrainingConfig(seed=3), notes="ümläut")
    config.save(tmp_path / "deep" / "config.json")
    assert ExperimentConfig.load(tmp_path / "deep" / "config.json") == config


@given(experiments, st.text(max_size=5), st.text(min_size=1, max_size=5))
def test_names_notes_and_folders_are_no_part_of_the_identity(config: ExperimentConfig, notes: str, folder: str) -> None:
    other = dataclasses.replace(config, name="other", notes=notes, cartography_dir=folder, cluster_dir=folder)
    assert other.identity() == config.identity()


@pytest.mark.parametrize(
    "change",
    [
        {"model": "bert"},
        {"dataset": "squad"},
        {"train_split": "half"},
        {"eval_datasets": ("x",)},
        {"ablation": "q_only"},
        {"training": TrainingConfig(seed=7)},
        {"training": TrainingConfig(learning_rate=2e-3)},
        {"training": TrainingConfig(arguments={"bf16": True})},
        {"strategies": (CartographyFilterConfig(top_fraction=0.5),)},
        {"data_map": DataMapConfig(burn_in=2)},
        {"data_map": DataMapConfig(seeds=(1, 2))},
    ],
    ids=lambda change: next(iter(change)),
)
def test_what_changes_the_result_changes_the_identity(change: dict[str, Any]) -> None:
    config = create_cartography_filter_config()
    assert dataclasses.replace(config, **change).identity() != config.identity()


def test_how_a_run_is_watched_and_unused_signals_are_no_part_of_the_identity() -> None:
    config = create_baseline_config()
    watched = TrainingConfig(arguments={"report_to": "none", "save_steps": 5, "dataloader_num_workers": 2})
    other = dataclasses.replace(config, training=watched, data_map=DataMapConfig(burn_in=3, seeds=(9,)))
    assert other.identity() == config.identity()


def test_the_own_seed_named_as_map_seed_is_the_same_experiment() -> None:
    own = create_cartography_filter_config(training=TrainingConfig(seed=5))
    named = dataclasses.replace(own, data_map=DataMapConfig(seeds=(5,)))
    assert named.identity() == own.identity()
    swapped = [dataclasses.replace(own, data_map=DataMapConfig(seeds=seeds)).identity() for seeds in ((1, 2), (2, 1))]
    assert swapped[0] == swapped[1]


PINNED_TRAINING = TrainingConfig(
    num_train_epochs=6, learning_rate=1e-3, weight_decay=0.0, warmup_ratio=0.1, per_device_train_batch_size=32
)
"""Written out, so that tuning a default changes no pinned hash."""


@pytest.mark.parametrize(
    ("config", "known"),
    [
        (create_baseline_config(training=PINNED_TRAINING), "7961678d3a4114f1"),
        (
            create_cartography_filter_config(training=PINNED_TRAINING, data_map=DataMapConfig(burn_in=1, seeds=(42,))),
            "a21188db317ad1f0",
        ),
        (
            create_combined_config(
                "both",
                ClusterFilterConfig(exclude_clusters=(-1,), max_removed_fraction=0.5),
                PlaceboConfig(of=SoftWeightingConfig(weight_clip_min=0.1, weight_clip_max=10.0)),
                training=PINNED_TRAINING,
                data_map=DataMapConfig(burn_in=1),
                dataset="data/policyqa",
            ),
            "89c0074a7cc17db4",
        ),
    ],
    ids=["baseline", "filter", "both"],
)
def test_known_identities_stay(config: ExperimentConfig, known: str) -> None:
    """A change here renames every folder that users have. A field added later belongs into _ADDED_LATER."""
    assert config.identity()[:16] == known


def test_a_field_added_later_renames_no_folder(monkeypatch: pytest.MonkeyPatch) -> None:
    as_before, changed = create_soft_weighting_config(), create_soft_weighting_config(weight_clip_min=0.2)
    old = changed.identity()
    monkeypatch.setattr(experiment_config, "_ADDED_LATER", {"strategies.soft_weighting.weight_clip_min": 0.2})
    without = changed.identity()
    assert without not in (old, as_before.identity())
    monkeypatch.setattr(experiment_config, "_ADDED_LATER", {"training.doc_stride": 1, "ablation": "q_only"})
    assert changed.identity() == old


@pytest.mark.parametrize("name", ["../up", "a/b", "", ".hidden", "a..b", "x" * 101, "sp ace", "a\\b", "nul\0"])
def test_a_name_that_is_no_folder_is_refused(name: str) -> None:
    with pytest.raises(ConfigError, match=r"ExperimentConfig\.name: names become folders"):
        create_baseline_config(name)


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"training": {"learning_rat": 1}}, r"training\.learning_rat: no such field"),
        ({"training": {"num_train_epochs": -1}}, r"training\.num_train_epochs: input should be greater than 0"),
        ({"training": {"seed": "five"}}, r"training\.seed: .*integer.*got 'five'"),
        ({"modle": "x"}, r"modle: no such field; did you mean 'model'\?"),
        ({"task": "qaa"}, r"'qaa'.*did you mean 'qa'\?"),
        ({"strategies": [{"name": "cartography_filte"}]}, r"did you mean 'cartography_filter'\?"),
        ({"strategies": [{"name": "cartography_filter", "top_fraction": 2}]}, r"top_fraction"),
        ({"strategies": [3]}, r"strategies"),
    ],
)
def test_mistakes_are_named(values: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        ExperimentConfig.from_mapping({"name": "x", **values})


def test_a_broken_file_is_named(tmp_path: Path) -> None:
    path = tmp_path / "config.json"
    path.write_text('{"name": "x", "trainin": {}}')
    with pytest.raises(ConfigError, match=r"config\.json: .*trainin.*did you mean 'training'"):
        ExperimentConfig.load(path)
    path.write_text('{"name": "x", ')
    with pytest.raises(DataError, match="truncated"):
        ExperimentConfig.load(path)


def test_training_suits_the_model() -> None:
    assert TrainingConfig.for_model("demo", seed=1) == TrainingConfig(seed=1)
    tuned = TrainingConfig.for_model("bert-base-uncased", learning_rate=None, num_train_epochs=2)
    assert (tuned.learning_rate, tuned.num_train_epochs, tuned.per_device_train_batch_size) == (5e-5, 2, 16)
    with pytest.raises(ConfigError, match="learning_rat"):
        TrainingConfig.for_model("demo", learning_rat=1)


def test_factories_name_the_strategy() -> None:
    made = [
        create_baseline_config(),
        create_cartography_filter_config(top_fraction=0.5),
        create_cluster_filter_config(exclude_clusters=(-1, 3)),
        create_label_smoothing_config(smoothing_factor=0.4),
        create_soft_weighting_config(weight_clip_max=5),
        create_combined_config("two", LabelSmoothingConfig(), SoftWeightingConfig()),
    ]
    assert [config.strategy_name for config in made] == [
        "baseline",
        "cartography_filter",
        "cluster_filter",
        "label_smoothing",
        "soft_weighting",
        "label_smoothing+soft_weighting",
    ]
    assert made[2].required_signals == {"clusters"}
    assert made[0].folder_name == f"baseline_{made[0].identity()[:8]}"
