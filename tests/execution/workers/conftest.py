"""A local executor to play with, and programs that use one and are killed."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from execution.options import ExecutorOptions
from execution.workers.executor import WorkersExecutor
from tests.execution.workers.family import family

_PROGRAM = """
import json, sys, time
from pathlib import Path
from execution.options import ExecutorOptions
from execution.workers.executor import WorkersExecutor
from tests.execution.jobs_of_tests import a_job

def main():
    told = json.loads(sys.argv[1])
    executor = WorkersExecutor(ExecutorOptions(workers=len(told["jobs"]), log_dir=Path(told["log_dir"])))
    handles = [executor.submit(a_job(work, **payload)) for work, payload in told["jobs"]]
    print("up", flush=True)
    {then}

if __name__ == "__main__":
    main()
"""


@pytest.fixture
def make_executor(
    plugin: Path, options: Callable[..., ExecutorOptions], monkeypatch: pytest.MonkeyPatch
) -> Iterator[Callable[..., WorkersExecutor]]:
    """Make executors that are closed at the end, and wait on a busy machine too until it is known how workers ended."""
    monkeypatch.setattr("execution.workers.unexplained.EXPLAIN_SECONDS", 60.0)
    made = []

    def make(**fields: object) -> WorkersExecutor:
        made.append(WorkersExecutor(options(executor="workers", **fields)))
        return made[-1]

    yield make
    for executor in made:
        executor.close()


@pytest.fixture
def program(plugin: Path, tmp_path: Path) -> Iterator[Callable[..., subprocess.Popen[str]]]:
    """Start a program of its own process group that hands out jobs, and then does what is said, or waits."""
    started: list[subprocess.Popen[str]] = []

    def start(
        *jobs: tuple[str, dict[str, object]], then: str = "while True: executor.wait(handles, 9)"
    ) -> subprocess.Popen[str]:
        file = tmp_path / "a program.py"
        file.write_text(_PROGRAM.replace("{then}", then))
        told = json.dumps({"jobs": jobs, "log_dir": str(tmp_path / "log folder")})
        process = subprocess.Popen(
            [sys.executable, str(file), told], stdout=subprocess.PIPE, text=True, start_new_session=True
        )
        started.append(process)
        assert process.stdout is not None
        assert process.stdout.readline() == "up\n"
        return process

    yield start
    for process in started:
        assert process.stdout is not None
        process.stdout.close()
        process.kill()
        process.wait()


@pytest.fixture(autouse=True)
def _nobody_is_left() -> Iterator[None]:
    """Fail where a test leaves a process of ours behind."""
    yield
    _, alive = psutil.wait_procs(family(), timeout=60)
    assert not alive
