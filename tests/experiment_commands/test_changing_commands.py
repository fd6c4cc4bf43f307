"""note, tag, export, import, delete, gc and rebuild, as a user types them."""

from __future__ import annotations

import csv
import io
import json
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from experiment_cli import main
from tests.tracking.folders_made import make_folder
from tests.tracking.test_deletion import trained
from tracking.folders.folder import ExperimentFolder
from tracking.folders.metric_points import MetricPoint
from tracking.indexing.index import sync_folder
from tracking.reading.local_backend import LocalBackend
from tracking.store.database import Database

Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def store(tmp_path: Path) -> Path:
    """A store of three experiments: run_seed0 to run_seed2."""
    file = tmp_path / "experiments.db"
    database = Database.open(file)
    for number in range(3):
        sync_folder(database, make_folder(tmp_path / "runs", number))
    database.close()
    return file


@pytest.fixture
def run(store: Path, capsys: pytest.CaptureFixture[str]) -> Run:
    def command(*words: str, db: str | Path = store) -> tuple[int, str, str]:
        status = main([*words, "--db", str(db)])
        captured = capsys.readouterr()
        return status, captured.out, captured.err

    return command


def _notes(store: Path) -> dict[str, str]:
    return {record.name: record.notes for record in LocalBackend(store).get_all_experiments()}


def test_note_reaches_several_experiments_and_survives_a_rebuild(run: Run, store: Path, tmp_path: Path) -> None:
    assert run("note", "run_seed0", "000001", "[red] = ü\nsecond line")[0] == 0
    expected = {"run_seed0": "[red] = ü\nsecond line", "run_seed1": "[red] = ü\nsecond line", "run_seed2": ""}
    assert _notes(store) == expected
    status, out, _ = run("rebuild", str(tmp_path / "runs"), db=tmp_path / "new.db")
    assert (status, _notes(tmp_path / "new.db")) == (0, expected)
    assert out.startswith("3 experiments")


def test_note_reads_standard_input(root: Path, store: Path) -> None:
    words = [sys.executable, str(root / "experiment_cli.py"), "note", "run_seed0", "-", "--db", str(store)]
    subprocess.run(words, input="from a pipe\n", text=True, check=True, capture_output=True)
    assert _notes(store)["run_seed0"] == "from a pipe"


def test_a_mistake_in_one_id_changes_nothing(run: Run, store: Path) -> None:
    status, _, err = run("note", "run_seed0", "nobody", "text")
    assert status == 2
    assert "nobody" in err
    assert not any(_notes(store).values())


def test_a_folder_that_moved_is_named(run: Run, tmp_path: Path) -> None:
    (tmp_path / "runs").rename(tmp_path / "moved")
    shown = "".join(run("show", "run_seed0")[1].split())
    assert "notonthismachine;ifitwasmoved,rebuild" in shown, "wherever the line is folded"
    status, _, err = run("note", "run_seed0", "text")
    assert status == 2
    assert str(tmp_path / "runs") in err
    assert "rebuild" in err


def test_tags_come_and_go(run: Run) -> None:
    assert run("tag", "run_seed0", "run_seed1", "-a", "paper", "-a", "table 2")[0] == 0
    assert run("tag", "run_seed0", "--remove", "paper", "--remove", "never there")[0] == 0
    status, out, _ = run("tag", "run_seed0", "run_seed1", "--json")
    assert status == 0
    assert sorted(map(sorted, json.loads(out).values())) == [["paper", "table 2"], ["table 2"]]


@pytest.mark.parametrize(("words", "message"), [(("-a", " "), "no tag"), (("-a", "x", "-r", "x"), "at once")])
def test_a_wrong_tag_is_refused(run: Run, words: tuple[str, ...], message: str) -> None:
    status, _, err = run("tag", "run_seed0", *words)
    assert (status, message in err) == (2, True)


@pytest.mark.parametrize("ending", ["json", "csv", "parquet"])
def test_export_writes_what_the_ending_says(run: Run, tmp_path: Path, ending: str) -> None:
    file = tmp_path / f"out.{ending}"
    assert run("export", "-o", str(file))[:2] == (0, f"3 experiments in {file}\n")
    begins = {"json": b'{"format"', "csv": b"id,name,", "parquet": b"PAR1"}[ending]
    assert file.read_bytes().startswith(begins)


def test_export_of_a_query_to_standard_output(run: Run) -> None:
    status, out, _ = run("export", "--where", "seed > 0")
    assert status == 0
    assert {each["seed"] for each in json.loads(out)["experiments"]} == {1, 2}
    status, out, _ = run("export", "--where", "seed > 7", "--format", "csv")
    assert (status, out.count("\n")) == (1, 1)


