"""A dry run of what would be decided loads nothing that trains or analyses."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

CODE = """
import sys
from run_experiments import main
assert main(["--mode", "run", "--until-decided", "--dry-run", "--experiments-dir", sys.argv[1]]) == 0
loaded = [name for name in ("torch", "transformers", "datasets", "pandas", "matplotlib") if name in sys.modules]
assert not loaded, f"loads {loaded}"
"""


def test_a_dry_run_stays_light(root: Path, tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", CODE, str(tmp_path / "new")], cwd=root, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert "looks: after 3 seeds" in done.stdout


def test_importing_what_looks_loads_no_solver_and_no_tables(root: Path) -> None:
    code = (
        "import sys, deciding, experiment_ab_test\n"
        "loaded = {'scipy.optimize', 'scipy.stats', 'pandas', 'torch'} & set(sys.modules)\n"
        "assert not loaded, f'loads {loaded}'"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=root, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
