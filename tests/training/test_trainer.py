"""One loss path for every strategy: equal to the stock loss where it should be, and different where it should be."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from transformers import Trainer

from tests.training.builders import Setting, gradients, setting, training_arguments
from training.trainer import EvaluationSet

TASKS = ["qa", "nli"]
TARGETS = {"qa": ("start_positions", "end_positions"), "nli": ("labels",)}


class PlainTrainer(Trainer):
    """The stock trainer on our order of batches."""

    order: Any = None

    def _get_train_sampler(self, train_dataset: Any = None) -> Any:
        return self.order


def plain_trainer(made: Setting, folder: Path, **arguments: Any) -> Trainer:
    """Return transformers' own Trainer on the same model, batches and order."""
    ours = made.trainer(folder, **arguments)
    names = [*made.collator.tokenizer.model_input_names, *TARGETS[made.task.name]]

    def collate(features: Any) -> dict[str, torch.Tensor]:
        return {name: value for name, value in made.collator(features).items() if name in names}

    trainer = PlainTrainer(
        model=made.model,
        args=training_arguments(folder, **arguments),
        train_dataset=made.numbered,
        data_collator=collate,
    )
    trainer.order = ours._get_train_sampler()
    return trainer


@pytest.mark.parametrize("task", TASKS)
def test_unit_weights_and_no_smoothing_equal_the_plain_trainer_to_the_last_bit(task: str, tmp_path: Path) -> None:
    zeros = np.zeros(40, dtype=np.float32)
    ours, plain = setting(task, smoothing=zeros), setting(task)
    ours.trainer(tmp_path / "ours", num_train_epochs=2).train()
    plain_trainer(plain, tmp_path / "plain", num_train_epochs=2).train()
    for (name, mine), stock in zip(ours.model.named_parameters(), plain.model.parameters(), strict=True):
        assert torch.equal(mine, stock), name


@pytest.mark.parametrize("task", TASKS)
def test_the_gradient_does_not_depend_on_accumulation(task: str, tmp_path: Path) -> None:
    whole = gradients(setting(task).trainer(tmp_path / "a", max_steps=1, max_grad_norm=0))
    cut: dict[str, Any] = {"per_device_train_batch_size": 2, "gradient_accumulation_steps": 4}
    parts = gradients(setting(task).trainer(tmp_path / "b", max_steps=1, max_grad_norm=0, **cut))
    for name, gradient in whole.items():
        torch.testing.assert_close(parts[name], gradient, rtol=1e-3, atol=1e-6)


def test_the_stock_trainers_gradient_is_four_times_too_large_for_classification(tmp_path: Path) -> None:
    cut: dict[str, Any] = {
        "per_device_train_batch_size": 2,
        "gradient_accumulation_steps": 4,
        "max_steps": 1,
        "max_grad_norm": 0,
    }
    right = gradients(setting("nli").trainer(tmp_path / "a", **cut))
    stock = gradients(plain_trainer(setting("nli"), tmp_path / "b", **cut))  # type: ignore[arg-type]
    ratio = torch.stack(
        [stock[name].norm() / gradient.norm() for name, gradient in right.items() if gradient.norm() > 0]
    )
    torch.testing.assert_close(ratio.median(), torch.tensor(4.0), rtol=1e-3, atol=0)


@pytest.mark.parametrize("task", TASKS)
def test_weights_and_smoothing_change_the_gradient(task: str, tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    weight = rng.uniform(0.2, 1.8, 40).astype(np.float32)
    eps = rng.uniform(0, 0.4, 40).astype(np.float32)
    base = gradients(setting(task).trainer(tmp_path / "a", max_steps=1, max_grad_norm=0))
    for number, changed in enumerate((setting(task, weight=weight), setting(task, smoothing=eps))):
        found = gradients(changed.trainer(tmp_path / str(number), max_steps=1, max_grad_norm=0))
        assert any(not torch.allclose(found[name], base[name], rtol=1e-2) for name in base)


@pytest.mark.parametrize("task", TASKS)
def test_the_weighted_loss_is_a_sum_over_the_batch_size(task: str, tmp_path: Path) -> None:
    weight = np.linspace(0.5, 1.5, 40).astype(np.float32)
    made = setting(task, weight=weight)
    trainer = made.trainer(tmp_path)
    batch = made.collator([made.numbered[position] for position in range(6)])
    outputs = made.model(**trainer._model_inputs(batch))
    expected = (made.task.losses(outputs, batch, None) * torch.from_numpy(weight[:6])).sum() / 6
    torch.testing.assert_close(trainer.compute_loss(made.model, batch), expected)


def test_a_batch_without_weights_is_an_error_not_the_baseline(tmp_path: Path) -> None:
    made = setting("nli")
    trainer = made.trainer(tmp_path)
    batch = made.collator([made.numbered[0]])
    del batch["weight"]
    with pytest.raises(KeyError, match="weight"):
        trainer.compute_loss(made.model, batch)


@pytest.mark.parametrize("task", TASKS)
def test_evaluation_sees_neither_weights_nor_smoothing(task: str, tmp_path: Path) -> None:
    plain = setting(task)
    strange = setting(task, weight=np.full(40, 7, dtype=np.float32), smoothing=np.full(40, 0.5, dtype=np.float32))
    results = []
    for name, made in (("a", plain), ("b", strange)):
        trainer = made.trainer(tmp_path / name)
        metrics = trainer.evaluate(EvaluationSet(made.rows, made.features))
        results.append({key: value for key, value in metrics.items() if not key.endswith("runtime") and key != "epoch"})
    assert results[0] == results[1]
    assert "eval_loss" in results[0]


@pytest.mark.parametrize("task", ["qa", "nli", "classification"])
@pytest.mark.parametrize("cut", [{}, {"per_device_train_batch_size": 3, "gradient_accumulation_steps": 4}])
def test_dynamics_are_those_of_the_training_pass(task: str, cut: dict[str, int], tmp_path: Path) -> None:
    """With a vanishing learning rate and no dropout, training logits equal evaluation logits of the same model."""
    made = setting(task, num_rows=37)
    trainer = made.trainer(tmp_path, record=True, learning_rate=1e-30, **cut)
    trainer.train()
    assert trainer.records is not None
    seen, expected = trainer.records.arrays(), trainer.observe(made.features)
    assert seen["observed"].all()
    for name, values in expected.items():
        np.testing.assert_allclose(seen[name], values, rtol=2e-4, atol=2e-5, err_msg=name)


def test_mixed_precision_records_float32_probabilities(tmp_path: Path) -> None:
    made = setting("nli", num_rows=16)
    trainer = made.trainer(tmp_path, record=True, bf16=True, learning_rate=1e-30)
    trainer.train()
    assert trainer.records is not None
    half = trainer.records.arrays()
    full = setting("nli", num_rows=16).trainer(tmp_path / "full").observe(made.features)
    assert half["loss"].dtype == np.float32
    np.testing.assert_allclose(half["loss"], full["loss"], atol=0.05)


def test_worker_processes_that_load_batches_change_nothing(tmp_path: Path) -> None:
    arrays = []
    for workers in (0, 2):
        trainer = setting("qa").trainer(tmp_path / str(workers), record=True, dataloader_num_workers=workers)
        trainer.train()
        assert trainer.records is not None
        arrays.append(trainer.records.arrays()["loss"])
    np.testing.assert_array_equal(arrays[0], arrays[1])
