"""Lets a process wait where a test says, however fast the machine is; Python imports this file as a process starts.

The file that ``ASSAY_TEST_GATE`` names says where, see :class:`tests.gates.Gate`; without it nobody waits.
"""

from __future__ import annotations

import fnmatch
import json
import os
import sys
import time
from pathlib import Path
from typing import Any

_LONGEST_S = 600.0
"""Whoever was left alone by a test that was killed goes on."""


def _heed(event: str, arguments: tuple[Any, ...]) -> None:
    """Wait before a file is written or put in its place, or a module is imported, while the gate is shut for it."""
    if event not in ("open", "os.rename", "import") or "ASSAY_TEST_GATE" not in os.environ:
        return
    target = _target(event, arguments)
    limit = time.monotonic() + _LONGEST_S
    while target and _is_shut_for(target) and time.monotonic() < limit:
        time.sleep(0.03)


def _target(event: str, arguments: tuple[Any, ...]) -> str:
    if event == "import":
        return f"import {arguments[0]}"
    if event == "open" and not (arguments[2] or 0) & (os.O_WRONLY | os.O_RDWR):
        return ""
    path = arguments[1] if event == "os.rename" else arguments[0]
    return os.fspath(path) if isinstance(path, str | Path) else ""


def _is_shut_for(target: str) -> bool:
    try:
        told = json.loads(Path(os.environ["ASSAY_TEST_GATE"]).read_text())
    except FileNotFoundError:
        return False
    if not fnmatch.fnmatchcase(target, told["pattern"]):
        return False
    logs = Path(told["folder"]).glob(told["logs"]) if told["logs"] else ()
    return sum(path.read_text().count('"train/loss"') for path in logs) >= int(told["steps"])


sys.addaudithook(_heed)
