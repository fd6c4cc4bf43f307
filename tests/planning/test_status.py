"""A folder is finished only if it holds this very experiment, on the data as it is now."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from experiment_config import create_baseline_config
from planning import Node, PlanOptions, make_plan
from planning.status import state_of
from tests.planning.folders import finish_experiment, half_finish, start_experiment


@pytest.fixture
def node(tmp_path: Path) -> Node:
    data = tmp_path / "data" / "train.jsonl"
    data.parent.mkdir()
    data.write_text('{"question": "q"}\n')
    config = create_baseline_config(dataset=str(data.parent))
    return make_plan([config], PlanOptions(tmp_path / "experiments")).nodes[0]


def _data(node: Node) -> Path:
    return Path(node.config.dataset) / "train.jsonl"


def test_nothing_there_is_new(node: Node) -> None:
    assert state_of(node).status == "new"


def test_success_is_done_also_after_a_touch_of_the_data(node: Node) -> None:
    finish_experiment(node)
    assert state_of(node).status == "done"
    os.utime(_data(node), ns=(1, 1))
    assert state_of(node).status == "done"


def test_failure_is_to_be_run_again_from_its_checkpoint_if_it_has_one(node: Node) -> None:
    finish_experiment(node, success=False)
    assert (state_of(node).status, state_of(node).reason) == ("new", "it failed before")
    half_finish(node)
    assert state_of(node).status == "resume"


def test_an_interrupted_start_is_new(node: Node) -> None:
    start_experiment(node)
    assert state_of(node).status == "new"


@pytest.mark.parametrize(
    "content", ['{"question": "p"}\n', '{"question": "longer"}\n', None], ids=["same size", "longer", "gone"]
)
def test_changed_data_make_it_new_and_say_which(node: Node, content: str | None) -> None:
    finish_experiment(node)
    if content is None:
        _data(node).unlink()
    else:
        _data(node).write_text(content)
        os.utime(_data(node), ns=(1, 1))
    assert state_of(node).status == "new"
    assert "train.jsonl changed since" in state_of(node).reason


def test_another_experiment_in_the_folder_is_not_taken_for_this_one(node: Node) -> None:
    finish_experiment(node)
    for name in ("results.json", "environment.json"):
        content = json.loads((node.folder / name).read_text())
        (node.folder / name).write_text(json.dumps({**content, "key": "0" * 64}))
    assert state_of(node).status == "new"
    assert "another experiment" in state_of(node).reason


def test_a_torn_file_is_not_an_end(node: Node) -> None:
    finish_experiment(node)
    (node.folder / "results.json").write_text('{"success": tr')
    assert state_of(node).status == "new"
