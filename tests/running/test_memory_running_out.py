"""Memory that runs out, for real exceptions: half the batch, twice the accumulation, once, and written down."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from experiment_config import (
    CartographyFilterConfig,
    ClusterFilterConfig,
    ClusteringConfig,
    ExperimentConfig,
    TrainingConfig,
)
from experiment_runner import plan_experiments, run_experiments_from_list
from jobs.retries import DIVIDE_BATCH
from planning.status import read_environment, read_mark
from running.adjusting import adjusted, smaller_batch
from tests.running.builders import tiny
from training.sampling import EpochSampler
from training.trainer import StrategyTrainer

HALF = {DIVIDE_BATCH: 2}


class Memory:
    """A machine on which batches above a size do not fit, training and encoding alike."""

    def __init__(self) -> None:
        self.largest_batch = 1_000
        self.batches: list[int] = []

    def take(self, inputs: Mapping[str, Any]) -> None:
        size = len(inputs["input_ids"])
        self.batches.append(size)
        if size > self.largest_batch:
            raise torch.OutOfMemoryError(f"CUDA out of memory. Tried to allocate {size} GiB")


@pytest.fixture
def memory(monkeypatch: pytest.MonkeyPatch) -> Memory:
    memory = Memory()
    train = StrategyTrainer.compute_loss

    def compute_loss(self: Any, model: Any, inputs: Any, *given: Any, **named: Any) -> Any:
        memory.take(inputs)
        return train(self, model, inputs, *given, **named)

    monkeypatch.setattr(StrategyTrainer, "compute_loss", compute_loss)
    return memory


def _config(name: str, *strategies: Any, **fields: Any) -> ExperimentConfig:
    training = TrainingConfig(
        num_train_epochs=2, max_train_samples=64, max_eval_samples=16, per_device_train_batch_size=16
    )
    return tiny(name, *strategies, training=training, **fields)


def _run(folder: Path, *experiments: ExperimentConfig) -> list[dict[str, Any]]:
    return run_experiments_from_list(experiments, folder, quiet=True, tracking=False)


def test_the_run_is_made_with_half_the_batch_and_says_so(memory: Memory, tmp_path: Path) -> None:
    config = _config("x")
    memory.largest_batch = 8
    (result,) = _run(tmp_path, config)
    assert result["success"], result["error"]
    assert memory.batches[0] == 16 and set(memory.batches[1:]) == {8}
    assert result["adjustments"] == HALF and result["train_steps"] == 8
    (node,) = plan_experiments([config], tmp_path).experiments
    assert node.folder.name == config.folder_name, "it is the same experiment"
    assert read_environment(node.folder)["adjustments"] == HALF
    assert ExperimentConfig.load(node.folder / "config.json") == config
    assert result["key"] == node.key and result["config_identity"] == config.identity()
    assert _run(tmp_path, config) == [result], "and it is done"


def test_a_second_time_it_fails_for_good(memory: Memory, tmp_path: Path) -> None:
    memory.largest_batch = 7
    (result,) = _run(tmp_path, _config("x"))
    assert not result["success"]
    assert (result["error"]["kind"], result["error"]["type"]) == ("out_of_memory", "OutOfMemoryError")
    assert memory.batches == [16, 8]


def test_a_batch_of_one_cannot_be_halved(memory: Memory, tmp_path: Path) -> None:
    memory.largest_batch = 0
    config = _config("x")
    training = dataclasses.replace(config.training, per_device_train_batch_size=1)
    (result,) = _run(tmp_path, dataclasses.replace(config, training=training))
    assert not result["success"] and "single input a batch" in result["error"]["message"]
    assert result["error"]["kind"] == "out_of_memory"


def test_what_an_attempt_left_is_no_part_of_the_next(memory: Memory, tmp_path: Path) -> None:
    config = _config("x", CartographyFilterConfig(top_fraction=0.5))
    (expected,) = _run(tmp_path / "halved", _halved(config))
    steps = iter(range(100))
    take = memory.take

    def late(inputs: Mapping[str, Any]) -> None:
        memory.largest_batch = 8 if next(steps) > 5 else 16
        take(inputs)

    memory.take = late  # type: ignore[method-assign]
    (result,) = _run(tmp_path / "retried", config)
    assert result["success"], result["error"]
    assert result["metrics"] == expected["metrics"]
    plan = plan_experiments([config], tmp_path / "retried")
    (data_map,) = [node for node in plan.nodes if node.kind == "data_map"]
    assert read_mark(data_map.folder)["adjustments"] == HALF, "the probe ran out of memory in its second epoch"
    tables = [
        next(tmp_path.glob(f"{name}/shared/data_map_*/cartography_metrics.csv")) for name in ("halved", "retried")
    ]
    assert tables[0].read_bytes() == tables[1].read_bytes()


def _halved(config: ExperimentConfig) -> ExperimentConfig:
    return adjusted(config, HALF)


def test_a_half_finished_run_with_half_the_batch_is_taken_up_as_such(memory: Memory, tmp_path: Path) -> None:
    config = _config("x")
    memory.largest_batch = 8
    take = memory.take

    def fail_late(inputs: Mapping[str, Any]) -> None:
        take(inputs)
        if len(memory.batches) == 14:
            raise ValueError("somebody's mistake")

    memory.take = fail_late  # type: ignore[method-assign]
    (failed,) = _run(tmp_path, config)
    assert failed["error"]["type"] == "ValueError"
    (result,) = _run(tmp_path, config)
    assert result["success"], result["error"]
    assert (result["resumed_from"], result["adjustments"]) == (4, HALF)
    assert set(memory.batches[1:]) == {8}, "the whole batch is not tried again"


def test_a_clustering_embeds_smaller_batches(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from clustering import extraction

    pool, sizes = extraction._pool, []

    def within_memory(encoder: Any, batch: Any) -> Any:
        sizes.append(len(batch["input_ids"]))
        if sizes[-1] > 32:
            raise torch.OutOfMemoryError("CUDA out of memory")
        return pool(encoder, batch)

    monkeypatch.setattr(extraction, "_pool", within_memory)
    config = tiny("c", ClusterFilterConfig(), clustering=ClusteringConfig(min_cluster_size=4, min_samples=2))
    (result,) = _run(tmp_path, config)
    assert result["success"], result["error"]
    assert sizes == [64, 32, 32]
    assert json.loads(next(tmp_path.glob("shared/clusters_*/node.json")).read_text())["adjustments"] == HALF


@pytest.mark.parametrize(("batch", "halved"), [(32, 16), (2, 1), (9, 3), (7, 1), (6, 3), (1, 1)])
def test_whole_smaller_batches_make_up_one(batch: int, halved: int) -> None:
    assert smaller_batch(batch, HALF) == halved
    assert smaller_batch(batch, {}) == batch


def test_every_optimiser_step_sees_the_examples_that_it_saw_before() -> None:
    config = _config("x")
    lengths = np.random.default_rng(0).integers(5, 50, size=203)

    def steps(each: ExperimentConfig) -> list[set[int]]:
        training = each.training
        chunk = training.per_device_train_batch_size * training.gradient_accumulation_steps
        order = list(EpochSampler(lengths, chunk, seed=3))
        return [set(order[start : start + chunk]) for start in range(0, len(order), chunk)]

    assert steps(_halved(config)) == steps(config)
    assert _halved(config).training.gradient_accumulation_steps == 2
