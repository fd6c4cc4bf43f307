"""docs/statistics.md: its blocks run in their order, its methods exist, and its links lead somewhere."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from analysis.corrections import CORRECTIONS
from analysis.floors import smallest_exact_p
from analysis.hypothesis_tests.methods import METHODS

_BLOCK = re.compile(r"^```(bash|python)\n(.*?)^```", re.MULTILINE | re.DOTALL)
_LINK = re.compile(r"\]\((?!https?://)([^)#]+)")
_ANCHOR = re.compile(r"\]\(#([^)]+)\)")
_FLOOR = re.compile(r"^\| (\d+) \| ([\d.]+) \| ([\d.]+) \|$", re.MULTILINE)
_OUTPUT = re.compile(r"^```text\n( *what .*?)^```", re.MULTILINE | re.DOTALL)


def _page(root: Path) -> str:
    return (root / "docs" / "statistics.md").read_text(encoding="utf-8")


@pytest.mark.long
def test_every_block_runs_and_prints_what_the_page_shows(root: Path, tmp_path: Path) -> None:
    environment = {**os.environ, "PYTHONPATH": str(root), "OMP_NUM_THREADS": "1"}
    environment.pop("EXPERIMENTS_DB_URL", None)
    environment.pop("COLUMNS", None)
    printed = []
    for language, block in _BLOCK.findall(_page(root)):
        commands = [["-c", block]] if language == "python" else [shlex.split(line)[1:] for line in block.splitlines()]
        for words in commands:
            words = [str(root / words[0]) if words[0].endswith(".py") else words[0], *words[1:]]
            done = subprocess.run(
                [sys.executable, *words], cwd=tmp_path, env=environment, capture_output=True, text=True
            )
            assert done.returncode == 0, f"{words}\n{done.stdout}\n{done.stderr}"
            printed.append("".join(f"{line.rstrip()}\n" for line in done.stdout.splitlines()))
    (shown,) = _OUTPUT.findall(_page(root))
    # The first block makes the runs, and the second compares them.
    assert printed[1] == shown


def test_every_method_and_correction_is_explained(root: Path) -> None:
    page = _page(root)
    assert not [name for name in METHODS if f"| `{name}` |" not in page]
    assert not [name for name in CORRECTIONS if f"{name}`" not in page]


def test_the_floors_are_those_of_the_tests(root: Path) -> None:
    rows = _FLOOR.findall(_page(root))
    assert len(rows) == 5
    for seeds, paired, unpaired in rows:
        count = int(seeds)
        assert float(paired) == pytest.approx(smallest_exact_p(count), rel=0.05)
        assert float(unpaired) == pytest.approx(smallest_exact_p(count, count), rel=0.1)


def test_links_lead_somewhere(root: Path) -> None:
    page = _page(root)
    assert all((root / "docs" / link).exists() for link in _LINK.findall(page))
    headings = [line.removeprefix("## ") for line in page.splitlines() if line.startswith("## ")]
    anchors = {re.sub(r"[^\w -]", "", heading).lower().replace(" ", "-") for heading in headings}
    assert set(_ANCHOR.findall(page)) <= anchors
