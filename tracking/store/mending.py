"""Make the file of an SQLite store, and make it anew from the experiments' folders when it is broken."""

from __future__ import annotations

import logging
import sqlite3
from collections.abc import Sequence
from contextlib import closing, suppress
from pathlib import Path

from tracking.store.database_url import database_url
from tracking.store.faults import DatabaseUnavailable
from tracking.store.places import home_of
from tracking.store.roots import read_roots, roots_file
from tracking.store.sqlite_file import damage_of, locked, network_disk, set_aside, uses_wal, workshop

__all__ = ["make_missing", "mend", "suit_disk"]

logger = logging.getLogger(__name__)

_QUEUE_GONE = "jobs that were queued in it are to be added again"

_warned_of: set[Path] = set()


def make_missing(file: Path) -> None:
    """Make a database where none is, from the folders that an earlier one there knew.

    Raises:
        DatabaseUnavailable: the folder cannot be written.
    """
    with locked(file):
        if file.exists() and file.stat().st_size:
            # Another process was faster.
            return
        roots = _standing(read_roots(file))
        _make(file, roots)
    if roots:
        logger.warning("%s was gone; made it anew from the folders below %s; %s", file, _listed(roots), _QUEUE_GONE)


def mend(file: Path) -> str | None:
    """Set a database that is broken aside, and make it anew from folders; return what was done, None if it is whole.

    Raises:
        DatabaseUnavailable: the folder cannot be written.
    """
    if not file.parent.is_dir() or not (file.exists() or roots_file(file).exists()):
        # Its disk is gone rather than the file.
        return None
    with locked(file):
        damage = damage_of(file)
        if damage is None:
            return None
        roots = _standing(read_roots(file))
        aside = set_aside(file)
        _make(file, roots)
    kept = f"set aside as {aside.name}, and " if aside else ""
    source = f"from the folders below {_listed(roots)}" if roots else "empty, as no folders of experiments are known"
    done = f"{file}: was damaged ({damage}); {kept}made anew {source}; {_QUEUE_GONE}"
    logger.warning("%s", done)
    return done


def suit_disk(file: Path) -> None:
    """Warn of a network disk, and use no write-ahead log there: it needs memory that all processes share."""
    kind = network_disk(file)
    if kind is None or file in _warned_of:
        return
    _warned_of.add(file)
    logger.warning(
        "%s lies on a network disk (%s), where SQLite is slow and several machines can break it; "
        "keep it on a local disk, or use PostgreSQL",
        file,
        kind,
    )
    if uses_wal(file):
        # Where this may not be changed now, it works as badly as before.
        with suppress(DatabaseUnavailable, sqlite3.Error), locked(file):
            _set_journal(file, "DELETE")


def _make(file: Path, roots: Sequence[Path]) -> None:
    from tracking.indexing.rebuild import rebuild
    from tracking.store.database import Database

    with workshop(file) as new:
        new.touch()
        _set_journal(new, "DELETE" if network_disk(file) else "WAL")
        database = Database(database_url(new), home_of(file))
        database.upgrade()
        for problem in rebuild(database, roots).problems if roots else ():
            logger.warning("%s", problem)
        database.close()
        # A log that outlived its database would be played into the new one.
        Path(f"{file}-wal").unlink(missing_ok=True)


def _set_journal(file: Path, mode: str) -> None:
    with closing(sqlite3.connect(file, timeout=30.0)) as connection:
        connection.execute(f"PRAGMA journal_mode={mode}")


def _standing(roots: Sequence[Path]) -> list[Path]:
    return [root for root in roots if root.is_dir()]


def _listed(roots: Sequence[Path]) -> str:
    return ", ".join(map(str, roots))
