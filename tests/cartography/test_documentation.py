from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest

from cartography.__main__ import _parser
from tests.cartography.dynamics_builders import random_map


def blocks(root: Path, language: str) -> list[str]:
    text = (root / "docs" / "data_maps.md").read_text()
    return re.findall(rf"```{language}\n(.*?)```", text, flags=re.DOTALL)


def test_the_python_example_runs(root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    random_map(tmp_path / "map")
    monkeypatch.chdir(tmp_path)
    for block in blocks(root, "python"):
        exec(block, {})


def test_the_commands_exist(root: Path) -> None:
    lines = "\n".join(blocks(root, "bash")).splitlines()
    commands = [shlex.split(line, comments=True) for line in lines if line.startswith("python -m cartography")]
    assert len(commands) > 5
    for words in commands:
        _parser().parse_args(words[3 : words.index(">") if ">" in words else None])


def test_every_column_is_explained(root: Path, tmp_path: Path) -> None:
    text = (root / "docs" / "data_maps.md").read_text()
    for name in random_map(tmp_path).columns:
        assert f"| `{name}` |" in text
