"""The file of an SQLite store: whether it is one, whether it is whole, and what lies beside it."""

from __future__ import annotations

import os
import shutil
import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from atomic_files import explain_os_error
from tracking.store.faults import DatabaseUnavailable

__all__ = ["begins_like_sqlite", "damage_of", "locked", "network_disk", "set_aside", "uses_wal", "workshop"]

_WAL_VERSION = 2
_LOCK_SECONDS = 300.0
_MOUNTS = Path("/proc/self/mounts")
_NETWORK_DISKS = frozenset(
    {"9p", "afs", "beegfs", "ceph", "cifs", "glusterfs", "gpfs", "lustre", "ncpfs", "nfs", "nfs4", "pvfs2", "smb2"}
    | {"smb3", "smbfs", "wekafs", "fuse.ceph", "fuse.gcsfuse", "fuse.glusterfs", "fuse.s3fs", "fuse.sshfs"}
)


def begins_like_sqlite(file: Path) -> bool:
    """Whether SQLite takes a file for a database, whole or broken.

    Nobody but SQLite opens the file for this: a process that closes it by other means loses the locks of all its
    connections to it.

    Raises:
        DatabaseUnavailable: the file cannot be read.
    """
    address = f"{file.absolute().as_uri()}?mode=ro&immutable=1"
    try:
        with closing(sqlite3.connect(address, uri=True)) as connection:
            connection.execute("PRAGMA schema_version")
    except sqlite3.OperationalError as error:
        raise DatabaseUnavailable(f"{file}: cannot be read ({error})") from error
    except sqlite3.DatabaseError as error:
        return error.sqlite_errorname != "SQLITE_NOTADB"
    return True


def uses_wal(file: Path) -> bool:
    """Whether the database keeps a write-ahead log; to be asked only before this process has the file open.

    Raises:
        DatabaseUnavailable: the file cannot be read.
    """
    try:
        with file.open("rb") as opened:
            head = opened.read(20)
    except OSError as error:
        raise DatabaseUnavailable(f"{file}: cannot be read ({error.strerror})") from error
    return len(head) > 18 and head[18] == _WAL_VERSION


def damage_of(file: Path) -> str | None:
    """Return what is wrong with a database file that gave trouble; None where it is whole.

    This reads the whole file.
    """
    if not file.exists():
        return "it is gone"
    if not file.stat().st_size:
        return "it is empty"
    if not begins_like_sqlite(file):
        return "it does not begin like a database"
    try:
        with closing(sqlite3.connect(file, timeout=30.0)) as connection:
            found = str(connection.execute("PRAGMA quick_check(1)").fetchone()[0])
    except sqlite3.OperationalError:
        # Locked, or not readable now: no proof of damage.
        return None
    except sqlite3.DatabaseError as error:
        return str(error)
    return None if found == "ok" else " ".join(found.split())


def set_aside(file: Path) -> Path | None:
    """Rename a damaged file to ``<file>.corrupt-<time>``, its log with it; return the new name, None if it is gone.

    Without this, the log of the old file would be played into the new one.
    """
    aside = _unused(f"{file}.corrupt-{time.strftime('%Y%m%d-%H%M%S')}")
    for suffix in ("-wal", ""):
        beside = Path(f"{file}{suffix}")
        if beside.exists():
            beside.rename(f"{aside}{suffix}")
    Path(f"{file}-shm").unlink(missing_ok=True)
    return aside if aside.exists() else None


def _unused(name: str) -> Path:
    path, number = Path(name), 1
    while path.exists():
        path, number = Path(f"{name}-{number}"), number + 1
    return path


@contextmanager
def workshop(file: Path) -> Iterator[Path]:
    """Yield a path to make a database at, in a folder of its own; on success it becomes ``file`` at one stroke.

    Who calls holds the lock, so what an earlier attempt left here belongs to nobody.
    """
    folder = file.parent / f".{file.name}.new"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    try:
        yield folder / file.name
        (folder / file.name).replace(file)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def locked(file: Path) -> Iterator[None]:
    """Let one process at a time create, repair or upgrade a database file.

    Raises:
        DatabaseUnavailable: the folder cannot be written, or another process holds the lock for minutes.
    """
    # Only a store that is made or changed is locked, and commands that read one are not to wait for this.
    from filelock import FileLock, Timeout

    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        with FileLock(f"{file}.lock", timeout=_LOCK_SECONDS):
            yield
    except Timeout as error:
        raise DatabaseUnavailable(f"{file}: another process has been preparing it for minutes; try again") from error
    except DatabaseUnavailable:
        raise
    except OSError as error:
        raise DatabaseUnavailable(str(explain_os_error(error, file))) from error


def network_disk(file: Path, mounts: str | None = None) -> str | None:
    """Return the kind of network file system that a file lies on; None for a local disk, or where nobody can tell.

    Args:
        file: the file; it need not exist.
        mounts: what ``/proc/self/mounts`` says.
    """
    if mounts is None:
        try:
            mounts = _MOUNTS.read_text(encoding="utf-8", errors="replace")
        except OSError:
            return None
    place = Path(os.path.realpath(file))
    kinds = {}
    for line in mounts.splitlines():
        _, point, kind, *_ = line.split(" ")
        kinds[Path(point.replace("\\040", " "))] = kind
    kind = next((kinds[folder] for folder in (place, *place.parents) if folder in kinds), "")
    return kind if kind in _NETWORK_DISKS else None
