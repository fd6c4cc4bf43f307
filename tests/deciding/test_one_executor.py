"""One executor makes the runs of all rounds, and is closed however they end."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, ClassVar

import pytest

from deciding import run_until_decided
from deciding.scores import read_scores
from execution.base import Handle
from execution.executors import EXECUTORS
from execution.inline import InlineExecutor
from execution.options import ExecutorOptions
from jobs import Job
from planning.exchange import node_from_mapping
from tests.deciding.grids import SEEDS, drawn, finish_one, suite_of

CLEAR = drawn(0.1, up=6.0, down=-6.0, same=0.0)


class Counted(InlineExecutor):
    """Finds what it is to make finished."""

    name = "test.counted"
    all: ClassVar[list[Counted]] = []

    def __init__(self, options: ExecutorOptions) -> None:
        super().__init__(options)
        self.seeds: set[int] = set()
        self.is_open = True
        self.all.append(self)

    def submit(self, job: Job) -> Handle:
        assert self.is_open
        node = node_from_mapping(job.payload["node"])
        finish_one(node, CLEAR)
        self.seeds.add(node.config.training.seed)
        return super().submit(job)

    def close(self) -> None:
        self.is_open = False
        super().close()


@pytest.fixture(autouse=True)
def _installed(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(EXECUTORS, "_targets", dict(EXECUTORS._targets))
    EXECUTORS.register(Counted.name, f"{__name__}:Counted")
    monkeypatch.setattr(Counted, "all", [])
    yield


def _run(folder: Path) -> None:
    execution = ExecutorOptions(executor=Counted.name)
    run_until_decided(
        suite_of("up", "down", "same"), SEEDS[:3], folder, tracking=False, quiet=True, execution=execution
    )


def test_one_serves_all_rounds(tmp_path: Path) -> None:
    _run(tmp_path)
    (only,) = Counted.all
    assert len(only.seeds) > 3 and not only.is_open
    _run(tmp_path)
    assert Counted.all == [only], "none where nothing is left to do"


@pytest.mark.parametrize("error", [KeyboardInterrupt, SystemExit, RuntimeError])
def test_it_is_closed_where_something_ends_the_rounds(
    error: type[BaseException], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    looks: list[bool] = []

    def ended(*arguments: Any) -> Any:
        looks.extend(each.is_open for each in Counted.all)
        if len(looks) == 2:
            raise error
        return read_scores(*arguments)

    monkeypatch.setattr("deciding.rounds.read_scores", ended)
    with pytest.raises(error):
        _run(tmp_path)
    assert looks == [True, True]
    assert [each.is_open for each in Counted.all] == [False]