def test_an_export_that_makes_no_sense_writes_nothing(run: Run, tmp_path: Path) -> None:
    for output, words in [("a.parqet", ".parquet"), (".", "a folder"), ("new/a.json", "no such folder")]:
        status, _, err = run("export", "-o", str(tmp_path / output))
        assert (status, words in err) == (2, True)
    status, _, err = run("export", "--where", "seed > 7", "-o", str(tmp_path / "a.json"))
    assert (status, "nothing found" in err) == (1, True)
    assert sorted(path.name for path in tmp_path.iterdir() if path.suffix != ".db") == [
        "experiments.db.lock",
        "experiments.db.roots",
        "runs",
    ]
    assert run("export", "-o", str(tmp_path / "a.xyz"), "--format", "csv")[0] == 0


def test_a_table_has_a_column_for_each_evaluation(run: Run, tmp_path: Path) -> None:
    (folder,) = [path for path in (tmp_path / "runs").iterdir() if path.name.endswith("1")]
    ExperimentFolder(folder).append("evaluation", benchmark="demo", metrics={"f1": 82.0})
    run("rebuild")
    rows = list(csv.DictReader(io.StringIO(run("export", "--format", "csv")[1])))
    assert sorted(row["evaluations.demo.f1"] for row in rows) == ["", "", "82.0"]
    assert "evaluations" not in rows[0]


def test_a_failed_export_leaves_the_former_file(run: Run, tmp_path: Path) -> None:
    file = tmp_path / "out.json"
    file.write_text("precious")
    status, _, err = run("export", "nobody", "-o", str(file))
    assert (status, file.read_text()) == (2, "precious")
    assert "nobody" in err


def test_export_and_import_into_another_store(run: Run, tmp_path: Path) -> None:
    file, other = tmp_path / "out.json", tmp_path / "elsewhere" / "other.db"
    other.parent.mkdir()
    run("export", "-o", str(file))
    assert run("import", str(file), db=other)[:2] == (0, "3 new, 0 updated, 0 unchanged, 0 skipped\n")
    assert run("import", str(file), db=other)[:2] == (0, "0 new, 0 updated, 3 unchanged, 0 skipped\n")
    assert len(list((tmp_path / "elsewhere" / "experiments").iterdir())) == 3
    file.write_text(file.read_text().replace('"created_at"', '"created"', 1))
    status, _, err = run("import", str(file), db=other)
    assert (status, "line 2: created_at" in err) == (2, True)


def test_delete_says_first_and_does_it_when_confirmed(run: Run, store: Path, tmp_path: Path) -> None:
    folder = trained(tmp_path / "runs", 7)
    sync_folder(Database.open(store), folder)
    status, out, _ = run("delete", "run_seed7")
    assert (status, folder.is_dir()) == (0, True)
    assert "stay" in out
    assert "--confirm" in out
    status, out, _ = run("delete", "run_seed7", "--json")
    (entry,) = json.loads(out)["experiments"]
    assert entry["frees_bytes"] > 1 << 20
    assert entry["keeps"] == [str(folder / "trainer_output")]
    assert run("delete", "run_seed7", "--confirm", "--vacuum")[0] == 0
    assert (folder / "trainer_output" / "model.safetensors").exists()
    assert run("rebuild")[1].startswith("3 experiments")
    assert run("delete", "--where", "seed < 2", "--checkpoints", "--confirm")[0] == 0
    assert list(_notes(store)) == ["run_seed2"]


def test_what_was_recorded_outside_of_the_folder_is_named_and_never_touched(run: Run, tmp_path: Path) -> None:
    (folder,) = (tmp_path / "runs").glob("*1")
    outside = tmp_path / "out" / "checkpoint-8"
    (folder / "inside").mkdir()
    outside.mkdir(parents=True)
    (outside / "model.pt").write_bytes(b"x" * 8192)
    (folder / "link").symlink_to(outside)
    for path in (str(outside), "link", "inside", str(tmp_path / "gone")):
        ExperimentFolder(folder).append("artifact", path=path, kind="checkpoint")
    run("rebuild")
    status, out, err = run("gc", "--keep-checkpoints", "0", "--confirm")
    assert (status, "1 checkpoint (8.2 kB) outside" in err, str(outside.parent) in err) == (0, True, True)
    status, out, _ = run("delete", "run_seed1", "--checkpoints", "--json")
    (entry,) = json.loads(out)["experiments"]
    assert (entry["outside"], entry["outside_bytes"]) == ([str(outside)], 8192)
    status, out, _ = run("delete", "run_seed1", "--checkpoints", "--confirm")
    assert (status, f"{outside}  (8.2 kB)" in out, folder.exists()) == (0, True, False)
    assert (outside / "model.pt").is_file()


