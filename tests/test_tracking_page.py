"""docs/tracking.md: its blocks run in their order, its commands exist, and its links lead somewhere."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

from experiment_cli import _COMMANDS

_BLOCK = re.compile(r"^```(bash|python)\n(.*?)^```", re.MULTILINE | re.DOTALL)
_LINK = re.compile(r"\]\((?!https?://)([^)#]+)")


def _page(root: Path) -> str:
    return (root / "docs" / "tracking.md").read_text(encoding="utf-8")


def test_every_block_runs(root: Path, tmp_path: Path) -> None:
    environment = {**os.environ, "PYTHONPATH": str(root), "OMP_NUM_THREADS": "1"}
    environment.pop("EXPERIMENTS_DB_URL", None)
    for language, block in _BLOCK.findall(_page(root)):
        commands = [["-c", block]] if language == "python" else [shlex.split(line)[1:] for line in block.splitlines()]
        for words in commands:
            words = [str(root / words[0]) if words[0].endswith(".py") else words[0], *words[1:]]
            done = subprocess.run(
                [sys.executable, *words], cwd=tmp_path, env=environment, capture_output=True, text=True
            )
            assert done.returncode == 0, f"{words}\n{done.stdout}\n{done.stderr}"
    assert (tmp_path / "experiments.db").exists()


def test_every_command_is_mentioned(root: Path) -> None:
    assert not [name for name in _COMMANDS if f"`{name}" not in _page(root)]


def test_links_lead_somewhere(root: Path) -> None:
    assert all((root / "docs" / link).exists() for link in _LINK.findall(_page(root)))
