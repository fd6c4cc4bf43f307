"""Where the program lies that made an experiment."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from pathlib import Path
from typing import Any

__all__ = ["program_folder"]


def program_folder(start: Mapping[str, Any]) -> Path | None:
    """Return the folder of the script that was started, else where it was started; None where neither is there.

    Args:
        start: ``command`` and ``working_folder``, each of which may be missing.
    """
    if not start.get("working_folder"):
        return None
    working_folder = Path(str(start["working_folder"]))
    scripts = (working_folder / word for word in _words(str(start.get("command") or "")) if word.endswith(".py"))
    folders = [*(script.parent for script in scripts if script.is_file()), working_folder]
    return next((folder for folder in folders if folder.is_dir()), None)


def _words(command: str) -> list[str]:
    try:
        return shlex.split(command)
    except ValueError:
        return []
