from __future__ import annotations

import subprocess
import sys
from pathlib import Path


def test_what_is_not_installed_is_left_out(root: Path) -> None:
    script = root / "benchmarks" / "tracking.py"
    words = ["--turns", "1", "--only", "write", "--peers", "false"]
    done = subprocess.run([sys.executable, str(script), *words], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    for line in ("mlflow is not installed", "trackio is not installed", "log_metrics returns in", "| ours | "):
        assert line in done.stdout
