"""What pyproject.toml asks for is pinned, and the product imports it: nobody installs a library for nothing."""

from __future__ import annotations

import ast
import re
import tomllib
from importlib.metadata import packages_distributions
from pathlib import Path

from tests.test_import_directions import rooms

NEEDED_BY_OTHERS = {"accelerate"}
"""transformers refuses to train without it."""


def _name(requirement: str) -> str:
    (name,) = re.findall(r"^[\w.-]+", requirement)
    return str(name).lower().replace("_", "-")


def _imported(root: Path) -> set[str]:
    names: set[str] = set()
    for file in (file for _, files in rooms(root) for file in files):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                names |= {alias.name.split(".")[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
                names.add(node.module.split(".")[0])
    return names


def _declared(root: Path) -> set[str]:
    project = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    return {_name(requirement) for requirement in project["dependencies"]}


def test_every_dependency_is_imported(root: Path) -> None:
    distributions = packages_distributions()
    used = {name.lower().replace("_", "-") for module in _imported(root) for name in distributions.get(module, ())}
    assert _declared(root) - used == NEEDED_BY_OTHERS


def test_every_dependency_is_pinned(root: Path) -> None:
    lines = (root / "requirements.txt").read_text(encoding="utf-8").splitlines()
    pins = {_name(line) for line in lines if line and not line.startswith("#")}
    assert all("==" in line for line in lines if line and not line.startswith("#"))
    assert pins >= _declared(root)
