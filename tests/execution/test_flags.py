"""From flags to how jobs are executed."""

from __future__ import annotations

from typing import Any

import pytest

from errors import ConfigError
from execution.flags import can_be_left, check_possible, executor_options, resources_of


def test_a_number_of_workers_means_local_workers() -> None:
    assert executor_options({}).executor == "inline"
    options = executor_options({"workers": 3, "executor": None, "hang_minutes": 5.0})
    assert (options.executor, options.workers, options.hang_minutes) == ("workers", 3, 5.0)


def test_options_of_slurm() -> None:
    words = ["partition=gpu", "time_minutes=90", "setup=module load cuda", "setup=ulimit -n 4096"]
    words += ["additional.mail-type=FAIL"]
    assert executor_options({"executor": "slurm", "own": words}).own == {
        "partition": "gpu",
        "time_minutes": 90,
        "setup": ["module load cuda", "ulimit -n 4096"],
        "additional": {"mail-type": "FAIL"},
    }


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"executor": "workerz"}, "did you mean 'workers'"),
        ({"workers": 0}, "--workers: input should be"),
        (
            {"executor": "inline", "workers": 2},
            "--workers says nothing to the executor inline; leave out one of the two",
        ),
        ({"hang_minutes": 1.0}, "--hang-minutes says nothing to the executor inline; add --workers N, or leave it out"),
        ({"workers": 2, "own": ["address=auto"]}, "--ray-address says nothing to the executor workers"),
        ({"executor": "slurm", "gpu_ids": ("0",)}, "--gpus says nothing to the executor slurm"),
        (
            {"executor": "slurm", "own": ["partition"]},
            r"--executor-option partition: expected NAME=VALUE \(names: cluster, ",
        ),
    ],
)
def test_what_cannot_be_followed_is_refused(values: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        executor_options(values)


def test_resources_of_each_run() -> None:
    taken = resources_of({"gpus": 0.5, "memory_gb": 4.0, "minutes": None}, "workers")
    assert (taken.gpus, taken.memory_gb, taken.minutes, taken.cpus) == (0.5, 4.0, None, 1.0)
    with pytest.raises(ConfigError, match=r"--gpus-per-run says nothing to the executor inline; add --workers N"):
        resources_of({"gpus": 0.5}, "inline")
    assert resources_of({"minutes": 5.0}, "inline").minutes == 5.0
    with pytest.raises(ConfigError, match=r"--memory-per-run says nothing to the executor inline"):
        resources_of({"minutes": 5.0, "memory_gb": 1.0}, "inline")
    with pytest.raises(ConfigError, match=r"--cpus-per-run: input should be"):
        resources_of({"cpus": -1.0}, None)


def test_a_wrong_share_is_told_by_its_flag() -> None:
    with pytest.raises(ConfigError, match=r"^--gpus-per-run: shares are below 1"):
        resources_of({"gpus": 1.5}, "workers")


@pytest.mark.parametrize("words", [("0", "2"), ("0,2",), ("0, 2",)])
def test_gpus_may_be_listed_either_way(words: tuple[str, ...]) -> None:
    assert executor_options({"workers": 2, "gpu_ids": words}).gpu_ids == ("0", "2")
    with pytest.raises(ConfigError, match="--gpus 0,,1: expected numbers or UUIDs"):
        executor_options({"workers": 2, "gpu_ids": ("0,,1",)})


def test_what_can_never_begin_is_refused_before_anything_starts() -> None:
    workers = executor_options({"workers": 2})
    check_possible(workers, resources_of({"cpus": 1.0}, "workers"))
    with pytest.raises(ConfigError, match=r"each needs 1e\+06 GB of memory, but .* at hand; lower --memory-per-run, "):
        check_possible(workers, resources_of({"memory_gb": 1e6}, "workers"))
    allowed = executor_options({"workers": 2, "memory_gb": 1.0})
    with pytest.raises(ConfigError, match="lower --memory-per-run, or allow more by --memory, or run them elsewhere"):
        check_possible(allowed, resources_of({"memory_gb": 2.0}, "workers"))
    with pytest.raises(ConfigError, match=r"^--gpus: no GPU 'none' is visible here"):
        check_possible(executor_options({"workers": 2, "gpu_ids": ("none",)}), resources_of({}, "workers"))


def test_who_can_be_left() -> None:
    assert [can_be_left(name) for name in ("inline", "workers", "slurm")] == [False, False, True]


def test_what_an_executor_has_not_of_its_own_is_refused() -> None:
    with pytest.raises(
        ConfigError, match="--executor-option nice says nothing to the executor inline; add --workers N"
    ):
        executor_options({"own": ["nice=19"]})


def test_a_name_of_digits_stays_a_text() -> None:
    assert executor_options({"executor": "slurm", "own": ["partition=1", "gpus=1"]}).own == {
        "partition": "1",
        "gpus": 1,
    }
