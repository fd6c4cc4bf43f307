"""``curves`` reads the store and writes a picture."""

from __future__ import annotations

from pathlib import Path

import pytest
from PIL import Image

from tests.experiment_commands.stores import Command, add_run, take_in


@pytest.fixture
def command(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Command:
    monkeypatch.chdir(tmp_path)
    return Command(capsys, monkeypatch)


def _fill(root: Path) -> None:
    folders = []
    for seed in (1, 2, 3):
        for variant, offset in (("baseline", 1.0), ("label_smoothing", 0.5)):
            loss = {step: offset + seed / step for step in range(10, 2010, 10)}
            strategies = ({"name": "label_smoothing"},) if variant != "baseline" else ()
            series = {"train/loss": loss, "eval/f1": {500: 60.0, 1000: 70.0 + seed}}
            folders.append(add_run(root, variant, seed, {"eval_f1": 70.0}, strategies, series))
    take_in(*folders)


def test_a_picture_of_two_runs(command: Command, tmp_path: Path) -> None:
    _fill(tmp_path / "experiments")
    status, output, errors = command("curves", "baseline_seed1", "label_smoothing_seed1")
    assert (status, output, errors) == (0, "wrote curves.png: train/loss, eval/f1 of 2 lines\n", "")
    with Image.open("curves.png") as image:
        assert image.size[0] > 800


@pytest.mark.parametrize(("name", "begin"), [("x.svg", b"<?xml"), ("x.pdf", b"%PDF"), ("sub/x.PNG", b"\x89PNG")])
def test_the_suffix_says_the_format(command: Command, tmp_path: Path, name: str, begin: bytes) -> None:
    _fill(tmp_path / "experiments")
    status, _, errors = command("curves", "baseline_seed1", "-m", "eval/f1", "-o", name)
    assert (status, errors) == (0, "")
    content = Path(name).read_bytes()
    assert content.startswith(begin)
    command("curves", "baseline_seed1", "-m", "eval/f1", "-o", name)
    assert Path(name).read_bytes() == content, "the same numbers give the same file"


def test_groups_are_means_over_their_seeds(command: Command, tmp_path: Path) -> None:
    _fill(tmp_path / "experiments")
    found = command.json("curves", "baseline", "label_smoothing", "-m", "eval/f1")
    (panel,) = found
    first = panel["curves"][0]
    assert (first["label"], first["num_runs"]) == ("baseline", 3)
    assert (first["mean"], first["low"], first["high"]) == ([60.0, 72.0], [60.0, 71.0], [60.0, 73.0])
    assert command.json("curves", "baseline_seed2", "label_smoothing_seed3", "--by-group", "-m", "eval/f1") == found
    assert not Path("curves.png").exists()


def test_long_series_are_read_thinned(command: Command, tmp_path: Path) -> None:
    _fill(tmp_path / "experiments")
    (panel,) = command.json("curves", "baseline_seed1", "-m", "train/loss", "--max-points", "20")
    assert len(panel["curves"][0]["steps"]) == 20
    assert panel["curves"][0]["steps"][-1] == 2000


def test_who_has_nothing_to_draw_is_named(command: Command, tmp_path: Path) -> None:
    _fill(tmp_path / "experiments")
    root = tmp_path / "experiments"
    take_in(add_run(root, "silent", 1, {}), add_run(root, "some", 1, {}, (), {"x": {1: 1.0}}))
    status, output, errors = command("curves", "baseline_seed1", "silent_seed1", "some_seed1", "-m", "eval_f1")
    assert (status, output) == (0, "wrote curves.png: eval/f1 of 1 line\n")
    assert "silent_seed1 has logged no metric" in errors
    assert "some_seed1 has no line of eval/f1" in errors


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("baseline_seed1", "-m", "train/los"), "did you mean 'train/loss'"),
        (("baseline_seed1", "--smooth", "2"), "between 0 and 1"),
        (("baseline_seed1", "-o", "x.jpeg"), ".png, .svg or .pdf"),
        (("nobody",), "no experiment 'nobody'"),
    ],
)
def test_mistakes_are_named(command: Command, tmp_path: Path, arguments: tuple[str, ...], message: str) -> None:
    _fill(tmp_path / "experiments")
    status, output, errors = command("curves", *arguments)
    assert (status, output) == (2, "")
    assert message in errors
