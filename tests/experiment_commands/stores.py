"""Small stores for tests of commands: folders as runs leave them, taken in."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

import experiment_cli
from tests.experiment_folders import config_mapping, write_metrics_file, write_run
from tracking.folders.folder import ExperimentFolder
from tracking.indexing.index import sync_folders
from tracking.store.database import Database

__all__ = ["FIRST_START", "Command", "add_evaluation", "add_run", "take_in"]

FIRST_START = datetime(2026, 3, 1, 12, tzinfo=UTC)

Series = Mapping[str, Mapping[int, float]]


def add_run(
    root: Path,
    variant: str,
    seed: int,
    metrics: Mapping[str, float],
    strategies: Sequence[Mapping[str, Any]] = (),
    series: Series | None = None,
    **fields: Any,
) -> Path:
    """Write a tracked, finished run whose id is known: ``exp_20260301_1200NN_<position in hex>``.

    ``config`` in ``fields`` are fields of config.json; all others are of results.json and environment.json.
    """
    root.mkdir(parents=True, exist_ok=True)
    position = sum(1 for _ in root.iterdir())
    started_at = FIRST_START + timedelta(minutes=position)
    finished_at = started_at + timedelta(seconds=fields.pop("seconds", 60))
    machine, code = fields.pop("machine", {"python": "3.11.7", "packages": {"torch": "2.9.0"}}), fields.pop("git", {})
    data_files, gpus = fields.pop("data_files", []), fields.pop("gpus", [])
    ended = fields.pop("ended", "completed")
    config = config_mapping(f"{variant}_seed{seed}", seed, strategies, **fields.pop("config", {}))
    times = {"started_at": started_at.isoformat(), "finished_at": finished_at.isoformat()}
    seconds = (finished_at - started_at).total_seconds()
    folder = write_run(root, config, metrics, strategy=variant, duration_seconds=seconds, git=code, **times, **fields)
    environment = {
        "started_at": times["started_at"],
        "machine": {**machine, "gpus": gpus},
        "git": code,
        "data_files": data_files,
    }
    (folder / "environment.json").write_text(json.dumps(environment))
    tracked = ExperimentFolder(folder)
    identity = f"exp_{started_at:%Y%m%d_%H%M%S}_{position:06x}"
    tracked.identify(identity, config["name"], started_at.timestamp(), variant=variant)
    host = {"host": "node-1", "user": "ada", "command": "python run_experiments.py --mode run"}
    tracked.append("started", started_at.timestamp(), **host)
    tracked.append("finished", finished_at.timestamp(), status=ended)
    write_metrics_file(folder, series or {})
    return folder


def add_evaluation(
    folder: Path,
    benchmark: str,
    metrics: Mapping[str, float],
    samples: Sequence[Mapping[str, Any]],
    indexed: bool = True,
) -> None:
    """Write an evaluation with its samples."""
    path = folder / "evaluations" / f"{benchmark}.jsonl"
    path.parent.mkdir(exist_ok=True)
    path.write_text("".join(f"{json.dumps(sample)}\n" for sample in samples))
    content: dict[str, Any] = {
        "benchmark": benchmark,
        "metrics": dict(metrics),
        "num_samples": len(samples),
        "indexed": indexed,
    }
    ExperimentFolder(folder).append("evaluation", samples_file=str(path.relative_to(folder)), **content)


def take_in(*folders: Path) -> None:
    """Take folders into the store that commands open by default in a test."""
    database = Database.open(os.environ["EXPERIMENTS_DB_URL"])
    list(sync_folders(database, folders))
    database.close()


class Command:
    """Runs commands in this process as a terminal of 100 columns would."""

    def __init__(self, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
        self._capsys = capsys
        monkeypatch.setenv("COLUMNS", "100")

    def __call__(self, *arguments: str) -> tuple[int, str, str]:
        """Return exit status, output and errors."""
        self._capsys.readouterr()
        status = experiment_cli.main(arguments)
        printed = self._capsys.readouterr()
        return status, printed.out, printed.err

    def json(self, *arguments: str) -> Any:
        """Return what ``--json`` prints."""
        status, output, errors = self(*arguments, "--json")
        assert status == 0, errors
        return json.loads(output)
