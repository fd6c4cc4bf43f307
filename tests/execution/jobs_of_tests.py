"""Jobs of the tests' own work, and waiting for what comes of them."""

from __future__ import annotations

import itertools
import time
from collections.abc import Callable
from typing import Any

from jobs import Job, Resources

__all__ = ["PATIENCE_S", "a_job", "until"]

PATIENCE_S = 120.0
"""A cluster takes its time, and so does a busy machine."""


_NUMBERS = itertools.count(1)


def a_job(work: str, *, id: str | None = None, resources: Resources | None = None, **payload: Any) -> Job:
    """Return a job of the test work ``work``, such as ``echo``, with this payload."""
    return Job(
        id=id or f"{work}-{next(_NUMBERS)}",
        name=f"the {work} job",
        work=f"test.{work}",
        payload=payload,
        resources=resources or Resources(),
    )


def until(condition: Callable[[], object], what: str, patience_s: float = PATIENCE_S) -> None:
    """Wait for a condition."""
    limit = time.monotonic() + patience_s
    while not condition():
        assert time.monotonic() < limit, f"waited {patience_s} s for: {what}"
        time.sleep(0.01)
