"""Commands that compare and draw load no library that they do not need."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.experiment_commands.stores import add_run, take_in

HEAVY = ("torch", "transformers", "datasets", "pandas", "scipy", "sklearn", "pyarrow", "matplotlib")
CODE = """
import sys
import experiment_cli
status = experiment_cli.main(sys.argv[2:])
loaded = [name for name in sys.argv[1].split() if name in sys.modules]
assert not loaded, f"loads {loaded}"
sys.exit(status)
"""


@pytest.mark.parametrize(
    ("arguments", "may_load"),
    [
        (("compare", "baseline_seed1", "baseline_seed2"), ("scipy",)),
        (("compare", "baseline", "smoothing"), ("scipy",)),
        (("compare", "--help"), ()),
        (("curves", "baseline", "smoothing", "--json"), ()),
        (("curves", "baseline", "smoothing"), ("matplotlib",)),
        (("reproduce", "--help"), ()),
        (("significance", "baseline", "smoothing", "--pairing", "unpaired"), ("scipy",)),
        (("abtest", "baseline", "smoothing"), ("scipy",)),
        (("importance",), ("scipy",)),
    ],
)
def test_loads_what_it_needs_alone(
    arguments: tuple[str, ...], may_load: tuple[str, ...], tmp_path: Path, root: Path
) -> None:
    loss = {"train/loss": {10: 2.0, 20: 1.0}}
    folders = [
        add_run(tmp_path / "experiments", variant, seed, {"eval_f1": 70.0 + seed}, ({"name": variant},), loss)
        for variant in ("baseline", "smoothing")
        for seed in (1, 2, 3)
    ]
    take_in(*folders)
    heavy = " ".join(name for name in HEAVY if name not in may_load)
    command = [sys.executable, "-c", CODE, heavy, *arguments]
    environment = {**os.environ, "PYTHONPATH": str(root)}
    done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
