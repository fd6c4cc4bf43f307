"""The one thread that writes an experiment's folder, so that the training loop waits for no disk."""

from __future__ import annotations

import logging
import threading
import time
from collections import deque
from collections.abc import Callable
from pathlib import Path

from errors import ResourceError
from tracking.folders.metric_points import MetricPoint
from tracking.recording.metric_log import MetricLog

__all__ = ["FolderWriter"]

logger = logging.getLogger(__name__)

_INTERVAL_SECONDS = 0.2
_SILENT_SECONDS = 2.0
"""For so long people wait without being told what for."""

Deed = Callable[[], None]
Listener = Callable[[list[MetricPoint]], None]


class FolderWriter:
    """Appends points some five times a second, and repeats deeds that failed while the disk was full.

    Args:
        folder: the experiment's folder.
        metrics: where its points wait.
        listeners: told of each batch of points.
        keep: lets deeds write elsewhere from now on, and returns where; called where the folder takes nothing at the
            end either.
    """

    def __init__(
        self,
        folder: Path,
        metrics: MetricLog,
        listeners: tuple[Listener, ...] = (),
        keep: Callable[[], Path] | None = None,
    ) -> None:
        self._folder = folder
        self._metrics = metrics
        self._keep = keep
        self._listeners = listeners
        self._deeds: deque[Deed] = deque()
        self._lock = threading.RLock()
        self._stopping = False
        self._failed_at = 0.0
        self._thread = threading.Thread(target=self._work, name="experiment-writer", daemon=True)
        self._thread.start()

    def do(self, deed: Deed) -> None:
        """Do something to the folder now; where the disk refuses, say so once and do it when it allows it.

        Args:
            deed: may be done again after it raised ResourceError.
        """
        with self._lock:
            self._deeds.append(deed)
            self._attempt()

    def flush(self, timeout: float) -> bool:
        """Write everything; return whether it is in the folder, trying for ``timeout`` seconds."""
        begun, told = time.monotonic(), False
        while not self._attempt():
            waited = time.monotonic() - begun
            if waited >= timeout:
                return False
            if waited >= _SILENT_SECONDS and not told:
                told = True
                logger.warning("%s: still cannot be written; trying for %.0f s more", self._folder, timeout - waited)
            time.sleep(_INTERVAL_SECONDS)
        return True

    def close(self, timeout: float) -> bool:
        """Write everything and end the thread; return whether everything is in the folder."""
        complete = self.flush(timeout)
        self._stopping = True
        self._metrics.crowded.set()
        self._thread.join(timeout)
        if not complete:
            self._rescue()
        self._metrics.report()
        return complete

    def _rescue(self) -> None:
        """Write elsewhere what the folder does not take."""
        with self._lock:
            try:
                place = self._keep() if self._keep is not None else None
            except ResourceError as error:
                logger.warning("%s", error)
                place = None
            if place is not None and self._attempt():
                logger.warning(
                    "%s: still cannot be written; the rest is in %s, from where the next run or "
                    "'experiment_cli.py status --reconcile' puts it back",
                    self._folder,
                    place,
                )
                return
        logger.warning(
            "%s: still cannot be written; %d events and the latest points are lost", self._folder, len(self._deeds)
        )

    def _work(self) -> None:
        while not self._stopping:
            if self._metrics.crowded.wait(_INTERVAL_SECONDS):
                self._metrics.crowded.clear()
            try:
                self._attempt()
            except Exception:
                # Whatever it is, later points may still be written.
                logger.exception("%s: writing failed", self._folder)

    def _attempt(self) -> bool:
        """Write what waits; return whether nothing is left."""
        with self._lock:
            try:
                while self._metrics.waiting:
                    self._tell(self._metrics.take())
                    self._metrics.write()
                while self._deeds:
                    self._begin_with(self._deeds.popleft())
            except ResourceError as error:
                self._announce(error)
                return False
            self._announce(None)
            return True

    def _begin_with(self, deed: Deed) -> None:
        try:
            deed()
        except ResourceError:
            self._deeds.appendleft(deed)
            raise

    def _tell(self, points: list[MetricPoint]) -> None:
        for listener in self._listeners if points else ():
            listener(points)

    def _announce(self, error: ResourceError | None) -> None:
        if error is not None and not self._failed_at:
            self._failed_at = time.monotonic()
            logger.warning("%s; training goes on, what is logged waits in memory until it can be written", error)
        elif error is None and self._failed_at:
            logger.info("%s: written again after %.0f s", self._folder, time.monotonic() - self._failed_at)
            self._failed_at = 0.0
