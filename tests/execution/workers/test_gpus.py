"""Which GPUs are ours, who has how much of them, and that a worker sees its own and no other."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest

from errors import ConfigError
from execution.options import ExecutorOptions
from execution.workers.executor import WorkersExecutor
from execution.workers.gpu_shares import GpuShares
from execution.workers.gpus import Gpu, choose, installed_gpus
from jobs import Resources
from tests.execution.jobs_of_tests import a_job
from tests.waiting import PATIENCE_S, until

FOUR = [Gpu(id=f"GPU-{letter}{letter}", memory_gb=80) for letter in "abcd"]
A, B, C, D = (gpu.id for gpu in FOUR)


@pytest.mark.parametrize(
    ("visible", "wanted", "chosen"),
    [
        (None, None, [A, B, C, D]),
        (None, ("2", "0"), [C, A]),
        (None, (B, "GPU-d"), [B, D]),
        (None, ("1", B), [B]),
        ("2,3", None, [C, D]),
        ("2,3", ("0",), [C]),
        (f"{D}, {A}", None, [D, A]),
        ("0,9,1", None, [A]),
        ("", None, []),
        ("-1", None, []),
        ("NoDevFiles", None, []),
    ],
)
def test_gpus_are_chosen_among_the_visible(
    monkeypatch: pytest.MonkeyPatch, visible: str | None, wanted: tuple[str, ...] | None, chosen: list[str]
) -> None:
    if visible is None:
        monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
    else:
        monkeypatch.setenv("CUDA_VISIBLE_DEVICES", visible)
    assert [gpu.id for gpu in choose(FOUR, wanted)] == chosen


@pytest.mark.parametrize(("visible", "wanted"), [("0", "1"), (None, "GPU-x"), (None, "GPU-"), ("", "0")])
def test_a_gpu_that_is_not_there_is_one_clear_error(
    monkeypatch: pytest.MonkeyPatch, visible: str | None, wanted: str
) -> None:
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
    if visible is not None:
        monkeypatch.setenv("CUDA_VISIBLE_DEVICES", visible)
    with pytest.raises(ConfigError, match=rf"gpu_ids: no GPU '{wanted}' is visible here \(there are: "):
        choose(FOUR, [wanted])


def test_the_driver_is_asked_without_being_there() -> None:
    assert all(gpu.id for gpu in installed_gpus())


class _Driver:
    """A driver with four GPUs, of which it has lost one, and another says nothing of its memory."""

    class NVMLError(Exception):
        """As pynvml has it."""

    NVML_DEVICE_MIG_ENABLE = 1
    nvmlInit = nvmlShutdown = staticmethod(lambda: None)
    nvmlDeviceGetCount = staticmethod(lambda: 4)
    nvmlDeviceGetMigMode = staticmethod(lambda handle: (0, 0))
    nvmlDeviceGetUUID = staticmethod(lambda handle: FOUR[handle].id)
    nvmlDeviceGetName = staticmethod(lambda handle: "GPU")

    def nvmlDeviceGetHandleByIndex(self, index: int) -> int:
        if index == 1:
            raise self.NVMLError("GPU is lost")
        return index

    def nvmlDeviceGetMemoryInfo(self, handle: int) -> SimpleNamespace:
        if handle == 2:
            raise self.NVMLError("Not Supported")
        return SimpleNamespace(total=80 << 30, used=0)


def test_a_gpu_that_is_lost_is_left_out(monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> None:
    monkeypatch.setitem(sys.modules, "pynvml", _Driver())
    assert [gpu.id for gpu in installed_gpus()] == [A, D]
    assert "GPU 1 is left out: GPU is lost" in caplog.text


@pytest.mark.parametrize(("order", "warns"), [(None, True), ("PCI_BUS_ID", False)])
def test_numbers_that_cuda_counts_otherwise_are_said(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, order: str | None, warns: bool
) -> None:
    monkeypatch.delenv("CUDA_DEVICE_ORDER", raising=False)
    if order is not None:
        monkeypatch.setenv("CUDA_DEVICE_ORDER", order)
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "1")
    choose([Gpu("GPU-a", name="small"), Gpu("GPU-b", name="large")], None)
    assert ("CUDA itself counts the fastest GPU first" in caplog.text) == warns


def _anyone(id: str) -> bool:
    return True


def test_shares_fill_one_gpu_before_the_next() -> None:
    shares = GpuShares(FOUR[:2])
    found = []
    for _ in range(5):
        gpus = shares.find(0.5, [], _anyone)
        found.append(gpus)
        if gpus:
            shares.take(gpus, 0.5)
    assert found == [(A,), (A,), (B,), (B,), None]
    shares.give_back((A,), 0.5)
    assert shares.find(1.0, [], _anyone) is None
    shares.give_back((A,), 0.5)
    assert shares.find(1.0, [], _anyone) == (A,)


def test_thirds_make_a_whole() -> None:
    shares = GpuShares(FOUR[:1])
    for _ in range(3):
        assert shares.find(1 / 3, [], _anyone) == (A,)
        shares.take((A,), 1 / 3)
    assert shares.find(1 / 3, [], _anyone) is None


def test_several_whole_ones_and_those_that_an_idle_worker_has() -> None:
    shares = GpuShares(FOUR)
    assert shares.find(2, [(C, D)], _anyone) == (C, D)
    shares.take((A,), 0.5)
    assert shares.find(2, [(A, B)], _anyone) == (B, C), "one of the worker's is in use"
    assert shares.find(4, [], _anyone) is None
    assert shares.find(0, [], _anyone) == ()
    assert shares.find(1, [], lambda id: id == D) == (D,), "others use the rest"


def test_slices_are_used_one_by_one() -> None:
    shares = GpuShares([Gpu(id="MIG-1", is_slice=True), Gpu(id="MIG-2", is_slice=True)])
    assert shares.most_at_once() == 1
    assert shares.find(1, [], _anyone) == ("MIG-1",)
    assert shares.find(2, [], _anyone) is None


@pytest.fixture
def make(
    plugin: Path, options: Callable[..., ExecutorOptions], monkeypatch: pytest.MonkeyPatch
) -> Iterator[Callable[..., WorkersExecutor]]:
    """Make executors on a machine with these GPUs."""
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
    made = []

    def make(gpus: list[Gpu], **fields: object) -> WorkersExecutor:
        made.append(WorkersExecutor(options(executor="workers", **fields), inventory=lambda: gpus))
        return made[-1]

    yield make
    for executor in made:
        executor.close()


def _sees(executor: WorkersExecutor, gpus: float | None) -> str:
    job = a_job("environment", names=["CUDA_VISIBLE_DEVICES"], resources=Resources(gpus=gpus))
    return str(executor.submit(job).result(PATIENCE_S).result["CUDA_VISIBLE_DEVICES"])


def test_a_worker_sees_the_gpus_of_its_job_and_no_other(make: Callable[..., WorkersExecutor]) -> None:
    executor = make(FOUR, workers=1)
    assert [_sees(executor, gpus) for gpus in (1, 2, 0, 0.5, 4)] == [A, f"{A},{B}", "", A, ",".join((A, B, C, D))]


def test_a_job_that_leaves_it_open_gets_a_fair_share(make: Callable[..., WorkersExecutor]) -> None:
    executor = make(FOUR[:2], workers=4)
    handles = [executor.submit(a_job("sleep", seconds=600, resources=Resources())) for _ in range(4)]
    until(lambda: all(handle.state == "running" for handle in handles), "four jobs on two GPUs")
    whole = executor.submit(a_job("echo", resources=Resources(gpus=1)))
    executor.refresh()
    assert not executor.has_room(whole.job, [])
    assert not executor.blocked_by_others(whole.job), "ours will leave"
    for handle in handles:
        handle.cancel()
    assert whole.result(PATIENCE_S).success


def test_without_gpus_jobs_see_what_the_runner_sees(make: Callable[..., WorkersExecutor]) -> None:
    assert _sees(make([], workers=1), None) == "None"


def test_as_many_workers_as_gpus_unless_told(make: Callable[..., WorkersExecutor]) -> None:
    assert make(FOUR).max_concurrent == 4


def test_gpus_of_others_are_waited_for_and_named_ones_are_not(make: Callable[..., WorkersExecutor]) -> None:
    machine = [Gpu(id=A, memory_gb=80, used_gb=70), Gpu(id=B, memory_gb=80, used_gb=0.5)]
    executor = make(machine, workers=2)
    assert _sees(executor, 1) == B
    waiting = executor.submit(a_job("echo", resources=Resources(gpus=2)))
    assert waiting.where == "waits for 2 GPUs; others use 1 of 2"
    assert executor.blocked_by_others(waiting.job) == "waits for 2 GPUs; others use 1 of 2"
    assert waiting.state == "pending"
    machine[0] = Gpu(id=A, memory_gb=80)
    assert waiting.result(PATIENCE_S).success, "they have left"
    assert _sees(make([Gpu(id=A, memory_gb=80, used_gb=70)], gpu_ids=("0",)), 1) == A


def test_drivers_are_not_asked_again_and_again(
    plugin: Path, options: Callable[..., ExecutorOptions], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
    monkeypatch.setattr("execution.workers.room._LOOK_SECONDS", 3600.0)
    asked = []

    def inventory() -> list[Gpu]:
        asked.append(True)
        return FOUR

    with WorkersExecutor(options(executor="workers", workers=1), inventory) as executor:
        for _ in range(3):
            executor.refresh()
            assert executor.submit(a_job("echo")).result(PATIENCE_S).success
    assert len(asked) == 2, "once for what there is, once for who uses it"


def test_more_gpus_than_there_are_are_refused(make: Callable[..., WorkersExecutor]) -> None:
    with pytest.raises(ConfigError, match="needs 5 GPUs, but 4 at hand"):
        make(FOUR).submit(a_job("echo", resources=Resources(gpus=5)))
