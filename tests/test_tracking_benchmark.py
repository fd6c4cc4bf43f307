from __future__ import annotations

import subprocess
import sys
from pathlib import Path


def test_the_benchmark_measures_what_is_here(root: Path) -> None:
    script = root / "benchmarks" / "tracking.py"
    words = ["--turns", "1", "--only", "write"]
    done = subprocess.run([sys.executable, str(script), *words], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    for line in ("log_metrics returns in", "| ours | "):
        assert line in done.stdout
