"""Gates hold what tests want to meet half-way; where they did not, those tests would hang on the machine's speed."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

from tests.gates import Gate

_PROGRAM = """
import sys
from pathlib import Path
folder = Path(sys.argv[1])
for step in range(4):
    with (folder / "a run" / "metrics.jsonl").open("a") as file:
        file.write('"train/loss"\\n')
    print("logged", flush=True)
(folder / "part").write_text("x")
(folder / "part").replace(folder / "whole")
print("whole", flush=True)
import wave
print("imported", flush=True)
"""


def test_a_process_goes_no_further_than_its_gate(tmp_path: Path) -> None:
    folder = tmp_path / "of experiments"
    (folder / "a run").mkdir(parents=True)
    gate = Gate(tmp_path / "gate", folder)
    gate.shut_after(3, "a*")
    process = subprocess.Popen(
        [sys.executable, "-c", _PROGRAM, str(folder)], stdout=subprocess.PIPE, text=True, env=gate.whole_environment
    )
    assert process.stdout is not None
    with process, process.stdout:
        assert [process.stdout.readline() for _ in range(3)] == ["logged\n"] * 3
        gate.shut_before("whole")
        assert process.stdout.readline() == "logged\n"
        time.sleep(0.1)
        assert not (folder / "whole").exists()
        gate.shut_before_import("wave")
        assert process.stdout.readline() == "whole\n"
        time.sleep(0.1)
        assert process.poll() is None
        gate.open()
        assert process.stdout.read() == "imported\n"
