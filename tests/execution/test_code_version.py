"""Two versions of the program are told apart by their source."""

from __future__ import annotations

from pathlib import Path

from execution.code_version import ROOMS, code_version
from tests.test_import_directions import MAY_IMPORT


def test_every_room_counts() -> None:
    assert set(ROOMS) == set(MAY_IMPORT)


def test_any_line_makes_another_version(tmp_path: Path) -> None:
    copies = [tmp_path / name for name in ("one", "two", "three")]
    for copy in copies:
        (copy / "jobs").mkdir(parents=True)
        (copy / "jobs" / "job.py").write_text("x = 1\n")
        (copy / "errors.py").write_text("")
    (copies[1] / "jobs" / "job.py").write_text("x = 2\n")
    (copies[2] / "my_suite.py").write_text("no part of the program\n")
    versions = [code_version(copy) for copy in copies]
    assert versions[0] != versions[1] and versions[0] == versions[2]
    assert len(code_version()) == 12
