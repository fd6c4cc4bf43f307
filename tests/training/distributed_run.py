"""A training run for torchrun: saves rank 0's records, parameters and metrics. Arguments: out folder, rows, rate."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import numpy as np

from tests.training.builders import setting
from training.trainer import EvaluationSet


def main() -> None:
    """Train on this process's share and save what all processes agree on."""
    folder, rows, rate = Path(sys.argv[1]), int(sys.argv[2]), float(sys.argv[3])
    made = setting("qa", num_rows=rows)
    # Plain gradient descent: Adam would blow rounding differences of tiny gradients up.
    options: dict[str, Any] = {
        "per_device_train_batch_size": 4,
        "learning_rate": rate,
        "optim": "sgd",
        "ddp_backend": "gloo",
    }
    trainer = made.trainer(folder, record=True, **options)
    trainer.train()
    assert trainer.records is not None
    records = trainer.records.arrays()
    metrics = trainer.evaluate(EvaluationSet(made.rows, made.features))
    if trainer.is_world_process_zero():
        parameters = {f"parameter.{name}": value.detach().numpy() for name, value in made.model.named_parameters()}
        arrays: dict[str, Any] = {"eval_loss": metrics["eval_loss"], **records, **parameters}
        np.savez(folder / "result.npz", **arrays)


if __name__ == "__main__":
    main()
