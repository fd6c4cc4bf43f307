"""The disk is full for a while: what fails is tried again, and the suite is complete once there is room."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.faults.disks import SmallDisk, why_no_disk
from tests.faults.disturbed import INLINE, QUEUE, DisturbedSuite
from tests.processes import Commands

_FULL_S = 8.0


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[SmallDisk]:
    """An empty disk of 64 MB."""
    if reason := why_no_disk():
        pytest.skip(reason)
    with SmallDisk(tmp_path / "small disk", megabytes=64) as mounted:
        yield mounted


@pytest.mark.long
@pytest.mark.parametrize("way", [INLINE, QUEUE])
def test_what_the_disk_refused_is_tried_again_until_there_is_room(
    way: str, suite: DisturbedSuite, disk: SmallDisk
) -> None:
    suite = suite.elsewhere(disk.folder / "experiments")
    command = suite.begin(way, runs="baseline_seed1*")
    disk.fill()
    suite.gate.open()
    command.until(lambda: "No space left" in command.output or "full" in command.output)
    time.sleep(_FULL_S)
    assert command.running, command.output
    disk.free()
    assert command.wait() == 0, command.output
    assert suite.faults(way) == [], suite.outputs


@pytest.mark.long
def test_a_store_on_the_full_disk_is_waited_for(
    commands: Commands, undisturbed: dict[str, Any], disk: SmallDisk
) -> None:
    suite = DisturbedSuite(commands, disk.folder, undisturbed)
    command = suite.begin(QUEUE, runs="baseline_seed1*")
    disk.fill()
    suite.gate.open()
    time.sleep(_FULL_S)
    assert command.running, command.output
    disk.free()
    assert command.wait() == 0, command.output
    assert suite.faults(QUEUE) == [], suite.outputs
