"""Collections after a run walk through what runs leave, not through what was imported."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

_RUNS = """
import gc
import torch
from running.memory import release_memory

class Ring:
    freed = 0
    def __init__(self): self.me = self
    def __del__(self): Ring.freed += 1

Ring()
walked = len(gc.get_objects())
release_memory()
print(len(gc.get_objects()) < walked / 5, Ring.freed)
Ring()
release_memory()
print(Ring.freed)
import decimal, wave
walked = len(gc.get_objects())
release_memory()
print(len(gc.get_objects()) < walked)
"""


def test_what_was_imported_is_spared_and_what_runs_leave_is_freed(root: Path) -> None:
    done = subprocess.run([sys.executable, "-c", _RUNS], cwd=root, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert done.stdout.split() == ["True", "1", "2", "True"]
