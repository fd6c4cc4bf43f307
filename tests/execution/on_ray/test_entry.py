"""The code that a node was sent: kept while somebody uses it, removed later, and never through a stranger's link."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from execution.on_ray import entry

_LONG_AGO = (0, 0)
_DIGEST, _OTHER, _GONE = ("a" * 64, "b" * 64, "c" * 64)

# As in a process of Ray: the module by value, and nothing but the standard library beside it.
_PROCESS = """
import json, os, runpy, sys
enter = runpy.run_path(sys.argv[1])["enter"]
for line in sys.stdin:
    answer = json.loads(enter(line, ["an archive that is there already"]))
    print(json.dumps({**answer, "descriptors": len(os.listdir("/proc/self/fd"))}), flush=True)
"""


class _Node:
    """A node's folder for temporary files, with versions of the code that were sent to it before."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.temporary = folder / "temporary files"
        self.temporary.mkdir()
        self.versions = self.temporary / f"assay-code-{os.getuid()}"

    def unpack(self, digest: str) -> Path:
        """Have a version there that nobody used for long, whose jobs say which one they are."""
        version = self.versions / digest[:16]
        task = version / "execution" / "on_ray" / "task.py"
        task.parent.mkdir(parents=True)
        self.versions.chmod(0o700)
        task.write_text(f'def do(order):\n    return \'{{"version": "{digest}"}}\'\n')
        os.utime(version, _LONG_AGO)
        return version

    @contextmanager
    def process(self) -> Iterator[subprocess.Popen[str]]:
        """Start a process that does jobs, and end it."""
        with subprocess.Popen(
            [sys.executable, "-I", "-S", "-c", _PROCESS, entry.__file__],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env={**os.environ, "TMPDIR": str(self.temporary)},
        ) as process:
            assert process.stdin is not None
            yield process
            process.stdin.close()

    def do(self, process: subprocess.Popen[str], digest: str) -> dict[str, object]:
        """Do a job with a version of the code in a process, and return what came of it."""
        assert process.stdin is not None and process.stdout is not None
        here = str(self._folder)
        order = {"directory": here, "folder": here, "environment": {}, "project": "", "paths": [], "code": digest}
        print(json.dumps(order), file=process.stdin, flush=True)
        answer: dict[str, object] = json.loads(process.stdout.readline())
        return answer

    def failure(self) -> dict[str, str]:
        """Do a job that is refused, and say why."""
        with self.process() as process:
            failure = self.do(process, _DIGEST)["failure"]
        assert isinstance(failure, dict)
        return failure


@pytest.fixture
def node(tmp_path: Path) -> _Node:
    return _Node(tmp_path)


def test_code_stays_while_a_process_lives_that_uses_it(node: _Node) -> None:
    used, unused = node.unpack(_DIGEST), node.unpack(_OTHER)
    with node.process() as first:
        assert node.do(first, _DIGEST)["version"] == _DIGEST
        # As its job goes on for longer than anything unused is kept.
        os.utime(used, _LONG_AGO)
        node.unpack(_GONE)
        with node.process() as second:
            assert node.do(second, _GONE)["version"] == _GONE
        assert used.is_dir()
        assert not unused.exists()
    with node.process() as third:
        node.do(third, _GONE)
    assert not used.exists()


def test_a_process_holds_its_code_once_however_many_jobs_it_does(node: _Node) -> None:
    node.unpack(_DIGEST)
    with node.process() as process:
        counts = {node.do(process, _DIGEST)["descriptors"] for _ in range(3)}
    assert len(counts) == 1


def test_what_this_does_not_name_and_what_is_in_use_lately_stays(node: _Node, tmp_path: Path) -> None:
    node.unpack(_DIGEST)
    recent, half = node.unpack(_OTHER), node.versions / "unpacking-abc"
    os.utime(recent)
    theirs, elsewhere = node.versions / "of somebody", tmp_path / "elsewhere"
    for folder in (half, theirs, elsewhere):
        folder.mkdir()
        os.utime(folder, _LONG_AGO)
    link = node.versions / _GONE[:16]
    link.symlink_to(elsewhere)
    with node.process() as process:
        node.do(process, _DIGEST)
    assert recent.is_dir()
    assert theirs.is_dir()
    assert elsewhere.is_dir()
    assert link.is_symlink()
    assert not half.exists()


def test_a_link_in_place_of_the_folder_is_refused_and_nothing_removed_behind_it(node: _Node, tmp_path: Path) -> None:
    old = node.unpack(_OTHER)
    node.unpack(_DIGEST)
    home = node.versions.rename(tmp_path / "somebody's home")
    node.versions.symlink_to(home)
    failure = node.failure()
    assert (failure["kind"], failure["type"]) == ("resource", "PermissionError")
    assert f"{node.versions}: not a folder that belongs to you" in failure["message"]
    assert (home / old.name).is_dir()


def test_a_folder_that_others_can_write_to_is_refused(node: _Node) -> None:
    old = node.unpack(_OTHER)
    node.unpack(_DIGEST)
    node.versions.chmod(0o770)
    assert node.failure()["type"] == "PermissionError"
    assert old.is_dir()
