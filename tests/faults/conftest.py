"""What tests of faults share."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.faults.disturbed import DisturbedSuite
from tests.faults.endings import arguments, content
from tests.processes import Commands
from tests.tracking.conftest import (  # noqa: F401  (fixtures)
    _postgresql_template,
    postgresql,
    postgresql_server,
    postgresql_url,
)


@pytest.fixture(autouse=True)
def _leaves_no_process(commands: Commands) -> Iterator[None]:
    """No process outlives the test that started it; those of a failed test are ended."""
    yield
    left = commands.wait_for_silence()
    for process in commands.processes():
        process.kill()
    assert not left


@pytest.fixture(scope="session")
def undisturbed(commands: Commands, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What the suite comes to when nothing befalls it, in one process."""
    place = tmp_path_factory.mktemp("undisturbed")
    folder = place / "experiments"
    environment = {"EXPERIMENTS_DB_URL": str(place / "experiments.db")}
    command = commands.start(
        "run_experiments", "--mode", "run", *arguments(folder), folder=place, environment=environment
    )
    assert command.wait() == 0, command.output
    return content(folder)


@pytest.fixture
def suite(commands: Commands, undisturbed: dict[str, Any], tmp_path: Path) -> DisturbedSuite:
    """The same suite, to be disturbed; its path has a space."""
    place = tmp_path / "a place"
    place.mkdir()
    return DisturbedSuite(commands, place, undisturbed)
