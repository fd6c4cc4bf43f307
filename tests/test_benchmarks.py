"""`make benchmarks` runs every file of the folder: what is no benchmark lies deeper, and no page is written unasked."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

FOLDER = Path(__file__).resolve().parents[1] / "benchmarks"


@pytest.mark.parametrize("file", sorted(FOLDER.glob("[!_]*.py")), ids=lambda file: file.stem)
def test_what_lies_in_the_folder_can_be_run(file: Path) -> None:
    source = file.read_text(encoding="utf-8")
    assert 'if __name__ == "__main__":' in source
    # Without this the rooms of the product are not found from another folder.
    assert "sys.path.insert(0" in source or not _imports_the_product(source)


def _imports_the_product(source: str) -> bool:
    return "\nfrom analysis" in source or "\nfrom benchmarks" in source or "\nfrom tracking" in source


def test_a_short_calibration_leaves_its_page_alone(root: Path, tmp_path: Path) -> None:
    page = root / "docs" / "calibration.md"
    before = page.read_bytes()
    command = [
        sys.executable,
        str(FOLDER / "calibration.py"),
        "--repeats",
        "2",
        "--tables",
        "today",
        "--processes",
        "1",
    ]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert "| default verdict |" in done.stdout
    assert page.read_bytes() == before
