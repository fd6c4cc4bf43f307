"""Files appear whole or not at all, and errors say what to do."""

from __future__ import annotations

import json
import signal
import stat
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from atomic_files import atomic_path, check_writable, read_json, write_json, write_text
from errors import DataError, ResourceError

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


@pytest.mark.parametrize("name", ["plain.json", "with space.json", "ünïcode.json"])
def test_write_makes_folders_and_leaves_nothing_beside(tmp_path: Path, name: str) -> None:
    path = tmp_path / "a b" / name
    write_text(path, "one")
    write_text(path, "two")
    assert path.read_text() == "two"
    assert [file.name for file in path.parent.iterdir()] == [name]


@settings(max_examples=30)
@given(JSON)
def test_json_round_trips(tmp_path_factory: pytest.TempPathFactory, value: object) -> None:
    path = tmp_path_factory.getbasetemp() / "round_trip.json"
    write_json(path, value)
    assert read_json(path) == value


def test_text_that_is_none_stops_no_writing(tmp_path: Path) -> None:
    path = tmp_path / "command.json"
    write_json(path, {"command": b"train \xff".decode("utf-8", "surrogateescape")})
    assert read_json(path) == {"command": "train ?"}


def test_json_any_parser_can_read(tmp_path: Path) -> None:
    path = tmp_path / "numbers.json"
    write_json(path, {"nan": float("nan"), 1: (np.float32(0.5), np.int64(3), np.float64("inf")), "yes": True})
    assert json.loads(path.read_text(), parse_constant=pytest.fail) == {"nan": None, "1": [0.5, 3, None], "yes": True}


def test_an_exception_keeps_the_old_file(tmp_path: Path) -> None:
    path = tmp_path / "kept.txt"
    write_text(path, "old")
    with pytest.raises(RuntimeError), atomic_path(path) as temporary:
        temporary.write_text("half")
        raise RuntimeError
    assert path.read_text() == "old"
    assert [file.name for file in tmp_path.iterdir()] == ["kept.txt"]


def test_a_killed_process_keeps_the_old_file(tmp_path: Path, root: Path) -> None:
    path = tmp_path / "kept.txt"
    write_text(path, "old")
    code = (
        "import os, signal, sys; from pathlib import Path; from atomic_files import atomic_path\n"
        "with atomic_path(Path(sys.argv[1])) as temporary:\n"
        "    temporary.write_text('half'); os.kill(os.getpid(), signal.SIGKILL)"
    )
    killed = subprocess.run([sys.executable, "-c", code, str(path)], cwd=root, check=False)
    assert killed.returncode == -signal.SIGKILL
    assert path.read_text() == "old"


def test_permissions_are_those_of_a_plain_file(tmp_path: Path) -> None:
    plain = tmp_path / "plain"
    plain.write_text("")
    write_text(tmp_path / "atomic", "")
    assert stat.S_IMODE((tmp_path / "atomic").stat().st_mode) == stat.S_IMODE(plain.stat().st_mode)


@pytest.mark.skipif(
    not Path("/dev/full").exists(), reason="needs /dev/full, which always answers that the disk is full"
)
def test_a_full_disk_is_named(tmp_path: Path) -> None:
    path = tmp_path / "results.json"
    with pytest.raises(ResourceError, match=r"results\.json: the disk is full; free space"), atomic_path(path):
        Path("/dev/full").write_text("x" * 10)
    assert not list(tmp_path.iterdir())


def test_an_unwritable_place_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(ResourceError, match=r"x\.json: cannot write here .*choose a folder you may write to"):
        write_text(tmp_path / "file" / "x.json", "")


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b'{"a": [1, 2', "not valid JSON at line 1, column 12 .*truncated"),
        (b"", "not valid JSON at line 1, column 1"),
        (b"\xff\xfe{}", "not UTF-8 at byte 0; save the file as UTF-8"),
    ],
)
def test_broken_json_is_named(tmp_path: Path, content: bytes, message: str) -> None:
    path = tmp_path / "broken.json"
    path.write_bytes(content)
    with pytest.raises(DataError, match=rf"broken\.json: {message}"):
        read_json(path)


def test_missing_and_unreadable_files_are_named(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"nowhere\.json: no such file"):
        read_json(tmp_path / "nowhere.json")
    with pytest.raises(DataError, match="cannot be read"):
        read_json(tmp_path)


def test_a_folder_below_a_file_is_refused_before_anything_is_made(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(ResourceError, match="is a file; choose another folder"):
        check_writable(tmp_path / "file" / "below" / "it")
    check_writable(tmp_path / "new" / "folder")
    assert not (tmp_path / "new").exists()