def test_delete_needs_to_be_told_what(run: Run) -> None:
    assert run("delete", "--confirm")[0] == 2
    assert run("delete", "--where", " ", "--confirm")[0] == 2
    assert run("delete", "--where", "seed > 7", "--confirm")[0] == 1
    assert run("delete", "run_seed0", "--where", "seed = 0")[0] == 2


def test_gc_says_first_and_does_it_when_confirmed(run: Run, store: Path, tmp_path: Path) -> None:
    folder = trained(tmp_path / "runs", 7)
    sync_folder(Database.open(store), folder)
    _, out, _ = run("gc", "--json")
    (entry,) = json.loads(out)["garbage"]
    assert entry["what"].endswith("checkpoint-100") or entry["what"].endswith("checkpoint-200")
    assert len(list(folder.rglob("checkpoint-*"))) == 2
    assert run("gc", "--confirm")[0] == 0
    assert len(list(folder.rglob("checkpoint-*"))) == 1
    assert run("gc")[:2] == (0, "nothing to free\n")


def test_rebuild_names_what_it_cannot_read(run: Run, tmp_path: Path) -> None:
    (tmp_path / "runs" / "broken").mkdir()
    (tmp_path / "runs" / "broken" / "tracking.json").write_text('{"id": ')
    status, out, err = run("rebuild", str(tmp_path / "runs"))
    assert (status, err.count("broken/tracking.json")) == (1, 1)
    assert "1 problem" in out
    (tmp_path / "runs" / "broken" / "tracking.json").unlink()
    (config,) = (tmp_path / "runs").glob("*1/config.json")
    config.write_text("torn")
    status, out, err = run("rebuild")
    assert (status, "config.json cannot be read" in err) == (1, True)
    assert run("list", "--where", "params.seed = 1")[0] == 0


def test_a_copy_beside_its_original_is_named_once(run: Run, tmp_path: Path) -> None:
    (original,) = (tmp_path / "runs").glob("*1")
    shutil.copytree(original, tmp_path / "runs" / "copy")
    status, out, err = run("rebuild")
    assert (status, err.count("left out")) == (1, 1)
    assert out.startswith("3 experiments with 0 metric points: 0 new, 0 changed, 3 as before")


def test_a_second_rebuild_says_that_nothing_is_new(run: Run, tmp_path: Path) -> None:
    points = [MetricPoint(step, 1.0, "loss", 1.0) for step in range(3)]
    folder = make_folder(tmp_path / "runs", 7, points=points)
    assert run("rebuild")[1].startswith("4 experiments with 3 metric points: 1 new, 0 changed, 3 as before")
    assert run("rebuild")[1].startswith("4 experiments with 3 metric points: 0 new, 0 changed, 4 as before")
    (folder / "metrics.jsonl").open("a").write('{"step": 3, "time": 1, "name": "loss", "value": 1}\n')
    assert run("rebuild")[1].startswith("4 experiments with 4 metric points: 0 new, 1 changed, 3 as before")


def test_rebuild_without_a_folder_to_read(run: Run, tmp_path: Path) -> None:
    new = tmp_path / "new" / "experiments.db"
    for words in ([], [str(tmp_path / "nowhere")]):
        status, _, err = run("rebuild", *words, db=new)
        assert (status, "rebuild FOLDER" in err or "nowhere: no such folder" in err) == (2, True)
        assert not new.exists()
    make_folder(new.parent / "experiments", 5)
    assert run("rebuild", db=new)[1].startswith("1 experiment with 0 metric points: 1 new")


@pytest.mark.parametrize("command", ["note", "tag", "export", "import", "delete", "gc", "rebuild", "migrate"])
def test_help_shows_examples_line_by_line(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    main([command, "--help"])
    lines = capsys.readouterr().out.splitlines()
    begin = next(number for number, line in enumerate(lines) if line.strip() == "Examples:")
    assert "experiment_cli.py" in lines[begin + 1]
    assert len(lines[begin + 2].strip()) > 20


@pytest.mark.parametrize("blank", ["", " ", "\n\t"])
@pytest.mark.parametrize("command", [["list"], ["list", "--ids"], ["export"], ["leaderboard"], ["stats"], ["delete"]])
def test_a_blank_filter_is_refused_wherever_one_is_given(run: Run, store: Path, command: list[str], blank: str) -> None:
    status, out, err = run(*command, "--where", blank, *(["--confirm"] if command == ["delete"] else []))
    assert (status, out) == (2, "")
    assert "the filter is empty; leave it out to mean every experiment" in err
    assert LocalBackend(store).count() == 3
