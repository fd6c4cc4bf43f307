"""What tests of real runs share."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.running.forking import ForkingRunner


@pytest.fixture(scope="session")
def runner(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ForkingRunner]:
    """Starts commands in processes that tests may kill; shared, as it loads torch."""
    with ForkingRunner(tmp_path_factory.mktemp("children")) as started:
        yield started
