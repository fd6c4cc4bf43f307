"""Where a job begins in a process of Ray, which knows nothing of this project yet.

Ray carries :func:`enter` there as it stands, so this module needs the standard library alone.
"""

from __future__ import annotations

import errno
import fcntl
import json
import os
import re
import shutil
import stat
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
_UNPACKING = "unpacking-"
_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW
_HELD: list[int] = []
"""A descriptor of the version that this process uses, locked; none before the first job."""


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
    versions = _folder_of_versions()
    folder = versions / digest[:16]
    while not _hold(folder):
        _unpack(archive, folder)
    os.utime(folder)
    _remove_unused(versions)
    return str(folder)


def _folder_of_versions() -> Path:
    """Make the folder of all versions; anybody may have put something else under its name."""
    versions = Path(tempfile.gettempdir(), f"assay-code-{os.getuid()}")
    with suppress(FileExistsError):
        versions.mkdir(mode=0o700)
    found = versions.lstat()
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.getuid() or found.st_mode & 0o022:
        raise PermissionError(
            f"{versions}: not a folder that belongs to you and that you alone can write to; have it removed, "
            "or start Ray on this node with another TMPDIR"
        )
    return versions


def _hold(folder: Path) -> bool:
    """Keep a version from being removed for as long as this process lives; return whether it is there."""
    try:
        _HELD.append(os.open(folder, _FOLDER))
        with suppress(OSError):  # of a disk that knows no locks, from which nothing is removed either
            fcntl.flock(_HELD[-1], fcntl.LOCK_SH)
        # Whoever had it locked until now may have removed it.
        is_there = os.path.samestat(os.fstat(_HELD[-1]), folder.lstat())
    except FileNotFoundError:
        is_there = False
    while len(_HELD) > 1:
        os.close(_HELD.pop(0))
    return is_there


def _unpack(archive: list[Any], folder: Path) -> None:
    import ray

    with tempfile.TemporaryDirectory(prefix=_UNPACKING, dir=folder.parent) as begun:
        packed = Path(begun) / "code.zip"
        packed.write_bytes(ray.get(archive[0]))
        with zipfile.ZipFile(packed) as code:
            code.extractall(Path(begun) / "code")
        try:
            (Path(begun) / "code").rename(folder)
        except OSError as error:
            # Another process of this node was faster.
            if error.errno not in (errno.EEXIST, errno.ENOTEMPTY):
                raise


def _remove_unused(versions: Path) -> None:
    """Remove the versions that no job began with for a week and no process holds, and what was left half unpacked."""
    for folder in versions.iterdir():
        if re.fullmatch(rf"[0-9a-f]{{16}}|{_UNPACKING}.+", folder.name):
            # Where it is no folder, or another process of this node uses it or removes it.
            with suppress(OSError):
                _remove(folder)


def _remove(folder: Path) -> None:
    held = os.open(folder, _FOLDER)
    try:
        fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
        if os.fstat(held).st_mtime < time.time() - _UNUSED_DAYS * 24 * 3600:
            # Whoever finds it under its name finds all of it.
            removed = folder.rename(folder.with_name(f"{_UNPACKING}no-more-{os.getpid()}-{time.time_ns()}"))
            shutil.rmtree(removed, ignore_errors=True)
    finally:
        os.close(held)
