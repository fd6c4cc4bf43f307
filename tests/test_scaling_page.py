"""docs/scaling.md: its blocks for a laptop run in their order, and its table of failures is the program's."""

from __future__ import annotations

import os
import random
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from jobs import FailureKind
from jobs.retries import RULES, next_attempt
from suite_flags import create_parser

_BLOCK = re.compile(r"^```bash\n(.*?)^```", re.MULTILINE | re.DOTALL)


def _page(root: Path) -> str:
    return (root / "docs" / "scaling.md").read_text(encoding="utf-8")


def _expanded(word: str, folder: Path) -> list[str]:
    """Do what the shell does with a star."""
    return [str(path.relative_to(folder)) for path in sorted(folder.glob(word))] if "*" in word else [word]


@pytest.mark.long
def test_every_block_for_a_laptop_runs(root: Path, tmp_path: Path) -> None:
    folder = tmp_path / "a folder"
    folder.mkdir()
    environment = {**os.environ, "PYTHONPATH": str(root), "OMP_NUM_THREADS": "1"}
    environment.pop("EXPERIMENTS_DB_URL", None)
    printed = {}
    lines = [line for block in _BLOCK.findall(_page(root)) for line in block.splitlines()]
    for line in lines:
        words = [name for word in shlex.split(line) for name in _expanded(word, folder)]
        command = [sys.executable, str(root / words[1]), *words[2:]]
        done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, timeout=500)
        assert done.returncode == 0, f"{line}\n{done.stdout}\n{done.stderr}"
        printed[line] = done.stdout
    assert len(lines) >= 14
    worked = [text for line, text in printed.items() if "cli.py work" in line]
    assert "1 held" in worked[0] and worked[-1].splitlines()[-1].endswith("0 failed; nothing is left")
    assert len(list(folder.glob("experiments/queued/*/results.json"))) == 4
    assert not list(folder.glob("experiments/again/*/results.json"))


def test_the_table_of_failures_is_what_happens(root: Path) -> None:
    rows = re.findall(r"^\| `(\w+)` \| [^|]+ \| ([^|]*) \| ([^|]*)\| (yes|no) \|$", _page(root), re.MULTILINE)
    shown = {kind: (attempts.strip(), wait.strip(), counts) for kind, attempts, wait, counts in rows}
    assert shown == {kind.value: _row(kind) for kind in FailureKind}


def _row(kind: FailureKind) -> tuple[str, str, str]:
    rule = RULES.get(kind)
    if rule is None:
        return "1", "", "yes"
    counts = "yes" if rule.counts else "no"
    at_once = "none, then " if rule.at_once else ""
    doubled = f"{at_once}{rule.first_delay_seconds:g} s, doubled up to {rule.longest_delay_seconds:g} s"
    if rule.attempts is None:
        return "without end", doubled, counts
    waits = _waits(kind, rule.attempts)
    if rule.longest_delay_seconds in waits:
        return str(rule.attempts), doubled, counts
    return str(rule.attempts), "none" if not any(waits) else f"{', '.join(f'{wait:g}' for wait in waits)} s", counts


def _waits(kind: FailureKind, attempts: int) -> list[float]:
    """Return what is waited after each failure but the last, to the nearest of what jitter makes of it."""
    waits = []
    for times in range(1, attempts):
        low, high = (next_attempt([kind] * times, _Drawn(share)) for share in (-1.0, 1.0))
        assert low is not None and high is not None
        waits.append(round((low.delay_seconds + high.delay_seconds) / 2, 6))
    assert next_attempt([kind] * attempts, random.Random(0)) is None
    return waits


class _Drawn(random.Random):
    """Draws one end of every interval."""

    def __init__(self, share: float) -> None:
        super().__init__()
        self._share = share

    def uniform(self, a: float, b: float) -> float:
        return a if self._share < 0 else b


def test_flags_of_the_suite_are_there(root: Path) -> None:
    known = create_parser().format_help()
    lines = [line for line in _page(root).splitlines() if line.startswith("python run_experiments.py")]
    assert len(lines) > 10
    for line in lines:
        assert not [flag for flag in re.findall(r" (--[a-z-]+)", line) if f"{flag} " not in known], line
