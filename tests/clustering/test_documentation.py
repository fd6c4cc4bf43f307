from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest

import cluster_analysis
import extract_embeddings

PARSERS = {"extract_embeddings.py": extract_embeddings._parser, "cluster_analysis.py": cluster_analysis._parser}


def _page(root: Path) -> str:
    return (root / "docs" / "clustering.md").read_text()


def test_the_python_example_runs(root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (block,) = re.findall(r"```python\n(.*?)```", _page(root), flags=re.DOTALL)
    exec(block, {})


def test_the_commands_exist(root: Path) -> None:
    blocks = "\n".join(re.findall(r"```bash\n(.*?)```", _page(root), flags=re.DOTALL))
    ours = [words for line in blocks.splitlines() if (words := shlex.split(line, comments=True))[1] in PARSERS]
    assert len(ours) == 2
    for words in ours:
        PARSERS[words[1]]().parse_args(words[2:])


@pytest.mark.parametrize("command", PARSERS)
def test_every_flag_is_explained(root: Path, command: str) -> None:
    flags = {name for action in PARSERS[command]()._actions for name in action.option_strings if name.startswith("--")}
    assert not [name for name in flags - {"--help"} if f"`{name}`" not in _page(root)]
