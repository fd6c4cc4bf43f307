"""What answers without training loads no heavy library: it costs seconds where half a second is the limit."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

HEAVY = (
    "torch",
    "transformers",
    "datasets",
    "pandas",
    "matplotlib",
    "scipy",
    "sklearn",
    "hdbscan",
    "pyarrow",
    "numpy.ma",
)

REPORT = f"""
import sys
loaded = [name for name in {HEAVY!r} if name in sys.modules]
assert not loaded, f"loads {{loaded}}"
"""

EVERY_STRATEGY = """
from strategies import STRATEGIES
for name in STRATEGIES:
    STRATEGIES.get(name)
"""

EVERY_SUITE = """
from suites import SUITES, SuiteOptions, create_suite
for name in SUITES:
    assert create_suite(name, SuiteOptions(seeds=(1, 2)))
"""

COMMAND = """
import runpy, sys
sys.argv = ["run_experiments.py", *sys.argv[1:]]
try:
    runpy.run_path("run_experiments.py", run_name="__main__")
except SystemExit as stop:
    assert not stop.code, stop.code
"""


def _run(code: str, *arguments: str, root: Path) -> str:
    done = subprocess.run(
        [sys.executable, "-c", code + REPORT, *arguments], cwd=root, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.parametrize("module", ["experiment_config", "strategies", "strategies.contract", "tasks", "suites"])
def test_importing_stays_light(module: str, root: Path) -> None:
    _run(f"import {module}", root=root)


@pytest.mark.parametrize("code", [EVERY_STRATEGY, EVERY_SUITE], ids=["strategies", "suites"])
def test_using_stays_light(code: str, root: Path) -> None:
    _run(code, root=root)


def test_help_stays_light(root: Path) -> None:
    assert "--suite" in _run(COMMAND, "--help", root=root)


@pytest.mark.parametrize("suite", ["minimal", "sample", "filtering", "weighting"])
def test_dry_run_stays_light_and_writes_nothing(suite: str, root: Path, tmp_path: Path) -> None:
    folder = tmp_path / "experiments"
    arguments = ("--mode", "run", "--suite", suite, "--dry-run", "--experiments-dir", str(folder))
    assert "baseline" in _run(COMMAND, *arguments, root=root)
    assert not folder.exists()


def test_the_check_sees_a_heavy_import(root: Path) -> None:
    with pytest.raises(AssertionError, match="loads \\['pandas'"):
        _run("import pandas", root=root)
