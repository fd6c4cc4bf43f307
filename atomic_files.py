"""Files that appear whole or not at all: write beside, fsync, rename."""

from __future__ import annotations

import errno
import json
import math
import os
import stat
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from numbers import Integral, Real
from pathlib import Path
from typing import Any, BinaryIO

from errors import DataError, ResourceError

__all__ = [
    "atomic_path",
    "check_writable",
    "explain_os_error",
    "finite",
    "open_regular",
    "read_json",
    "write_json",
    "write_text",
]


def explain_os_error(error: OSError, path: Path) -> ResourceError:
    """Turn an ``OSError`` met while writing ``path`` into an error that says what to do."""
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return ResourceError(
            f"{path}: the disk is full; free space or choose another folder, then run the same command"
        )
    if error.errno in (errno.EACCES, errno.EPERM, errno.EROFS, errno.ENOTDIR, errno.EEXIST):
        return ResourceError(f"{path}: cannot write here ({error.strerror}); choose a folder you may write to")
    return ResourceError(f"{path}: {error.strerror or error}")


@contextmanager
def atomic_path(path: Path) -> Iterator[Path]:
    """Yield a temporary path beside ``path``; on success it is synced and renamed to ``path``, else removed.

    Raises:
        ResourceError: the folder cannot be written or the disk is full.
    """
    temporary: Path | None = None
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(prefix=f".{path.name}.", suffix=path.suffix, dir=path.parent)
        os.close(handle)
        temporary = Path(name)
        yield temporary
        with temporary.open("rb") as written:
            os.fsync(written.fileno())
        temporary.chmod(0o666 & ~_UMASK)
        temporary.replace(path)
    except OSError as error:
        if isinstance(error, ResourceError):
            raise
        raise explain_os_error(error, path) from error
    finally:
        if temporary is not None:
            temporary.unlink(missing_ok=True)


def _read_umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask


# Read once, before there are threads: reading it sets it for a moment, for the whole process.
_UMASK = _read_umask()


def check_writable(folder: Path) -> None:
    """Refuse a folder that cannot be written, without leaving a new one behind.

    Raises:
        ResourceError: it, or the nearest folder above that exists, cannot be written.
    """
    existing = folder.absolute()
    while not existing.exists():
        existing = existing.parent
    if not existing.is_dir():
        raise ResourceError(f"{folder}: {existing} is a file; choose another folder")
    if not os.access(existing, os.W_OK | os.X_OK):
        raise explain_os_error(PermissionError(13, "Permission denied"), folder)
    if existing == folder.absolute():
        return
    try:
        # What may be written may yet take no folders, such as /proc.
        Path(tempfile.mkdtemp(prefix=".", dir=existing)).rmdir()
    except OSError as error:
        raise explain_os_error(error, folder) from error


def write_text(path: Path, text: str) -> None:
    """Write ``text`` to ``path`` atomically (UTF-8; halves of characters, as in odd file names, become ``?``)."""
    with atomic_path(path) as temporary:
        temporary.write_text(text, encoding="utf-8", errors="replace")


def write_json(path: Path, value: Any) -> None:
    """Write ``value`` as indented JSON atomically.

    Numbers that are not finite become null, so that any reader can parse it; numpy's numbers become plain ones.
    """
    write_text(path, json.dumps(finite(value), indent=2, ensure_ascii=False, allow_nan=False) + "\n")


def finite(value: Any) -> Any:
    """Return ``value`` with plain numbers, string keys and lists, and None where a number is not finite."""
    if isinstance(value, dict):
        return {str(key): finite(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [finite(item) for item in value]
    if isinstance(value, bool | int | str):
        return value
    if isinstance(value, Integral):
        return int(value)
    if isinstance(value, Real):
        return float(value) if math.isfinite(value) else None
    return value


def open_regular(path: Path) -> BinaryIO:
    """Open a file for reading; what else stands in its place is refused, since a pipe is waited for without end.

    Raises:
        OSError: it is missing, unreadable, or no ordinary file.
    """
    handle = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
    if not stat.S_ISREG(os.fstat(handle).st_mode):
        os.close(handle)
        raise OSError(errno.EINVAL, "not an ordinary file", str(path))
    return os.fdopen(handle, "rb")


def read_json(path: Path) -> Any:
    """Read a JSON file.

    Raises:
        DataError: the file is missing, unreadable or not valid JSON; the message says where it breaks off.
    """
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise DataError(f"{path}: no such file") from error
    except UnicodeDecodeError as error:
        raise DataError(f"{path}: not UTF-8 at byte {error.start}; save the file as UTF-8") from error
    except OSError as error:
        raise DataError(f"{path}: cannot be read ({error})") from error
    except json.JSONDecodeError as error:
        raise DataError(
            f"{path}: not valid JSON at line {error.lineno}, column {error.colno} ({error.msg}); is the file truncated?"
        ) from error
