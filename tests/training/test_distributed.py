"""Two processes over gloo train, record and evaluate as one process does."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from cartography import load_data_map
from tests.ports import free_port
from tests.training.builders import setting
from training.trainer import EvaluationSet


def _torchrun(root: Path, *words: str) -> str:
    command = [sys.executable, "-m", "torch.distributed.run", "--nproc_per_node=2", f"--master_port={free_port()}"]
    command += ["--master_addr=127.0.0.1", *words]
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "PYTHONPATH": str(root)}
    done = subprocess.run(command, cwd=root, env=environment, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stderr[-3000:]
    return done.stdout


def _two_processes(root: Path, folder: Path, rows: int, rate: float) -> dict[str, Any]:
    folder.mkdir()
    _torchrun(root, "-m", "tests.training.distributed_run", str(folder), str(rows), str(rate))
    with np.load(folder / "result.npz") as result:
        return dict(result)


def test_two_processes_end_where_one_ends(root: Path, tmp_path: Path) -> None:
    both = _two_processes(root, tmp_path / "two", rows=40, rate=0.3)
    made = setting("qa", num_rows=40)
    trainer = made.trainer(tmp_path / "one", record=True, learning_rate=0.3, optim="sgd")
    trainer.train()
    assert trainer.records is not None
    alone = trainer.records.arrays()
    for name, values in alone.items():
        if np.issubdtype(values.dtype, np.floating):
            np.testing.assert_allclose(both[name], values, rtol=1e-3, atol=1e-4, err_msg=name)
    for name, parameter in made.model.named_parameters():
        np.testing.assert_allclose(both[f"parameter.{name}"], parameter.detach().numpy(), rtol=1e-3, atol=2e-4)
    metrics = trainer.evaluate(EvaluationSet(made.rows, made.features))
    assert both["eval_loss"] == pytest.approx(metrics["eval_loss"], rel=1e-3)


def test_rows_that_pad_an_uneven_last_batch_are_recorded_once(root: Path, tmp_path: Path) -> None:
    both = _two_processes(root, tmp_path / "two", rows=37, rate=1e-30)
    made = setting("qa", num_rows=37)
    expected = made.trainer(tmp_path / "one").observe(made.features)
    assert both["observed"].all()
    np.testing.assert_allclose(both["loss"], expected["loss"], rtol=2e-4)


def test_run_py_under_torchrun_maps_every_row_and_speaks_once(root: Path, tmp_path: Path) -> None:
    sizes = ["--max_train_samples", "43", "--max_eval_samples", "11", "--num_train_epochs", "2"]
    places = ["--output_dir", str(tmp_path / "out"), "--cartography_output_dir", str(tmp_path / "map")]
    switches = ["--do_train", "--do_eval", "--enable_cartography", "--use_cpu", "--ddp_backend", "gloo"]
    printed = _torchrun(root, "run.py", *switches, *sizes, *places)
    assert len(load_data_map(tmp_path / "map").ids) == 43
    assert len((tmp_path / "out" / "eval_predictions.jsonl").read_text().splitlines()) == 11
    assert printed.count("eval_f1") == 1
