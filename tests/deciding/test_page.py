"""docs/adaptive_seeds.md: its blocks run, and its links lead somewhere."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest

from run_experiments import main


def _page(root: Path) -> str:
    return (root / "docs" / "adaptive_seeds.md").read_text(encoding="utf-8")


def test_the_commands_run(
    root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    (block,) = re.findall(r"```bash\n(.*?)```", _page(root), flags=re.DOTALL)
    for line in block.splitlines():
        assert main(shlex.split(line)[2:]) == 0
    assert "up to 8; 6 to 16 runs" in capsys.readouterr().out


def test_the_python_runs_and_says_what_to_do(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (block,) = re.findall(r"```python\n(.*?)```", _page(root), flags=re.DOTALL)
    exec(compile(block, "adaptive_seeds.md", "exec"), {})
    assert "\nstop for benefit after " in capsys.readouterr().out


def test_links_lead_somewhere(root: Path) -> None:
    pages = [*(root / "docs").glob("*.md"), root / "README.md"]
    assert any("(adaptive_seeds.md)" in page.read_text(encoding="utf-8") for page in pages)
