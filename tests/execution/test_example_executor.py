"""The executor of the examples, installed as docs/scaling.md says, holds the contract."""

from __future__ import annotations

import importlib
import os
import tomllib
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from execution.base import Executor
from execution.executors import create_executor
from execution.options import ExecutorOptions
from tests.execution.contract import ExecutorContract


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
