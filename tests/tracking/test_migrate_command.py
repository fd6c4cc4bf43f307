from __future__ import annotations

from pathlib import Path

import pytest

from experiment_cli import main
from tracking.store.schema import HEAD


def test_an_empty_server_is_filled(empty_postgresql_url: str, capsys: pytest.CaptureFixture[str]) -> None:
    arguments = ["migrate", "--db", empty_postgresql_url]
    assert main([*arguments, "--check"]) == 1
    assert f"revision none; this program needs {HEAD}" in capsys.readouterr().out
    assert main(arguments) == 0
    assert f"from revision none to {HEAD}" in capsys.readouterr().out
    assert main([*arguments, "--check"]) == 0


def test_a_file_that_does_not_exist_is_not_made(tmp_path: Path) -> None:
    assert main(["migrate", "--check", "--db", str(tmp_path / "nowhere.db")]) == 2
    assert not list(tmp_path.iterdir())
