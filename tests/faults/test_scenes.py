"""A scene whose suite is over before the fault befalls it has shown nothing, and must say so."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.faults.disturbed import DisturbedSuite
from tests.faults.endings import SuiteSize
from tests.faults.scenes import SCENES
from tests.processes import Commands


@pytest.mark.long
@pytest.mark.parametrize("name", ["hang", "sqlite"])
def test_what_ends_before_the_fault_breaks_the_scene_off(name: str, commands: Commands, tmp_path: Path) -> None:
    suite = DisturbedSuite(commands, tmp_path, {}, size=SuiteSize(seeds=1, rows=32, epochs=1))
    with pytest.raises(AssertionError, match="the command ended before 20 further steps"):
        SCENES[name](suite, 1, 1)
