from __future__ import annotations

import subprocess
import sys
from pathlib import Path


def test_the_benchmark_prints_its_table(root: Path) -> None:
    script = root / "benchmarks" / "data_map.py"
    command = [sys.executable, str(script), "--examples", "200000", "--file-examples", "500"]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    for part in ("metrics and categories", "load the map", "loop over examples", "limits: 2 us"):
        assert part in done.stdout
