"""The suite that faults befall, and what must be said of it at the end, whatever happened on the way."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

from filelock import FileLock, Timeout

from tracking.folders.folder import ExperimentFolder
from tracking.queue.queue import Queue
from tracking.queue.records import QueueState
from tracking.reading.overview import overview
from tracking.store.database import Database

__all__ = [
    "SMALL",
    "SuiteSize",
    "arguments",
    "content",
    "faults_of_folder",
    "faults_of_queue",
    "faults_of_store",
    "finished",
    "steps",
]

_KEPT = ("success", "metrics", "strategy_report", "train_steps", "train_rows", "key")


class SuiteSize(NamedTuple):
    """How much is made."""

    seeds: int = 2
    """Of each of two variants."""
    rows: int = 96
    """To train on."""
    epochs: int = 3
    """Each ends with a checkpoint."""

    @property
    def runs(self) -> int:
        """How many experiments there are."""
        return 2 * self.seeds


SMALL = SuiteSize()


def arguments(folder: Path, size: SuiteSize = SMALL) -> tuple[str, ...]:
    """Return what makes short runs, of which one also records the data map that others wait for.

    Args:
        folder: where they go.
        size: how many, and how long.
    """
    seeds = (str(seed) for seed in range(1, size.seeds + 1))
    what = ("--suite", "minimal", "--seeds", *seeds, "--eval-datasets", "--experiments-dir", str(folder))
    rows = ("--max-train-samples", str(size.rows), "--max-eval-samples", "32", "--per-device-train-batch-size", "16")
    return (*what, *rows, "--num-train-epochs", str(size.epochs))


def content(folder: Path) -> dict[str, Any]:
    """Return everything that must be equal: metrics, predictions, weights, losses, data maps."""
    found: dict[str, Any] = {}
    for run in sorted(path.parent for path in folder.glob("*/results.json")):
        results = json.loads((run / "results.json").read_text())
        found[run.name] = {name: results.get(name) for name in _KEPT}
        for name in ("eval_predictions.jsonl", "model.safetensors"):
            path = run / "trainer_output" / name
            found[f"{run.name}/{name}"] = path.read_bytes() if path.is_file() else None
        points = map(json.loads, (run / "metrics.jsonl").read_text().splitlines())
        found[f"{run.name}/loss"] = [(each["step"], each["value"]) for each in points if each["name"] == "train/loss"]
    for table in sorted(folder.glob("shared/data_map_*/cartography_metrics.csv")):
        found[table.parent.name] = table.read_bytes()
    return found


def faults_of_folder(folder: Path, undisturbed: Mapping[str, Any]) -> list[str]:
    """Return in words what is wrong with a suite that has ended.

    Args:
        folder: of the suite.
        undisturbed: :func:`content` of the same suite that nothing befell.
    """
    found = content(folder)
    wrong = [f"{name} differs" for name in sorted(found.keys() & undisturbed) if found[name] != undisturbed[name]]
    wrong += [f"{name} is missing" for name in sorted(undisturbed.keys() - found)]
    wrong += [f"{name} is too many" for name in sorted(found.keys() - undisturbed)]
    return [*wrong, *_completed_otherwise(folder), *_half_written(folder), *_held_locks(folder)]


def _completed_otherwise(folder: Path) -> list[str]:
    """Each run is to be completed once: journals say when."""
    wrong = []
    for path in sorted(folder.glob("*/journal.jsonl")):
        events = ExperimentFolder(path.parent).journal()
        ends = [each.content["status"] for each in events if each.event in ("finished", "judged")]
        if ends.count("completed") != 1 or ends[-1] != "completed":
            wrong.append(f"{path.parent.name} ended as {', '.join(ends)}")
    return wrong


def _half_written(folder: Path) -> list[str]:
    wrong = []
    for path in sorted(folder.rglob("*")):
        relative = path.relative_to(folder)
        if path.suffix in (".tmp", ".part") or path.name.startswith(("tmp", ".tmp")) or "checkpoint-" in path.name:
            wrong.append(f"{relative} was left behind")
        elif path.suffix == ".json":
            try:
                json.loads(path.read_text())
            except ValueError:
                wrong.append(f"{relative} is no JSON")
        elif path.suffix == ".jsonl" and not path.read_bytes().endswith(b"\n") and path.stat().st_size:
            wrong.append(f"{relative} ends within a line")
    return wrong


def _held_locks(folder: Path) -> list[str]:
    wrong = []
    for path in sorted([*folder.glob(".locks/*.lock"), *folder.glob("shared/*/.lock")]):
        try:
            with FileLock(path, timeout=0):
                pass
        except Timeout:
            wrong.append(f"{path.relative_to(folder)} is held")
    return wrong


def faults_of_store(url: str, runs: int) -> list[str]:
    """Return in words what is wrong with the store's account of a suite of so many runs."""
    database = Database.open(url)
    try:
        statuses = Counter(str(status) for status, number in overview(database).counts.items() for _ in range(number))
    finally:
        database.close()
    return [] if statuses == {"completed": runs} else [f"the store counts {dict(statuses)}"]


def faults_of_queue(url: str) -> list[str]:
    """Return in words what is wrong with the store's queue when everything in it was to be done."""
    database = Database.open(url)
    try:
        jobs = Queue(database).jobs()
    finally:
        database.close()
    wrong = [] if jobs else ["nothing was queued"]
    for each in jobs:
        if each.state != QueueState.COMPLETED:
            wrong.append(f"{each.job.name} is {each.state}: {each.reason}")
        well = [attempt for attempt in each.attempts if attempt.kind is None]
        if len(well) != 1 or well[0].finished_at is None:
            wrong.append(f"{each.job.name} was completed {len(well)} times")
    return wrong


def steps(folder: Path, pattern: str = "*") -> int:
    """Return how many steps the runs that match have logged in all."""
    return sum(path.read_text().count('"train/loss"') for path in folder.glob(f"{pattern}/metrics.jsonl"))


def finished(folder: Path) -> int:
    """Return how many experiments are finished."""
    return len(list(folder.glob("*/results.json")))
