"""The executor of the examples, installed as docs/scaling.md says, holds the contract and reads its own options."""

from __future__ import annotations

import importlib
import os
import re
import subprocess
import sys
import tomllib
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from errors import ConfigError
from execution.base import Executor
from execution.executors import create_executor
from execution.flags import executor_options
from execution.options import ExecutorOptions
from tests.execution.contract import ExecutorContract
from tests.execution.jobs_of_tests import a_job
from tests.waiting import PATIENCE_S


@pytest.fixture
def installed(plugin: Path, root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What ``pip install -e examples/executor`` does, without building."""
    folder = root / "examples" / "executor"
    project = tomllib.loads((folder / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    metadata = tmp_path / "installed" / f"example-{project['version']}.dist-info"
    metadata.mkdir(parents=True)
    lines = [f"{name} = {target}" for name, target in project["entry-points"]["assay.executors"].items()]
    (metadata / "METADATA").write_text(f"Name: {project['name']}\nVersion: {project['version']}\n")
    (metadata / "entry_points.txt").write_text("\n".join(["[assay.executors]", *lines]))
    monkeypatch.syspath_prepend(str(folder))
    monkeypatch.syspath_prepend(str(metadata.parent))
    paths = [str(metadata.parent), str(folder), os.environ["PYTHONPATH"]]
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(paths))
    importlib.invalidate_caches()


class TestExample(ExecutorContract):
    kills_deaf_work = False
    shows_progress = False

    @pytest.fixture
    def executor(self, installed: None, options: Callable[..., ExecutorOptions]) -> Iterator[Executor]:
        with create_executor(options(executor="command", workers=2)) as executor:
            yield executor


@pytest.mark.usefixtures("installed")
def test_its_own_option_reaches_it(tmp_path: Path) -> None:
    words = ["command=env LAB_TEST='in front of it'", "patience_seconds=1"]
    chosen = executor_options({"executor": "command", "own": words, "log_dir": tmp_path / "log folder"})
    assert chosen.own == {"command": "env LAB_TEST='in front of it'", "patience_seconds": 1}
    with create_executor(chosen) as executor:
        outcome = executor.submit(a_job("environment", names=["LAB_TEST"])).result(PATIENCE_S)
    assert outcome.result["LAB_TEST"] == "in front of it"


@pytest.mark.usefixtures("installed")
@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["comand=nice"], "--executor-option comand: no such field; did you mean 'command'"),
        (["patience_seconds=-1"], "--executor-option patience_seconds: input should be greater than or equal to 0"),
        (["patience_seconds=long"], "--executor-option patience_seconds: input should be a valid number"),
        (["command"], r"--executor-option command: expected NAME=VALUE \(names: command, patience_seconds\)"),
        (["command=nice", "command=env"], "--executor-option command=env: command is given twice"),
    ],
)
def test_options_that_it_has_not_are_refused(words: list[str], message: str) -> None:
    with pytest.raises(ConfigError, match=f"^{message}"):
        executor_options({"executor": "command", "own": words})


@pytest.mark.usefixtures("installed")
@pytest.mark.parametrize("command", ["no-such-program-here", "env 'unfinished", " "])
def test_a_command_that_is_none_is_refused(command: str, options: Callable[..., ExecutorOptions]) -> None:
    with pytest.raises(ConfigError, match=f"command {command!r}: "):
        create_executor(options(executor="command", own={"command": command}))


@pytest.mark.long
@pytest.mark.usefixtures("installed")
def test_the_contract_runs_in_any_folder_as_the_page_says(root: Path, tmp_path: Path) -> None:
    page = (root / "docs" / "scaling.md").read_text(encoding="utf-8")
    found = re.search(r"<!-- file: (test_\w+\.py) -->\n```python\n(.*?)^```", page, re.MULTILINE | re.DOTALL)
    assert found
    folder = tmp_path / "another folder"
    folder.mkdir()
    (folder / found[1]).write_text(found[2])
    (folder / "pytest.ini").write_text("[pytest]\naddopts = --strict-markers\n")
    chosen = "what_goes_in or preempted or unknown or refused"
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", found[1], "-k", chosen]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert re.search(r"^[89] passed, 1 skipped, \d+ deselected in", done.stdout, re.MULTILINE), done.stdout
