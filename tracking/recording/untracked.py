"""Which of a repository's untracked files may be code: not what trackers themselves write beside it."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cache
from pathlib import Path, PurePosixPath

from tracking.folders.contents import is_experiment

__all__ = ["without_output"]

_DATABASE = re.compile(r"\.(db|sqlite3?)([-.].*)?$")
_FOLDERS = frozenset({"wandb", "mlruns", ".behind"})


def without_output(names: Iterable[str], top: Path) -> list[str]:
    """Return the names that are neither a database, with the files beside it, nor below an experiment or a mirror.

    Two runs one after the other would differ in code otherwise, as the second finds what the first has left.

    Args:
        names: files relative to ``top``, parts separated by ``/``.
        top: the repository's folder.
    """

    @cache
    def is_output(folder: PurePosixPath) -> bool:
        if folder == folder.parent:
            # The repository itself is code, even where somebody trains into it.
            return False
        return folder.name in _FOLDERS or is_output(folder.parent) or is_experiment(top / folder)

    return [name for name in names if not _is_database(name) and not is_output(PurePosixPath(name).parent)]


def _is_database(name: str) -> bool:
    return _DATABASE.search(PurePosixPath(name).name) is not None
