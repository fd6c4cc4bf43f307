"""The project's code as an archive, for nodes that do not see its folder."""

from __future__ import annotations

import hashlib
import io
import os
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from execution.code_version import ROOMS

__all__ = ["PROJECT", "Code", "pack", "search_paths"]

PROJECT = Path(__file__).resolve().parent.parent.parent
_KINDS = frozenset({".py", ".mako"})


class Code(NamedTuple):
    """An archive and what identifies its content."""

    archive: bytes
    digest: str


def pack(project: Path = PROJECT) -> Code:
    """Pack what :func:`execution.code_version.code_version` looks at, and what belongs to it.

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
    """Yield what makes up the program, and nothing of what a user keeps beside it."""
    for room in ROOMS:
        module = project / f"{room}.py"
        found = [module] if module.is_file() else sorted((project / room).rglob("*"))
        yield from (path for path in found if path.suffix in _KINDS)


def search_paths() -> list[str]:
    """Return where Python was told to look for modules, such as plugins, beside the project."""
    found = [str(Path(path).absolute()) for path in os.environ.get("PYTHONPATH", "").split(os.pathsep) if path]
    return [path for path in dict.fromkeys(found) if path != str(PROJECT)]
