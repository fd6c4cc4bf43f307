"""What can be said of an experiment while it runs."""

from __future__ import annotations

import logging
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from errors import AssayError
from tracking.recording.attempt import Attempt
from tracking.recording.opening import words

__all__ = ["Recorder", "TrackerStateError"]

logger = logging.getLogger(__name__)


class TrackerStateError(AssayError, RuntimeError):
    """A tracker was asked for something that it cannot do now: log before the start, or after the end."""


class Recorder:
    """Logs to the attempt that is running. Where this process does not track, all methods return at once."""

    def __init__(self) -> None:
        self._attempt: Attempt | None = None
        self._latest: Attempt | None = None
        self._process = os.getpid()
        self._is_silent = os.environ.get("RANK", "0") != "0"
        self._is_closed = False
        self._has_warned_of_fork = False

    @property
    def is_running(self) -> bool:
        """Whether an experiment is running, to which can be logged."""
        return self._attempt is not None

    @property
    def experiment_id(self) -> str | None:
        """Id of the experiment that is running, or of the last one; None before the first."""
        return self._latest.experiment_id if self._latest is not None else None

    @property
    def folder(self) -> Path | None:
        """Folder of the experiment that is running, or of the last one; None before the first."""
        return self._latest.folder.path if self._latest is not None else None

    def log_metrics(self, metrics: Mapping[str, Any], step: int | None = None) -> None:
        """Log values of metrics; returns within microseconds, and what is logged is in the folder within a second.

        Args:
            metrics: names to numbers: Python's, numpy's or torch's. A tensor on an accelerator is not waited for. What
                is no single number is left out, with one warning; nan and infinity are kept.
            step: where the values belong; by default each metric counts on from its last step.

        Raises:
            ConfigError: the metrics are no mapping, or the step is no whole number.
            TrackerStateError: no experiment is running.
        """
        attempt = self._attempt
        if attempt is None or self._process != os.getpid():
            attempt = self._running()
        if attempt is not None:
            attempt.metrics.add(metrics, step)

    def log_checkpoint(self, path: str | Path, step: int | None = None) -> None:
        """Record that a checkpoint lies at ``path``, with its size.

        Raises:
            TrackerStateError: no experiment is running.
        """
        self._log_artifact(path, "checkpoint", step)

    def log_artifact(self, path: str | Path, kind: str = "file") -> None:
        """Record a file or folder that the experiment made; ``kind`` is ``checkpoint``, ``model`` or ``file``.

        Raises:
            TrackerStateError: no experiment is running.
        """
        self._log_artifact(path, kind, None)

    def _log_artifact(self, path: str | Path, kind: str, step: int | None) -> None:
        attempt = self._running()
        if attempt is not None:
            attempt.artifact(path, kind, step)

    def log_evaluation(self, benchmark: str, result: Any, samples_file: str | Path | None = None) -> None:
        """Record a benchmark's result; a later one on the same benchmark replaces it.

        Args:
            benchmark: its name.
            result: metrics, and results per sample where there are any; see
                :func:`tracking.recording.evaluation_results.read_result`.
            samples_file: a file in the experiment's folder that holds the samples, one JSON line each. They are read
                from there when somebody asks for them.

        Raises:
            ConfigError: there is neither a metric nor a sample in the result.
            TrackerStateError: no experiment is running.
        """
        attempt = self._running()
        if attempt is not None:
            attempt.evaluation(benchmark, result, samples_file)

    def log_results(self, metrics: Mapping[str, Any], primary_metric: str | None = None) -> None:
        """Declare final metrics, apart from the curves; ``primary_metric`` is the one to compare by.

        Raises:
            TrackerStateError: no experiment is running.
        """
        self._record("results", metrics=metrics, primary_metric=primary_metric)

    def expect_steps(self, total_steps: int) -> None:
        """Say how many steps the training will take, so that others see how far it is.

        Raises:
            TrackerStateError: no experiment is running.
        """
        self._record("length", total_steps=total_steps)

    def add_note(self, text: str) -> None:
        """Add a note.

        Raises:
            TrackerStateError: no experiment is running.
        """
        self._record("note", text=text)

    def add_tags(self, tags: Sequence[str | None] | None) -> None:
        """Add tags; a single string is one tag, and what is None or empty is left out.

        Raises:
            ConfigError: a tag is too long or of several lines.
            TrackerStateError: no experiment is running.
        """
        self._record("tags", add=words(tags), remove=[])

    def _record(self, event: str, **content: Any) -> None:
        attempt = self._running()
        if attempt is not None:
            attempt.record(event, **content)

    def _is_mute(self) -> bool:
        """Whether this process does not track: another rank does, or the process that it was forked from."""
        if self._is_closed:
            raise TrackerStateError("this tracker is closed; make a new ExperimentTracker")
        if self._is_forked() and not self._has_warned_of_fork:
            self._has_warned_of_fork = True
            logger.warning(
                "this process (%d) was forked from the one that tracks (%d): nothing is tracked here; "
                "log from there, or make an ExperimentTracker of its own here",
                os.getpid(),
                self._process,
            )
        return self._is_silent or self._is_forked()

    def _is_forked(self) -> bool:
        return self._process != os.getpid()

    def _running(self) -> Attempt | None:
        """Return the attempt to log to, or None where this process does not track."""
        if self._is_mute():
            return None
        if self._attempt is None:
            raise TrackerStateError("no experiment is running; call start_experiment() first")
        return self._attempt
