"""Jobs of the tests' own work."""

from __future__ import annotations

import itertools
from typing import Any

from jobs import Job, Resources

__all__ = ["a_job"]

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
