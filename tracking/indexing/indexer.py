"""The one thread that takes folders into the database, so that neither training nor writing waits for it."""

from __future__ import annotations

import logging
import threading
import time
from collections import deque
from collections.abc import Mapping
from pathlib import Path

from sqlalchemy import URL

from errors import AssayError
from tracking.folders.folder import CONFIG, ENVIRONMENT, JOURNAL, METRICS, RESULTS, TRACKING
from tracking.indexing.behind import clear_mark, marked_folders, set_mark
from tracking.indexing.endings import Ending, settle
from tracking.indexing.index import sync_folders
from tracking.store.database import Database, DatabaseMended
from tracking.store.database_url import shown_url

__all__ = ["Indexer"]

logger = logging.getLogger(__name__)

_SHORTEST_PAUSE_SECONDS = 1.0
_LONGEST_PAUSE_SECONDS = 5.0
_LONGEST_BACKOFF_SECONDS = 30.0
_SILENT_SECONDS = 2.0
"""For so long people wait without being told what for."""
_WATCHED = (TRACKING, JOURNAL, CONFIG, ENVIRONMENT, RESULTS, METRICS)

_Look = tuple[tuple[int, int] | None, ...]


class Indexer:
    """Notices every second or few what changed in the folders it watches, whoever wrote it, and takes it in.

    A database that is away costs nothing but time: one warning, further tries with growing pauses, and everything is
    taken in when it is back.

    Args:
        database: an open store, or the URL to open when it is first needed.
    """

    def __init__(self, database: Database | URL) -> None:
        self._given = database if isinstance(database, Database) else None
        self._database = self._given
        self.url = database.url if isinstance(database, Database) else database
        self._seen: dict[Path, _Look | None] = {}
        self._retired: set[Path] = set()
        self._endings: deque[Ending] = deque()
        self._condition = threading.Condition()
        self._asked = self._answered = 0
        self._complete = True
        self._stopping = False
        self._failed_at: float | None = None
        self._failures = 0
        self._next_try = 0.0
        self._pause = _SHORTEST_PAUSE_SECONDS
        self._thread = threading.Thread(target=self._work, name="experiment-indexer", daemon=True)
        self._thread.start()

    def watch(self, folder: Path) -> None:
        """Keep a folder's rows up to date from now on, and catch up with folders beside it that were left behind."""
        behind = marked_folders(folder.parent, self.url)
        with self._condition:
            self._retired.discard(folder)
            self._seen.setdefault(folder, None)
            for each in behind:
                if each not in self._seen:
                    self._seen[each] = None
                    self._retired.add(each)

    def retire(self, folder: Path) -> None:
        """Stop watching a folder once everything in it is taken in."""
        with self._condition:
            if folder in self._seen:
                self._retired.add(folder)

    def settle(self, ending: Ending) -> None:
        """Have an ending written into the database that the experiment's folder does not take."""
        with self._condition:
            self._endings.append(ending)

    def sync(self, timeout: float) -> bool:
        """Take in what changed now; return whether the database has everything, waiting at most ``timeout`` seconds."""
        with self._condition:
            self._asked += 1
            wanted = self._asked
            self._condition.notify_all()
            answered = self._condition.wait_for(lambda: self._answered >= wanted, min(timeout, _SILENT_SECONDS))
            if not answered and timeout > _SILENT_SECONDS:
                self._say_what_is_waited_for(timeout - _SILENT_SECONDS)
                answered = self._condition.wait_for(lambda: self._answered >= wanted, timeout - _SILENT_SECONDS)
        if not answered:
            self._mark_all()
        return answered and self._complete

    def _say_what_is_waited_for(self, seconds: float) -> None:
        logger.warning(
            "%s does not answer: it is locked by another process, or busy; waiting for at most %.0f s more, "
            "and what it lacks then is taken in later",
            self.url.database if self.url.drivername == "sqlite" else shown_url(self.url),
            seconds,
        )

    def close(self, timeout: float = 0.0) -> None:
        """Take in what is still missing, for at most ``timeout`` seconds; what the database lacks then stays marked."""
        with self._condition:
            behind = any(seen is None for seen in self._seen.values())
        if behind and timeout:
            self.sync(timeout)
        with self._condition:
            self._stopping = True
            self._condition.notify_all()
        self._thread.join(_SHORTEST_PAUSE_SECONDS)

    def forget_connections(self) -> None:
        """Leave a server's connections to the process that this one was forked from."""
        if self._database is not None:
            self._database.engine.dispose(close=False)

    # -- the thread -------------------------------------------------------------------------------------------------

    def _work(self) -> None:
        while True:
            with self._condition:
                if self._asked == self._answered and not self._stopping:
                    self._condition.wait(self._pause)
                if self._stopping:
                    break
                asked = self._asked
                asked_for = asked > self._answered
            begun = time.monotonic()
            if asked_for or begun >= self._next_try:
                self._round()
            # A slow database is asked less often: what it costs is to be a hundredth of the training's time.
            pause = 0.0 if asked_for else 100 * (time.monotonic() - begun)
            self._pause = min(max(_SHORTEST_PAUSE_SECONDS, pause), _LONGEST_PAUSE_SECONDS)
            with self._condition:
                self._answered = asked
                self._condition.notify_all()
        if self._database is not None and self._database is not self._given:
            self._database.close()

    def _round(self) -> None:
        """Take in every folder that looks other than when it was last taken in."""
        looks = {folder: _look(folder) for folder in self._watched()}
        changed = [folder for folder, look in looks.items() if look != self._seen[folder]]
        try:
            try:
                self._take_in(changed, looks)
            except DatabaseMended:
                # Who mended it has said so already.
                self._take_in(changed, looks)
        except Exception as error:
            # Not only what databases raise: no fault of the index may reach the training.
            self._fail(error, changed)
            return
        self._complete = True
        self._drop_retired(looks)
        if changed:
            self._recover(changed)

    def _take_in(self, folders: list[Path], looks: Mapping[Path, _Look]) -> None:
        reports = sync_folders(self._open(), folders) if folders else ()
        for folder, report in zip(folders, reports, strict=False):
            if report.problem is not None:
                logger.warning("%s", report.problem)
            self._seen[folder] = looks[folder]
            clear_mark(folder, self.url)
        # After the folders, whose last word it is.
        while self._endings:
            settle(self._open(), self._endings[0])
            self._endings.popleft()

    def _watched(self) -> list[Path]:
        with self._condition:
            return list(self._seen)

    def _drop_retired(self, looks: Mapping[Path, _Look]) -> None:
        with self._condition:
            done = [folder for folder in self._retired if looks.get(folder) == self._seen[folder]]
            for folder in done:
                del self._seen[folder]
            self._retired.difference_update(done)

    def _open(self) -> Database:
        if self._database is None:
            self._database = Database.open(self.url.render_as_string(hide_password=False))
        return self._database

    def _fail(self, error: Exception, folders: list[Path]) -> None:
        self._complete = False
        self._failures += 1
        self._next_try = time.monotonic() + min(2.0 ** (self._failures - 1), _LONGEST_BACKOFF_SECONDS)
        self._mark_all()
        if self._failed_at is None:
            self._failed_at = time.monotonic()
            trace = None if isinstance(error, AssayError) else error
            logger.warning(
                "%s; training goes on, everything is written in %s and will be taken in when the database is back",
                error,
                ", ".join(str(folder) for folder in folders[:3]),
                exc_info=trace,
            )
        if self._database is not self._given:
            # Opened anew, it is also checked anew.
            self._release()

    def _release(self) -> None:
        if self._database is not None:
            self._database.close()
            self._database = None

    def _recover(self, folders: list[Path]) -> None:
        self._failures, self._next_try = 0, 0.0
        if self._failed_at is not None:
            seconds = time.monotonic() - self._failed_at
            self._failed_at = None
            logger.info("the database is back after %.0f s; %d experiments have caught up", seconds, len(folders))

    def _mark_all(self) -> None:
        for folder in self._watched():
            if _look(folder) != self._seen.get(folder):
                set_mark(folder, self.url)


def _look(folder: Path) -> _Look:
    """Return sizes and times of the files that the database indexes."""

    def look(name: str) -> tuple[int, int] | None:
        try:
            status = (folder / name).stat()
        except OSError:
            return None
        return status.st_size, status.st_mtime_ns

    return tuple(look(name) for name in _WATCHED)
