"""A file as the store of runs on several machines is warned of, once, and nowhere else."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from execution.executors import EXECUTORS
from execution.inline import InlineExecutor
from execution.options import ExecutorOptions
from experiment_runner import run_experiments_from_list
from running.shared_stores import store_warning
from tests.running.builders import tiny


class Elsewhere(InlineExecutor):
    """Says of itself that it works on several machines."""

    name = "test.elsewhere"

    @property
    def spans_hosts(self) -> bool:
        return True


@pytest.fixture(autouse=True)
def _installed(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(EXECUTORS, "_targets", dict(EXECUTORS._targets))
    EXECUTORS.register(Elsewhere.name, f"{__name__}:Elsewhere")
    yield


def test_a_server_and_one_machine_are_fine() -> None:
    elsewhere, here = Elsewhere(ExecutorOptions()), InlineExecutor(ExecutorOptions())
    assert "/x.db" in store_warning(elsewhere, "/x.db")
    assert store_warning(elsewhere, "postgresql+psycopg://ada@db.example/assay") == ""
    assert store_warning(here, "/x.db") == ""


@pytest.mark.parametrize(("tracking", "said"), [(True, 1), (False, 0)])
def test_a_suite_says_so(tracking: bool, said: int, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    execution = ExecutorOptions(executor=Elsewhere.name)
    run_experiments_from_list([tiny("x")], tmp_path / "experiments", tracking=tracking, execution=execution)
    printed = capsys.readouterr().out
    assert printed.count("warning: the store is a file") == said
    assert "done    x" in printed
