"""Where a job begins in a process of Ray, which knows nothing of this project yet.

Ray carries :func:`enter` there as it stands, so this module needs the standard library alone.
"""

from __future__ import annotations

import json
import os
import shutil
import sys
import tempfile
import time
import zipfile
from contextlib import suppress
from pathlib import Path
from typing import Any

__all__ = ["enter"]

_UNUSED_DAYS = 7
"""After which other versions of the code are removed from a node."""


def enter(order_text: str, archive: list[Any]) -> str:
    """Do a job and return its outcome, as JSON.

    Args:
        order_text: see :meth:`execution.on_ray.executor.RayExecutor.submit`.
        archive: the project's code as a reference to bytes of a zip file, or nothing; fetched only where it is needed.
    """
    order = json.loads(order_text)
    try:
        _prepare(order, archive)
        from execution.on_ray.task import do
    except (OSError, ImportError) as error:
        kind = "resource" if isinstance(error, OSError) else "mistake"
        message = f"node {os.uname().nodename}: {error}"
        return json.dumps({"failure": {"kind": kind, "message": message, "type": type(error).__name__}})
    return do(order)


def _prepare(order: dict[str, Any], archive: list[Any]) -> None:
    """Make this process like the one that submitted the job: folder, environment, code.

    Raises:
        OSError: what should be seen here is not.
    """
    for what, folder in (("the working directory", order["directory"]), ("the log folder", order["folder"])):
        if not Path(folder).is_dir():
            raise FileNotFoundError(
                f"{what} {folder} is not seen here; experiments, logs and data must lie on a disk that all nodes share"
            )
    os.environ.update(order["environment"])
    os.chdir(order["directory"])
    project = order["project"]
    if not Path(project, "execution", "on_ray", "task.py").is_file():
        project = _unpacked(archive, order["code"])
    paths = [project, *order["paths"]]
    sys.path[:] = [*paths, *(path for path in sys.path if path not in paths)]
    os.environ["PYTHONPATH"] = os.pathsep.join(paths)


def _unpacked(archive: list[Any], digest: str) -> str:
    """Unpack the code on this node, once for all its processes, and return the folder."""
    if not archive:
        raise FileNotFoundError("the project's code is not installed here")
    versions = Path(tempfile.gettempdir(), f"assay-code-{os.getuid()}")
    folder = versions / digest[:16]
    versions.mkdir(mode=0o700, exist_ok=True)
    if versions.stat().st_uid != os.getuid():
        raise PermissionError(f"{versions}: belongs to somebody else; remove it")
    if not folder.is_dir():
        import ray

        with tempfile.TemporaryDirectory(prefix="unpacking-", dir=versions) as begun:
            packed = Path(begun) / "code.zip"
            packed.write_bytes(ray.get(archive[0]))
            with zipfile.ZipFile(packed) as code:
                code.extractall(Path(begun) / "code")
            try:
                (Path(begun) / "code").rename(folder)
            except OSError:
                # Another process of this node was faster.
                if not folder.is_dir():
                    raise
    os.utime(folder)
    _remove_unused(versions)
    return str(folder)


def _remove_unused(versions: Path) -> None:
    oldest = time.time() - _UNUSED_DAYS * 24 * 3600
    for folder in versions.iterdir():
        with suppress(FileNotFoundError):  # where another process of this node is at it
            if folder.stat().st_mtime < oldest:
                shutil.rmtree(folder, ignore_errors=True)
