"""What benchmarks/suite.py compares is the same suite, and its clocks measure what they say."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks.suite_runs.by_hand import commands
from benchmarks.suite_runs.gaps import gaps
from run import _given_flags
from run_flags import request_from_flags
from suites import SuiteOptions, create_suite


def test_by_hand_trains_the_same_experiments_after_the_signals_they_read(tmp_path: Path) -> None:
    experiments = create_suite("sample", SuiteOptions(seeds=(42, 43), training={"max_train_samples": 100}))
    made = commands(experiments, tmp_path)
    assert [Path(command[1]).name for command in made[:3]] == ["run.py", "extract_embeddings.py", "cluster_analysis.py"]
    requests = [request_from_flags(_given_flags(command[2:])) for command in made if command[1] == "run.py"]
    assert [request.record_to is not None for request in requests] == [True] + [False] * (len(experiments) - 1)
    by_name = {experiment.name: experiment for experiment in experiments}
    assert {request.output_dir.name for request in requests} == set(by_name)
    for request in requests:
        wanted = by_name[request.output_dir.name]
        for field in ("task", "model", "dataset", "eval_datasets", "strategies", "training"):
            assert getattr(request.config, field) == getattr(wanted, field), field


def test_a_gap_lies_between_the_last_evaluated_batch_and_the_first_step(tmp_path: Path) -> None:
    reports = [
        (10.0, "baseline", "training"),
        (11.0, "baseline", "evaluating demo"),
        (12.0, "baseline", "evaluating demo"),
        (12.2, "filter", "loading"),
        (12.5, "filter", "training"),
        (12.6, "filter", "training"),
        (12.7, "filter", "training"),
        (13.0, "filter", "evaluating demo"),
        (13.5, "clusters", "embedding"),
    ]
    lines = [{"at": at, "processor": at / 2, "job": job, "phase": phase} for at, job, phase in reports]
    file = tmp_path / "7.jsonl"
    file.write_text("".join(f"{json.dumps(line)}\n" for line in lines))
    [gap] = gaps(file)
    assert (gap.before, gap.after) == ("baseline", "filter")
    # The step that the first report ends took 0.1 s of the half second.
    assert gap.seconds == pytest.approx(0.4)
    assert gap.processor_seconds == pytest.approx(0.2)


def test_the_queue_is_drained_and_counted(root: Path, tmp_path: Path) -> None:
    command = [sys.executable, str(root / "benchmarks" / "queue_speed.py"), "--jobs", "120"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True)
    # On a busy machine the goal may be missed, which is an answer too.
    assert done.returncode in (0, 1), done.stderr
    assert "| SQLite file |" in done.stdout
