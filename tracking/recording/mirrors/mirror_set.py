"""Runs mirrors, each in a thread of its own behind a bounded queue, so that none can hold up or break anything."""

from __future__ import annotations

import logging
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from errors import ConfigError
from registry import Registry, nearest
from tracking.folders.metric_points import MetricPoint
from tracking.recording.mirrors.base import Mirror, MirrorStart

__all__ = ["LOCAL", "MIRRORS", "MirrorSet"]

logger = logging.getLogger(__name__)

MIRRORS: Registry[type[Mirror]] = Registry("mirrors")
MIRRORS.register("mlflow", "tracking.recording.mirrors.mlflow_mirror:MlflowMirror")
MIRRORS.register("tensorboard", "tracking.recording.mirrors.tensorboard_mirror:TensorboardMirror")
MIRRORS.register("trackio", "tracking.recording.mirrors.trackio_mirror:TrackioMirror")
MIRRORS.register("wandb", "tracking.recording.mirrors.wandb_mirror:WandbMirror")

MOST_BATCHES = 10_000
LOCAL = "local"

Call = Callable[[], None]


class MirrorSet:
    """The mirrors of one tracker.

    Args:
        names: of registered mirrors; ``local``, the store itself, is passed over.

    Raises:
        ConfigError: no such mirror.
    """

    def __init__(self, names: Iterable[str]) -> None:
        self._classes = {name: _class_of(name) for name in names if name != LOCAL}
        self._threads: list[_MirrorThread] = []

    def start(
        self, experiment_id: str, name: str, config: Mapping[str, Any], folder: Path, tags: Sequence[str]
    ) -> tuple[Callable[[Sequence[MetricPoint]], None], ...]:
        """Begin an experiment in every mirror, and return whom to tell of points."""
        start = MirrorStart(experiment_id, name, config, folder.absolute(), tags)
        self._threads = [_MirrorThread(each, mirror(), start) for each, mirror in self._classes.items()]
        return tuple(thread.log for thread in self._threads)

    def finish(self, status: str, timeout: float) -> None:
        """End the experiment in every mirror; none is waited for longer than ``timeout`` seconds."""
        threads, self._threads = self._threads, []
        for thread in threads:
            thread.finish(status)
        deadline = time.monotonic() + timeout
        for thread in threads:
            thread.join(max(0.0, deadline - time.monotonic()))


def _class_of(name: str) -> type[Mirror]:
    if name not in MIRRORS:
        known = [LOCAL, *MIRRORS.names()]
        raise ConfigError(f"backends: unknown name {name!r}{nearest(name, known)} (known: {', '.join(known)})")
    return MIRRORS.get(name)


class _MirrorThread:
    """One mirror at work."""

    def __init__(self, name: str, mirror: Mirror, start: MirrorStart) -> None:
        self._name = name
        self._mirror = mirror
        self._calls: deque[Call | None] = deque()
        self._condition = threading.Condition()
        self._is_broken = False
        self._dropped = 0
        self._put(lambda: mirror.start(start))
        self._thread = threading.Thread(target=self._work, name=f"mirror-{name}", daemon=True)
        self._thread.start()

    def log(self, points: Sequence[MetricPoint]) -> None:
        """Pass points on some time; drop them where the mirror is far behind."""
        if self._is_broken:
            return
        if len(self._calls) < MOST_BATCHES:
            self._put(lambda: self._mirror.log(points))
            return
        self._dropped += len(points)
        if self._dropped == len(points):
            logger.warning("mirror %s is too slow; points are left out there from now on", self._name)

    def finish(self, status: str) -> None:
        """End the experiment there, after all that waits."""
        self._put(lambda: self._mirror.finish(status))
        self._put(None)

    def join(self, timeout: float) -> None:
        """Wait for the end, and give up a mirror that does not come to it."""
        self._thread.join(timeout)
        if self._thread.is_alive():
            self._break(" does not answer")

    def _put(self, call: Call | None) -> None:
        with self._condition:
            self._calls.append(call)
            self._condition.notify()

    def _work(self) -> None:
        while (call := self._next()) is not None:
            try:
                call()
            except (Exception, SystemExit) as error:
                self._break(f": {_explain(error)}")

    def _break(self, why: str) -> None:
        """Give the mirror up, once."""
        with self._condition:
            if self._is_broken:
                return
            self._is_broken = True
            self._calls.clear()
            self._calls.append(None)
        logger.warning("mirror %s%s; going on without it, the local store has everything", self._name, why)

    def _next(self) -> Call | None:
        with self._condition:
            self._condition.wait_for(lambda: self._calls)
            return self._calls.popleft()


def _explain(error: BaseException) -> str:
    if isinstance(error, ImportError):
        return f"cannot be imported ({error}); install its package, or leave it out of the backends"
    first_line = (str(error).strip().splitlines() or [""])[0]
    return f"{type(error).__name__}: {first_line}"
