"""A suite on a Ray cluster of several nodes whose nodes, or whose head, are killed."""

from __future__ import annotations

import json
import os
import signal
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

import pytest

from tests.execution.on_ray.conftest import LoopbackCluster, loopback_cluster, ray_environment  # noqa: F401  (fixture)
from tests.faults.disturbed import INLINE, QUEUE, DisturbedSuite
from tests.gates import GATE_FOLDER
from tests.processes import Command
from tracking.reading.local_backend import LocalBackend
from tracking.store.database import Database

pytestmark = pytest.mark.long

ON_RAY = ("--executor", "ray")
STEPS_OF_AN_EPOCH = 6


@pytest.fixture
def environment(ray_environment: None, monkeypatch: pytest.MonkeyPatch) -> None:  # noqa: F811
    """Let Ray see the loss of a head in seconds, and its processes heed gates."""
    monkeypatch.setenv("RAY_gcs_rpc_server_reconnect_timeout_s", "5")
    monkeypatch.setenv("PYTHONPATH", str(GATE_FOLDER))


@contextmanager
def _cluster_for(suite: DisturbedSuite, *cpus: int) -> Iterator[LoopbackCluster]:
    with loopback_cluster(*cpus) as cluster:
        ours = {name: value for name, value in os.environ.items() if name.startswith("RAY_")}
        suite.environment = {**ours, "RAY_ADDRESS": cluster.address}
        yield cluster


@pytest.mark.usefixtures("environment")
@pytest.mark.parametrize("way", [INLINE, QUEUE])
def test_a_suite_whose_store_is_a_server(suite: DisturbedSuite, postgresql_url: str, way: str) -> None:
    suite = suite.with_store(postgresql_url)
    with _cluster_for(suite, 1, 1):
        if way == QUEUE:
            suite.add()
        command = suite.start(way, *ON_RAY)
        assert command.wait() == 0, command.output
    assert suite.faults(way) == [], suite.outputs
    assert set(ours := _metrics_of_store(postgresql_url)) == set(theirs := _metrics_of_folders(suite))
    assert {name: {key: ours[name].get(key) for key in theirs[name]} for name in theirs} == theirs


@pytest.mark.usefixtures("environment")
def test_a_cluster_that_is_lost_and_the_same_command_on_another(suite: DisturbedSuite) -> None:
    command = _begin_on_what_is_lost(suite, INLINE)
    command.send(signal.SIGTERM)
    assert command.wait() == 128 + signal.SIGTERM, command.output
    suite.gate.open()
    with _cluster_for(suite, 1, 1):
        again = suite.start(INLINE, *ON_RAY)
        assert again.wait() == 0, again.output
    assert suite.faults(INLINE) == [], suite.outputs


@pytest.mark.usefixtures("environment")
def test_what_a_lost_cluster_had_of_a_queue_is_done_by_another(suite: DisturbedSuite) -> None:
    command = _begin_on_what_is_lost(suite, QUEUE)
    suite.gate.open()
    with _cluster_for(suite, 1, 1):
        other = suite.start(QUEUE, *ON_RAY)
        assert other.wait() == 0, other.output
    # Whose cluster is gone has waited for it, and sees that nothing is left.
    assert command.wait() == 0, command.output
    assert suite.faults(QUEUE) == [], suite.outputs


def _begin_on_what_is_lost(suite: DisturbedSuite, way: str) -> Command:
    with _cluster_for(suite, 1, 1) as cluster:
        command = suite.begin(way, *ON_RAY)
        cluster.kill(0)
        command.until(lambda: "nothing can be begun now" in command.output)
    assert f"the Ray cluster at {cluster.address} was lost" in command.output
    assert "Traceback" not in command.output
    return command


@pytest.mark.usefixtures("environment")
def test_a_node_that_is_lost(suite: DisturbedSuite) -> None:
    with _cluster_for(suite, 0, 1, 1) as cluster:
        command = suite.begin(INLINE, *ON_RAY, "--workers", "1", at=STEPS_OF_AN_EPOCH + 2)
        [begun] = suite.folder.glob(".execution/ray/*/begun.json")
        node = json.loads(begun.read_text())["node"]
        cluster.kill(cluster.nodes.index(node))
        command.until(lambda: "was lost" in command.output)
        suite.gate.open()
        assert command.wait() == 0, command.output
    assert f"resumed from step {STEPS_OF_AN_EPOCH}" in command.output
    assert suite.faults(INLINE) == [], suite.outputs


def _metrics_of_folders(suite: DisturbedSuite) -> dict[str, Mapping[str, float]]:
    found = [json.loads(path.read_text()) for path in suite.folder.glob("*/results.json")]
    return {each["name"]: each["metrics"] for each in found}


def _metrics_of_store(url: str) -> dict[str, Mapping[str, float]]:
    database = Database.open(url, create=False)
    try:
        return {each.name: each.metrics for each in LocalBackend(database).get_all_experiments()}
    finally:
        database.close()
