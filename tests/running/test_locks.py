"""One runner at a time in a folder."""

from __future__ import annotations

import dataclasses
from pathlib import Path

from planning import PlanOptions, make_plan
from running.locks import claimed
from tests.running.builders import tiny


def test_a_claimed_node_is_refused_until_it_is_released(tmp_path: Path) -> None:
    node = make_plan([tiny("x")], PlanOptions(tmp_path)).nodes[0]
    with claimed(node, tmp_path) as first, claimed(node, tmp_path) as second:
        assert (first, second) == (True, False)
    with claimed(node, tmp_path) as third:
        assert third


def test_a_run_that_fills_a_map_claims_the_map_too_or_nothing(tmp_path: Path) -> None:
    plain = make_plan([tiny("x")], PlanOptions(tmp_path)).nodes[0]
    recording = dataclasses.replace(plain, records_to=tmp_path / "map")
    data_map = dataclasses.replace(plain, kind="data_map", folder=tmp_path / "map")
    with claimed(recording, tmp_path) as held, claimed(data_map, tmp_path) as other:
        assert (held, other) == (True, False)
    with claimed(data_map, tmp_path):
        with claimed(recording, tmp_path) as held:
            assert not held
        with claimed(plain, tmp_path) as free:
            assert free
