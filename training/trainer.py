"""The one Trainer: one loss path for every strategy, the baseline included."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch
from datasets import Dataset
from numpy.typing import NDArray
from torch import Tensor
from torch.utils.data import DataLoader, Sampler
from transformers import PrinterCallback, Trainer
from transformers.trainer_utils import PREFIX_CHECKPOINT_DIR

from tasks.base import Rows, Task
from training.collator import FEATURE, SMOOTHING, WEIGHT, FeatureCollator
from training.logged_loss import LossSum, RestoreLossSum
from training.records import FeatureRecords
from training.sampling import EpochSampler, LengthSampler

__all__ = ["EvaluationSet", "StrategyTrainer", "input_lengths"]


def input_lengths(features: Dataset) -> NDArray[np.int64]:
    """Return the number of tokens of each feature, (num_features,)."""
    column = features.data.column("input_ids")
    lengths = np.concatenate([np.diff(chunk.offsets.to_numpy()) for chunk in column.chunks])
    return lengths if features._indices is None else lengths[features._indices.column(0).to_numpy()]


class EvaluationSet:
    """Rows and their features, numbered, ready to be evaluated."""

    def __init__(self, rows: Rows, features: Dataset) -> None:
        self.rows = rows
        self.features = features


class StrategyTrainer(Trainer):
    """A Trainer whose loss is ``sum(weight * loss) / B``, each loss smoothed by its own mass.

    B counts the features of the whole optimiser step, over accumulation steps and processes, so the gradient does not
    depend on how a batch is cut up. With unit weights and no smoothing it is the stock loss, to the last bit of every
    gradient. Evaluation sees neither weights nor smoothing.

    Args:
        task: turns outputs into losses and records.
        collator: makes batches; its tokenizer is saved with the model.
        group_by_length: batch features of similar length.
        records: filled with what ``task.observe`` sees in each training step; None records nothing.
        **kwargs: those of :class:`transformers.Trainer`; ``train_dataset`` needs a ``feature`` column.
    """

    def __init__(
        self,
        *,
        task: Task,
        collator: FeatureCollator,
        group_by_length: bool = True,
        records: FeatureRecords | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(data_collator=collator, processing_class=collator.tokenizer, **kwargs)
        # Whoever runs the trainer shows its progress; the stock callback would print a dict a log.
        self.remove_callback(PrinterCallback)
        self.task = task
        self.collator = collator
        self.group_by_length = group_by_length
        self.records = records
        self.train_sampler: EpochSampler | None = None
        # compute_loss already divides by the features of the whole optimiser step.
        self.loss_is_scaled_for_ga = True
        self.model_accepts_loss_kwargs = False

    # -- loss ---------------------------------------------------------------------------------------------------

    def get_batch_samples(
        self, epoch_iterator: Iterator[Any], num_batches: int, device: torch.device
    ) -> tuple[list[Any], int]:
        """Return the micro-batches of one optimiser step, and the features in them over all processes."""
        batches, _ = super().get_batch_samples(epoch_iterator, num_batches, device)
        count = sum(len(batch[FEATURE]) for batch in batches)
        if self.args.world_size > 1:
            count = int(self.accelerator.gather(torch.tensor(count, device=device)).sum())
        return batches, count

    def compute_loss(
        self,
        model: torch.nn.Module,
        inputs: dict[str, Any],
        return_outputs: bool = False,
        num_items_in_batch: Tensor | int | None = None,
    ) -> Any:
        """Return the batch's loss; in training, also record what the logits say about each feature."""
        outputs = model(**self._model_inputs(inputs))
        losses = self.task.losses(outputs, inputs, inputs.get(SMOOTHING))
        # A missing weight is an error, never silently the baseline.
        count = len(losses) if num_items_in_batch is None else int(num_items_in_batch)
        loss = (losses * inputs[WEIGHT]).sum() / count
        if self.args.world_size > 1:
            loss = loss * self.args.world_size  # processes average their gradients
        if self.records is not None and model.training:
            with torch.no_grad():
                self.records.add(inputs[FEATURE], self.task.observe(outputs, inputs))
        return (loss, outputs) if return_outputs else loss

    def _model_inputs(self, batch: Mapping[str, Any]) -> dict[str, Any]:
        return {name: batch[name] for name in self.collator.tokenizer.model_input_names if name in batch}

    # -- order --------------------------------------------------------------------------------------------------

    def _get_train_sampler(self, train_dataset: Any = None) -> Sampler[int]:
        dataset = self.train_dataset if train_dataset is None else train_dataset
        chunk = self.args.train_batch_size * self.args.gradient_accumulation_steps * self.args.world_size
        seed = self.args.data_seed if self.args.data_seed is not None else self.args.seed
        self.train_sampler = EpochSampler(input_lengths(dataset), chunk, seed, group=self.group_by_length)
        return self.train_sampler

    def _get_eval_sampler(self, eval_dataset: Any) -> Sampler[int]:
        return LengthSampler(input_lengths(eval_dataset))

    # -- evaluation ---------------------------------------------------------------------------------------------

    def observe(self, features: Dataset, on_batch: Callable[[int, int], None] | None = None) -> dict[str, NDArray[Any]]:
        """Run the model over features without dropout or gradient and return the records, (num_features, ...).

        Args:
            features: what to run over; columns that no batch needs are left out.
            on_batch: told, after each batch, how many of how many are done.
        """
        dataloader = self._evaluation_dataloader(features)
        records = FeatureRecords(len(features))
        # The unwrapped model: a distributed wrapper would wait for processes with fewer batches.
        model: Any = self.model
        was_training = model.training
        model.eval()
        with torch.inference_mode(), self.accelerator.autocast():
            for number, batch in enumerate(dataloader, 1):
                inputs: dict[str, Any] = self._prepare_inputs(batch)
                records.add(inputs[FEATURE], self.task.observe(model(**self._model_inputs(inputs)), inputs))
                if on_batch is not None:
                    on_batch(number, len(dataloader))
        model.train(was_training)
        return records.arrays()

    def _evaluation_dataloader(self, features: Dataset) -> Any:
        numbered = numbered_features(features, self.task.batch_columns)
        collator = FeatureCollator(self.collator.tokenizer, self.collator.columns)
        dataloader: DataLoader[Any] = DataLoader(
            numbered,
            batch_size=self.args.eval_batch_size,
            sampler=LengthSampler(input_lengths(numbered)),
            collate_fn=collator,
            num_workers=self.args.dataloader_num_workers,
        )
        return self.accelerator.prepare(dataloader) if self.args.world_size > 1 else dataloader

    def evaluate(
        self,
        eval_dataset: Any = None,
        ignore_keys: list[str] | None = None,
        metric_key_prefix: str = "eval",
    ) -> dict[str, float]:
        """Evaluate an :class:`EvaluationSet`; metrics are named ``<prefix>_<metric>``, losses hard and unweighted."""
        target = eval_dataset if eval_dataset is not None else self.eval_dataset
        if not isinstance(target, EvaluationSet):
            raise TypeError(f"expected an EvaluationSet, got {type(target).__name__}")
        started = time.perf_counter()
        evaluation = self.task.evaluate(self.observe(target.features), target.features, target.rows)
        metrics = {f"{metric_key_prefix}_{name}": value for name, value in evaluation.metrics.items()}
        metrics[f"{metric_key_prefix}_runtime"] = time.perf_counter() - started
        self.log(metrics)
        self.control = self.callback_handler.on_evaluate(self.args, self.state, self.control, metrics)
        return metrics

    # -- checkpoints --------------------------------------------------------------------------------------------

    def _save_checkpoint(self, model: torch.nn.Module, trial: Any) -> None:
        """Save the epoch's records and the losses first: the trainer's state, written last, says that all is there."""
        folder = Path(str(self.args.output_dir)) / f"{PREFIX_CHECKPOINT_DIR}-{self.state.global_step}"
        if self.records is not None:
            self.records.save(folder / self._file_of_process("records", "npz"))
        LossSum.of(self).save(folder / self._file_of_process("loss", "json"))
        super()._save_checkpoint(model, trial)

    def _file_of_process(self, what: str, ending: str) -> str:
        return f"{what}_{self.args.process_index}.{ending}"

    def take_up(self, checkpoint: Path) -> None:
        """Take up what the stock trainer does not: records of the epoch and the loss since the last log point.

        Checkpoints without them, such as those that another program wrote, are taken up without.
        """
        records = checkpoint / self._file_of_process("records", "npz")
        if self.records is not None and records.exists():
            self.records.load(records, self.args.device)
        loss = checkpoint / self._file_of_process("loss", "json")
        if loss.exists():
            self.add_callback(RestoreLossSum(self, LossSum.load(loss)))

    def log(self, logs: dict[str, float], start_time: float | None = None) -> None:
        """Log; the summary's mean loss is over all steps, not over those since the run was taken up."""
        if "train_loss" in logs:
            logs["train_loss"] = self._total_loss_scalar / max(self.state.global_step, 1)
        super().log(logs, start_time)


def numbered_features(features: Dataset, columns: tuple[str, ...]) -> Dataset:
    """Return features with only what a batch needs, and their position as column ``feature``."""
    needed = [name for name in features.column_names if name in (*_MODEL_INPUTS, *columns)]
    return features.select_columns(needed).add_column(FEATURE, np.arange(len(features)))


_MODEL_INPUTS = ("input_ids", "attention_mask", "token_type_ids")
