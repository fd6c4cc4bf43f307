"""What a run ran on is written down."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

from running import environment


def test_the_machine_is_described_in_json_types() -> None:
    described = json.loads(json.dumps(environment.describe_machine()))
    assert described["python"].startswith("3.") and described["packages"]["numpy"]
    assert described["cpu_cores"] >= 1 and described["memory_gb"] > 0


def test_code_is_described_by_commit_and_difference(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(environment, "_PROJECT", tmp_path)
    describe = environment.describe_code.__wrapped__
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))
    assert describe() == {}
    (tmp_path / "a").write_text("1\n")
    identity = ["-c", "user.name=x", "-c", "user.email=x@example.org"]
    for command in (["init", "-q"], ["add", "a"], [*identity, "commit", "-qm", "x"]):
        subprocess.run(["git", "-C", str(tmp_path), *command], check=True)
    clean = describe()
    assert len(clean["commit"]) == 40 and not clean["dirty"] and clean["diff"] == ""
    (tmp_path / "a").write_text("2\n")
    assert describe()["dirty"] and "+2" in describe()["diff"]
