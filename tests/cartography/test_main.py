from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from atomic_files import read_json
from cartography.__main__ import main
from tests.cartography.dynamics_builders import random_map
from tests.cartography.test_report import review_source, sloped_map


def test_report_reads_the_data_that_provenance_names(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    review_source(tmp_path)
    sloped_map(tmp_path)
    data = ["--task", "classification", "--dataset", str(tmp_path / "train.jsonl")]
    assert main(["report", str(tmp_path), "--top", "2", *data]) == 0
    assert "review number 11" in capsys.readouterr().out
    assert "review number 11" in (tmp_path / "cartography_report.md").read_text()


def test_report_prints_json_alone(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    sloped_map(tmp_path)
    assert main(["report", str(tmp_path), "--json", "--no-text"]) == 0
    assert json.loads(capsys.readouterr().out)["breakdowns"] == []


def test_rebuild_and_average(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for seed in (1, 2):
        random_map(tmp_path / str(seed), seed=seed)
        assert main(["rebuild", str(tmp_path / str(seed)), "--burn-in", "1", "--confidence-threshold", "0.4"]) == 0
    assert main(["average", str(tmp_path / "mean"), str(tmp_path / "1"), str(tmp_path / "2")]) == 0
    assert "easy 20, ambiguous" in capsys.readouterr().out
    facts = read_json(tmp_path / "mean" / "provenance.json")
    assert (facts["seeds"], facts["burn_in"]) == ([1, 2], 1)
    assert read_json(tmp_path / "1" / "provenance.json")["thresholds"]["confidence"] == 0.4


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["report", "{map}/none"], "Cartography metrics not found"),
        (["report", "{map}", "--top", "0"], "--top must be at least 1"),
        (["report", "{map}", "--columns", "text"], "canonical=name"),
        (["report", "{map}", "--task", "poetry"], "'poetry'"),
        (["report", "{map}", "--dataset", "{map}/none.jsonl"], "none.jsonl"),
        (["rebuild", "{map}", "--burn-in", "4"], "burn_in 4 leaves none of the 4"),
        (["rebuild", "{map}", "--confidence-threshold", "2"], "Thresholds.confidence"),
        (["average", "{map}/mean", "{map}"], "at least two"),
    ],
)
def test_mistakes(tmp_path: Path, words: list[str], message: str, capsys: pytest.CaptureFixture[str]) -> None:
    random_map(tmp_path)
    before = sorted(path.name for path in tmp_path.iterdir())
    assert main([word.replace("{map}", str(tmp_path)) for word in words]) == 2
    error = capsys.readouterr().err
    assert error.startswith("error: ")
    assert message in error
    assert sorted(path.name for path in tmp_path.iterdir()) == before


@pytest.mark.parametrize("words", [["--help"], ["report", "--help"], ["average"]])
def test_the_light_path_is_light(root: Path, words: list[str]) -> None:
    code = (
        "import sys; sys.argv = ['cartography', *sys.argv[1:]]\n"
        "from cartography.__main__ import main\n"
        "try: main()\n"
        "except SystemExit as exit: status = exit.code\n"
        "heavy = {'torch', 'transformers', 'datasets', 'pandas', 'pyarrow', 'matplotlib'} & set(sys.modules)\n"
        "assert not heavy, heavy\n"
        "sys.exit(status)"
    )
    done = subprocess.run([sys.executable, "-c", code, *words], cwd=root, capture_output=True, text=True)
    assert done.returncode == (2 if words == ["average"] else 0), done.stderr
    assert "usage: " in done.stdout + done.stderr


def test_it_runs_as_a_module(root: Path, tmp_path: Path) -> None:
    command = [sys.executable, "-m", "cartography", "report", str(tmp_path)]
    done = subprocess.run(command, cwd=root, capture_output=True, text=True)
    assert done.returncode == 2
    assert done.stderr.startswith("error: Cartography metrics not found")
    assert "Traceback" not in done.stderr
