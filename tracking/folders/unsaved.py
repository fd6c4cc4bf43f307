"""What a run could not write into its folder before it ended: kept in the temporary folder, and put back later.

It is laid out as the experiment's folder is, under the experiment's id, and holds what is missing there: the lines to
append to ``.jsonl`` files, and other files whole.
"""

from __future__ import annotations

import logging
import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

from atomic_files import explain_os_error, write_text
from errors import AssayError
from tracking.folders.folder import JOURNAL, TRACKING, read_object

__all__ = ["keeping_folder", "private_folder", "put_back", "put_back_all"]

logger = logging.getLogger(__name__)

_OWNER = "belongs_to.txt"


def private_folder(purpose: str) -> Path:
    """Return a folder below the temporary one that is this user's alone; it is made.

    Raises:
        ResourceError: it cannot be made, or somebody else made it.
    """
    path = _root(purpose)
    try:
        path.mkdir(mode=0o700, exist_ok=True)
        if path.lstat().st_uid != os.getuid():
            raise PermissionError(13, "belongs to another user")
    except OSError as error:
        raise explain_os_error(error, path) from error
    return path


def _root(purpose: str) -> Path:
    return Path(tempfile.gettempdir()) / f"assay-{purpose}-{os.getuid()}"


def keeping_folder(folder: Path, experiment_id: str) -> Path:
    """Make the place for what ``folder`` lacks of an experiment, and return it.

    Raises:
        ResourceError: nothing can be written there either.
    """
    place = private_folder("unsaved") / experiment_id
    write_text(place / _OWNER, str(folder))
    return place


def put_back_all() -> Iterator[Path]:
    """Put back all that can be, and yield the folders that got something."""
    try:
        kept = sorted(private_folder("unsaved").iterdir()) if _root("unsaved").is_dir() else []
    except (OSError, AssayError):
        return
    for place in kept:
        try:
            folder = Path((place / _OWNER).read_text(encoding="utf-8"))
        except OSError:
            continue
        if put_back(folder):
            yield folder


def put_back(folder: Path) -> bool:
    """Put into an experiment's folder what it lacks; return whether that was something, and could be written."""
    root = _root("unsaved")
    if not root.is_dir():
        return False
    place = root / str(read_object(folder / TRACKING).get("id"))
    if not (place / _OWNER).is_file() or place.stat().st_uid != os.getuid():
        return False
    # Renamed first: two processes must not both append it.
    mine = place.with_name(f".{place.name}-{os.getpid()}")
    try:
        place.rename(mine)
    except OSError:
        return False
    try:
        _move_into(mine, folder)
    except OSError as error:
        logger.debug("%s: %s", folder, error)
        mine.rename(place)
        return False
    shutil.rmtree(mine, ignore_errors=True)
    logger.info("%s: has now what could not be written before", folder)
    return True


def _move_into(place: Path, folder: Path) -> None:
    """Move file by file, the journal last: whatever is moved is not there any more if this has to be done again."""
    files = [each for each in sorted(place.rglob("*")) if each.is_file() and each.name != _OWNER]
    for file in sorted(files, key=lambda each: each.name == JOURNAL):
        target = folder / file.relative_to(place)
        target.parent.mkdir(parents=True, exist_ok=True)
        if file.suffix == ".jsonl" and file.parent == place:
            _append(target, file.read_bytes(), whole_lines=file.name == JOURNAL)
        else:
            shutil.copyfile(file, target)
        file.unlink()


def _append(target: Path, data: bytes, *, whole_lines: bool) -> None:
    """Append all of ``data`` or nothing."""
    with target.open("ab", buffering=0) as file:
        size = file.tell()
        if whole_lines and size and not target.read_bytes().endswith(b"\n"):
            data = b"\n" + data
        try:
            while data:
                data = data[file.write(data) :]
        except OSError:
            file.truncate(size)
            raise
