"""CONTRIBUTING.md's recipes work as written; the examples run."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import NamedTuple

import pytest

from strategies.contract import CHECKS

BLOCK = re.compile(r"<!-- (file|append|run)(?:: (\S+))? -->\n```\w+\n(.*?)```\n", re.DOTALL)
WHAT_STRATEGIES_NEED = ("errors.py", "registry.py", "atomic_files.py", "validated.py", "pyproject.toml")


class Block(NamedTuple):
    """A marked code block of CONTRIBUTING.md."""

    action: str
    path: str
    code: str


def _blocks(root: Path) -> list[Block]:
    return [Block(*match) for match in BLOCK.findall((root / "CONTRIBUTING.md").read_text(encoding="utf-8"))]


def _write(block: Block, folder: Path) -> None:
    """Write a file, or add to it what a later block says."""
    path = folder / block.path
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a", encoding="utf-8") as file:
        file.write(("\n\n" if path.stat().st_size and block.action == "file" else "") + block.code)


def _run(command: list[str], folder: Path, *search: Path) -> str:
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(map(str, search))}
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def applied(root: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the strategies' room and its tests, with the four steps applied."""
    folder = tmp_path_factory.mktemp("four steps") / "project"
    for room in ("strategies", "tests/strategies"):
        shutil.copytree(root / room, folder / room, ignore=shutil.ignore_patterns("__pycache__"))
    for name in (*WHAT_STRATEGIES_NEED, "tests/__init__.py", "tests/conftest.py"):
        shutil.copy(root / name, folder / name)
    for block in _blocks(root):
        if block.action != "run" and not block.path.startswith("package/"):
            _write(block, folder)
    return folder


def test_four_steps_make_a_strategy(root: Path, applied: Path) -> None:
    commands = [block.code for block in _blocks(root) if block.action == "run"]
    assert len(commands) == 1
    program, *arguments = shlex.split(commands[0])
    assert program == ".venv/bin/pytest"
    passed = re.search(r"(\d+) passed", _run([sys.executable, "-m", "pytest", *arguments], applied))
    assert passed and int(passed[1]) > len(CHECKS), "the contract did not run over the new strategy"


def test_the_new_strategy_is_as_clean_as_the_rules_ask(applied: Path) -> None:
    files = ["strategies/error_weighting.py", "tests/strategies/test_error_weighting.py"]
    _run([sys.executable, "-m", "ruff", "check", *files], applied)
    _run([sys.executable, "-m", "ruff", "format", "--check", *files], applied)


def test_a_package_of_its_own_is_found_and_keeps_the_contract(root: Path, tmp_path: Path) -> None:
    for block in _blocks(root):
        if block.path.startswith("package/"):
            _write(block, tmp_path)
    package = tmp_path / "package"
    project = tomllib.loads((package / "pyproject.toml").read_text())["project"]
    metadata = package / "lab_strategies-1.0.dist-info"
    metadata.mkdir()
    (metadata / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {project['name']}\nVersion: 1.0\n")
    points = project["entry-points"]["assay.strategies"].items()
    (metadata / "entry_points.txt").write_text(
        "[assay.strategies]\n" + "".join(f"{name} = {target}\n" for name, target in points)
    )
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "test_lab_strategies.py"]
    assert f"{len(CHECKS) + 1} passed" in _run(command, package, root, package)


@pytest.mark.parametrize("name", ["budget_suite.py", "own_strategy_suite.py"])
def test_examples_are_planned(root: Path, tmp_path: Path, name: str) -> None:
    command = f"--mode run --suite examples/{name} --seeds 42 43 --dry-run --experiments-dir".split()
    table = _run([sys.executable, "run_experiments.py", *command, str(tmp_path / "experiments")], root)
    assert "baseline" in table
    assert "random" in table


def test_links_lead_somewhere(root: Path) -> None:
    text = (root / "CONTRIBUTING.md").read_text(encoding="utf-8")
    missing = [link for link in re.findall(r"\]\(([^)#:]+)\)", text) if not (root / link).exists()]
    assert not set(missing) - {"docs/architecture.md"}
