"""``status``: what it prints, and what its exit status says to a script."""

from __future__ import annotations

import json
import os
import socket
import time
from pathlib import Path
from typing import Any

import pytest

from experiment_cli import main
from tracking.folders.folder import ExperimentFolder
from tracking.indexing.index import sync_folder
from tracking.processes import boot_id, process_started
from tracking.store.database import Database

GONE = 2**22 + 1


@pytest.fixture(autouse=True)
def _wide_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    """How narrow tables are cut depends on the width of process ids and host names."""
    monkeypatch.setenv("COLUMNS", "200")


@pytest.fixture
def folders(tmp_path: Path) -> dict[str, ExperimentFolder]:
    """A store with one experiment of each kind: alive, killed, completed."""
    found = {}
    database = Database.open()
    for number, (name, pid) in enumerate({"alive": os.getpid(), "killed": GONE, "done [red]": GONE}.items()):
        folder = ExperimentFolder(tmp_path / "experiments" / str(number))
        folder.identify(f"exp_20260101_000000_{number:06x}", name, time.time())
        place: dict[str, Any] = {"host": socket.gethostname(), "boot_id": boot_id(), "pid": pid}
        folder.append("started", **place, process_started=process_started(pid), heartbeat_interval=10.0)
        if name == "alive":
            folder.append("length", total_steps=40)
            (folder.path / "metrics.jsonl").write_text('{"step": 10, "time": 1.0, "name": "loss", "value": 0.5}\n')
        if name == "done [red]":
            folder.append("finished", attempt=1, status="completed")
        sync_folder(database, folder.path)
        found[name] = folder
    database.close()
    return found


def _printed(capsys: pytest.CaptureFixture[str], *arguments: str, status: int = 0) -> str:
    capsys.readouterr()
    assert main(["status", *arguments]) == status
    return capsys.readouterr().out


@pytest.mark.usefixtures("folders")
def test_the_store_at_a_glance(capsys: pytest.CaptureFixture[str]) -> None:
    printed = _printed(capsys)
    assert printed.splitlines()[0] == "1 running, 1 completed, 1 lost"
    assert "step 10 of 40 (25 %)" in printed and str(os.getpid()) in printed and socket.gethostname() in printed
    assert "killed" not in printed and "status --reconcile" in printed
    seen = json.loads(_printed(capsys, "--json"))
    assert seen["counts"] == {"running": 1, "completed": 1, "lost": 1}
    assert [(run["name"], run["step"], run["total_steps"]) for run in seen["going_on"]] == [("alive", 10, 40)]


@pytest.mark.parametrize(
    ("name", "state", "status"), [("alive", "running", 0), ("killed", "lost", 1), ("done [red]", "completed", 0)]
)
@pytest.mark.usefixtures("folders")
def test_one_experiment(name: str, state: str, status: int, capsys: pytest.CaptureFixture[str]) -> None:
    assert f"{name}: {state}" in _printed(capsys, name, status=status)
    assert json.loads(_printed(capsys, name, "--json", status=status))["status"] == state


def test_reconcile_prints_the_evidence_of_each_change(
    folders: dict[str, ExperimentFolder], capsys: pytest.CaptureFixture[str]
) -> None:
    printed = _printed(capsys, "--reconcile")
    assert "killed: running -> lost" in printed and f"process {GONE} on" in printed and "is gone" in printed
    assert folders["killed"].journal()[-1].event == "judged"
    assert "alive" not in printed and "as the store says" in _printed(capsys, "--reconcile")


def test_reconcile_as_json_and_without_the_folder(
    folders: dict[str, ExperimentFolder], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folders["killed"].path.rename(tmp_path / "elsewhere")
    (change,) = json.loads(_printed(capsys, "--reconcile", "--json"))
    assert (change["before"], change["after"], change["in_folder"]) == ("running", "lost", False)


def test_mistakes_and_an_empty_store(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    assert main(["status", "--db", str(tmp_path / "nowhere.db")]) == 2
    Database.open().close()
    assert _printed(capsys) == "no experiments\n"
    assert main(["status", "nobody"]) == 2
    assert main(["status", "nobody", "--reconcile"]) == 2
