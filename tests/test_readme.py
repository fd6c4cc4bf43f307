"""The README's examples run as they stand: every bash and python block, in order, in a fresh folder of results."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

_BLOCK = re.compile(r"^```(bash|python)\n(.*?)^```", re.MULTILINE | re.DOTALL)
_LINK = re.compile(r"\]\((?!https?://)([^)#]+)")
_SHRINK = {
    "run_experiments.py --mode run": "--seeds 42 43 --max-train-samples 120 --max-eval-samples 30 --num-train-epochs 2",
    "run.py --do_train": "--max_train_samples 120 --max_eval_samples 30 --num_train_epochs 2",
    "run.py --do_eval": "--max_eval_samples 30",
}
"""Flags added to long commands, where the last of two counts; `.ci/run` runs the demo itself at full size."""


def _blocks(root: Path) -> list[tuple[str, str]]:
    return _BLOCK.findall((root / "README.md").read_text(encoding="utf-8"))


def _commands(block: str) -> list[str]:
    lines = (line.strip() for line in block.replace("\\\n", " ").splitlines())
    return [line for line in lines if line and not line.startswith(("#", "make ", "source "))]


def _shrunk(command: str) -> str:
    for start, flags in _SHRINK.items():
        if start in command:
            return f"{command} {flags}"
    return command


@pytest.fixture(scope="module")
def clone(root: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the code in a path with a space."""
    target = tmp_path_factory.mktemp("a clone") / "assay"
    listed = subprocess.run(["git", "ls-files"], cwd=root, capture_output=True, text=True, check=False)
    names = listed.stdout.splitlines() or [str(path.relative_to(root)) for path in root.rglob("*.py")]
    for name in names:
        if (root / name).is_file():
            (target / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(root / name, target / name)
    return target


def _run(words: list[str], folder: Path) -> None:
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    done = subprocess.run(words, cwd=folder, env=environment, capture_output=True, text=True, timeout=500, check=False)
    assert done.returncode == 0, f"{shlex.join(words)}\n{done.stdout[-2000:]}\n{done.stderr[-3000:]}"


@pytest.mark.long
def test_every_example_runs(root: Path, clone: Path) -> None:
    ran = 0
    for language, block in _blocks(root):
        if language == "python":
            _run([sys.executable, "-c", block], clone)
            ran += 1
            continue
        for command in _commands(block):
            words = shlex.split(_shrunk(command))
            assert words[0] == "python", f"the README shows {command!r}, which this test cannot run"
            _run([sys.executable, *words[1:]], clone)
            ran += 1
    assert ran >= 8


def test_links_of_all_pages_lead_somewhere(root: Path) -> None:
    pages = [*root.glob("*.md"), *(root / "docs").rglob("*.md")]
    missing = [
        f"{page.relative_to(root)}: {link}"
        for page in pages
        for link in _LINK.findall(page.read_text(encoding="utf-8"))
        if not (page.parent / link).exists()
    ]
    assert len(pages) > 10
    assert not missing


def test_every_page_is_in_the_table(root: Path) -> None:
    table = _LINK.findall((root / "README.md").read_text(encoding="utf-8"))
    assert not [page.name for page in (root / "docs").glob("*.md") if f"docs/{page.name}" not in table]


def test_error_rates_are_those_of_the_page(root: Path) -> None:
    page = (root / "docs" / "calibration.md").read_text(encoding="utf-8")
    highest = {
        name: float(most) for name, most in re.findall(r"^\| ([^|]+) \| [\d.]+ to ([\d.]+) \|", page, re.MULTILINE)
    }
    claim = " ".join((root / "README.md").read_text(encoding="utf-8").split())
    assert 48 < highest["means of the seeds, no test"] < 53
    assert f"in up to {highest['paired t-test over examples, one seed']:.0f} of 100 cases" in claim
    assert f"this verdict in at most {highest['default verdict']:.0f} (" in claim
