"""One attempt at an experiment, from its first line in the folder to its last."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from atomic_files import open_regular, write_json
from errors import ConfigError, ResourceError
from tracking.folders.folder import METRICS, TRACKING, ExperimentFolder
from tracking.folders.samples import write_samples
from tracking.folders.unsaved import keeping_folder
from tracking.recording.evaluation_results import read_result
from tracking.recording.evaluation_results import samples_file as file_of_samples
from tracking.recording.exits import Outcome, TerminationNotice
from tracking.recording.folder_writer import FolderWriter, Listener
from tracking.recording.metric_log import MetricLog
from tracking.recording.plain import plain
from tracking.statuses import Status

__all__ = ["Attempt"]

_MOST_INDEXED_SAMPLES = 100_000


class Attempt:
    """What a running attempt writes into its folder. Nothing here raises because a disk is full.

    Args:
        experiment_id: whose attempt it is.
        folder: the experiment's folder, identified already.
        number: from 1.
        listeners: told of each batch of points.
    """

    def __init__(
        self, experiment_id: str, folder: ExperimentFolder, number: int, listeners: tuple[Listener, ...] = ()
    ) -> None:
        self.experiment_id = experiment_id
        self.folder = folder
        self.number = number
        self.notice = TerminationNotice()
        self.metrics = MetricLog(folder.path / METRICS)
        self._writer = FolderWriter(folder.path, self.metrics, listeners, self._keep_elsewhere)
        self._target = folder

    def record(self, event: str, **content: Any) -> None:
        """Add an event to the journal, with the time of now even if it can be written only later."""
        moment, values = time.time(), plain(content)
        self._writer.do(lambda: self._place().append(event, moment, **values))

    def write(self, name: str, content: Mapping[str, Any]) -> None:
        """Write a file of JSON into the folder, whole or not at all."""
        self._writer.do(lambda: write_json(self._place().path / name, content))

    def artifact(self, path: str | Path, kind: str, step: int | None) -> None:
        """Record a file or folder that the attempt made."""
        place = Path(path).absolute()
        root = self.folder.path.absolute()
        shown = place.relative_to(root) if place.is_relative_to(root) else place
        self.record("artifact", path=str(shown), kind=kind, step=step, size_bytes=_size(place))

    def evaluation(self, benchmark: str, result: Any, samples_file: str | Path | None = None) -> None:
        """Write a benchmark's result: its metrics to the journal, its samples to a file, unless they lie in one.

        Raises:
            ConfigError: the result holds neither metrics nor samples, or its file lies outside of the folder.
        """
        metrics, samples = read_result(benchmark, result)
        if samples_file is not None:
            root = self.folder.path.resolve()
            place = (root / samples_file).resolve()
            if not place.is_relative_to(root):
                raise ConfigError(f"evaluation {benchmark}: {samples_file} does not lie in {root}")
            shown = str(place.relative_to(root))
            event = _evaluation(benchmark, metrics, _count_lines(place), shown, indexed=False)
            self.record("evaluation", **event)
            return
        file = file_of_samples(benchmark) if samples else None
        event = _evaluation(benchmark, metrics, len(samples), file, indexed=len(samples) <= _MOST_INDEXED_SAMPLES)
        moment = time.time()

        def write() -> None:
            if file is not None:
                write_samples(self._place().path / file, samples)
            self._place().append("evaluation", moment, **event)

        self._writer.do(write)

    def flush(self, timeout: float) -> bool:
        """Write everything; return whether it is in the folder."""
        return self._writer.flush(timeout)

    def finish(self, outcome: Outcome, timeout: float) -> bool:
        """Write the last points and how it ended; return whether everything is in the folder."""
        now = time.time()
        if outcome.status == Status.LOST:
            self.record("judged", attempt=self.number, status=outcome.status, evidence=outcome.reason, finished_at=now)
        else:
            self.record("finished", attempt=self.number, **outcome._asdict())
        complete = self._writer.close(timeout)
        self.notice.release()
        return complete

    def _place(self) -> ExperimentFolder:
        """Return where to write. A folder that was moved away is not made anew: nothing in it would say whose it is."""
        if self._target is self.folder and not (self.folder.path / TRACKING).exists():
            raise ResourceError(f"{self.folder.path}: the experiment's folder is gone; was it moved or deleted?")
        return self._target

    def _keep_elsewhere(self) -> Path:
        place = keeping_folder(self.folder.path, self.experiment_id)
        self._target = ExperimentFolder(place)
        self.metrics.move(place / METRICS)
        return place


def _size(path: Path) -> int | None:
    try:
        files: Iterable[Path] = [path] if path.is_file() else [each for each in path.rglob("*") if each.is_file()]
        return sum(file.stat().st_size for file in files) if path.exists() else None
    except OSError:
        return None


def _evaluation(
    benchmark: str, metrics: Mapping[str, float], num_samples: int, samples_file: str | None, *, indexed: bool
) -> dict[str, Any]:
    values = {"benchmark": benchmark, "metrics": metrics, "num_samples": num_samples}
    return {**values, "samples_file": samples_file, "indexed": indexed}


def _count_lines(path: Path) -> int:
    try:
        with open_regular(path) as file:
            return sum(1 for _ in file)
    except OSError:
        return 0
