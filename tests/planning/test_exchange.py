"""A node survives the way to another process and back."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from errors import ConfigError
from planning import Node, PlanOptions, make_plan
from planning.exchange import node_from_mapping, node_to_mapping
from suites import SuiteOptions, create_suite
from tests.planning.folders import map_table


def _nodes(folder: Path, suite: str = "filtering", **options: Any) -> tuple[Node, ...]:
    return make_plan(create_suite(suite, SuiteOptions(**options)), PlanOptions(folder)).nodes


def _there_and_back(node: Node) -> Node:
    return node_from_mapping(json.loads(json.dumps(node_to_mapping(node))))


@pytest.mark.parametrize("folder", [Path("experiments"), Path("/elsewhere/my experiments"), Path("../ünder")])
def test_every_kind_of_node_comes_back_as_it_was(folder: Path) -> None:
    nodes = _nodes(folder, seeds=(42, 43), map_seeds=(1, 2), filter_validation=True)
    assert {node.kind for node in nodes} == {"experiment", "data_map", "average", "clusters"}
    for node in nodes:
        assert _there_and_back(node) == node


def test_who_records_and_what_was_supplied_comes_back(tmp_path: Path) -> None:
    map_table(tmp_path / "map", 8)
    named = _nodes(tmp_path, "minimal", cartography_dir=str(tmp_path / "map"), seeds=(1,))
    assert any(node.supplied for node in named)
    recorded = _nodes(tmp_path, "minimal", seeds=(1,))
    assert any(node.recorded_by for node in recorded) and any(node.records_to for node in recorded)
    for node in (*named, *recorded):
        assert _there_and_back(node) == node


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"folder": None}, "lacks folder"),
        ({"kind": "model"}, "node.kind"),
        ({"needs": "shared"}, "node.needs"),
        ({"needs": [3]}, "node.needs"),
        ({"data_map": 3}, "node.data_map"),
        ({"mood": "good"}, "mood"),
        ({"config": {"name": "x", "tsk": "qa"}}, "tsk"),
    ],
)
def test_what_is_no_node_is_refused(changes: dict[str, Any], words: str) -> None:
    values = node_to_mapping(_nodes(Path("experiments"), "minimal", seeds=(1,))[0])
    with pytest.raises(ConfigError, match=words):
        node_from_mapping({**values, **changes})


def test_only_a_mapping_is_a_node() -> None:
    with pytest.raises(ConfigError, match="mapping"):
        node_from_mapping(["experiment"])  # type: ignore[arg-type]
