"""The project's code as an archive, for nodes that do not see its folder."""

from __future__ import annotations

import hashlib
import io
import os
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

__all__ = ["PROJECT", "Code", "pack", "search_paths"]

PROJECT = Path(__file__).resolve().parent.parent.parent
_LEFT_OUT = frozenset({"tests", "benchmarks", "examples", "docs", "__pycache__"})
_KINDS = frozenset({".py", ".mako"})


class Code(NamedTuple):
    """An archive and what identifies its content."""

    archive: bytes
    digest: str


def pack(project: Path = PROJECT) -> Code:
    """Pack modules and packages of ``project``; what only tests and documents need is left out.

    An installed project lies among other people's packages: nothing is packed then, and nodes need it installed too.
    """
    if project.name in ("site-packages", "dist-packages"):
        return Code(b"", "")
    content = io.BytesIO()
    digest = hashlib.sha256()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        for path in _sources(project):
            name, data = path.relative_to(project).as_posix(), path.read_bytes()
            archive.writestr(name, data)
            digest.update(f"{name}\0{len(data)}\0".encode() + data)
    return Code(content.getvalue(), digest.hexdigest())


def _sources(project: Path) -> Iterator[Path]:
    for folder, folders, files in os.walk(project):
        is_top = Path(folder) == project
        # Packages alone: what else a user keeps here, such as experiments, may be large.
        folders[:] = sorted(
            name
            for name in folders
            if name not in _LEFT_OUT and not name.startswith(".") and _is_package(Path(folder, name), is_top)
        )
        for name in sorted(files):
            if Path(name).suffix in _KINDS:
                yield Path(folder, name)


def _is_package(folder: Path, is_top: bool) -> bool:
    return not is_top or (folder / "__init__.py").is_file()


def search_paths() -> list[str]:
    """Return where Python was told to look for modules, such as plugins, beside the project."""
    found = [str(Path(path).absolute()) for path in os.environ.get("PYTHONPATH", "").split(os.pathsep) if path]
    return [path for path in dict.fromkeys(found) if path != str(PROJECT)]
