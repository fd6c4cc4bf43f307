"""A job: one piece of work, its needs and its resources, as it crosses the boundary between processes: as JSON."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping
from typing import Annotated, Any, Self

from pydantic import Field

from errors import ConfigError
from validated import from_mapping, validated_dataclass

__all__ = ["HIGHEST_PRIORITY", "LONGEST_MINUTES", "MOST_CALLS", "Job", "Resources"]

HIGHEST_PRIORITY = 100

LONGEST_MINUTES = 366 * 24 * 60.0
"""A year: what clocks of operating systems and clusters can wait for."""

MOST_CALLS = 10**12
"""Sums of them fit into an integer of a database."""


@validated_dataclass
class Resources:
    """What a job takes while it runs, and what it may use up."""

    cpus: Annotated[float, Field(ge=0)] = 1.0
    gpus: Annotated[float, Field(ge=0)] | None = None
    """Less than one is a share of one; from one on whole ones. None leaves it to the executor: a fair share where there
    are any."""
    memory_gb: Annotated[float, Field(ge=0)] = 0.0
    """Of main memory, in 2**30 bytes; 0 says nothing."""
    minutes: Annotated[float, Field(gt=0, le=LONGEST_MINUTES)] | None = None
    """Longest time for one attempt; whoever exceeds it is killed and counts as timed out."""
    cost: Annotated[float, Field(ge=0)] = 0.0
    """In whatever currency the limits are set in."""
    calls: Annotated[int, Field(ge=0, le=MOST_CALLS)] = 0
    """To some service that limits them."""

    def __post_init__(self) -> None:
        if self.gpus is not None and self.gpus > 1 and self.gpus != int(self.gpus):
            raise ConfigError(f"gpus: shares are below 1 and anything more is whole, got {self.gpus:g}")

    def lacks(self, have: Resources | None) -> str:
        """Return in words what of this is more than ``have`` offers at once; empty where it fits, or nobody knows."""
        return "; ".join(self.missing(have).values())

    def missing(self, have: Resources | None) -> dict[str, str]:
        """Return the same by the names of the fields."""
        if have is None:
            return {}
        return {
            name: f"{wanted:g} {unit}, but {round(there, 2):g} at hand"
            for name, wanted, there, unit in (
                ("cpus", self.cpus, have.cpus, "CPUs"),
                ("gpus", self.gpus or 0.0, have.gpus or 0.0, "GPUs"),
                ("memory_gb", self.memory_gb, have.memory_gb, "GB of memory"),
            )
            # Floats that were added and subtracted again.
            if wanted > there + 1e-6
        }


@validated_dataclass
class Job:
    """One piece of work. Two jobs of one id are the same job."""

    id: str = Field(min_length=1, max_length=64)
    name: str
    """What tables and messages call it."""
    work: str
    """Name of what is done, in the registry ``execution.work.WORK``."""
    payload: dict[str, Any] = Field(default_factory=dict)
    """What the work is told: JSON and nothing else."""
    needs: tuple[str, ...] = ()
    """Ids of the jobs that must have ended first."""
    resources: Resources = Field(default_factory=Resources)
    priority: Annotated[int, Field(ge=-HIGHEST_PRIORITY, le=HIGHEST_PRIORITY)] = 0
    """The higher the sooner."""
    group: str = ""
    """What it belongs to, such as a suite; for time left and for acting on all of them."""
    seconds: Annotated[float, Field(ge=0)] | None = None
    """How long it is expected to take."""
    code: str = ""
    """Version of the code that planned it; empty accepts any."""
    failed_needs: dict[str, str] = Field(default_factory=dict)
    """Filled in when it is handed out: needs that failed, by id, and why. Most work refuses to begin then."""
    adjustments: dict[str, Any] = Field(default_factory=dict)
    """Filled in when it is handed out again: what is to be done otherwise, such as ``{"divide_batch": 2}``."""
    attempt: Annotated[int, Field(ge=1)] = 1
    """Filled in when it is handed out: which attempt this is."""

    def to_json(self) -> str:
        """Return it as one line.

        Raises:
            ConfigError: its payload is not JSON.
        """
        try:
            # Not dataclasses.asdict, which copies the payload to its last leaf.
            values = {field.name: getattr(self, field.name) for field in dataclasses.fields(self)}
            values["resources"] = dataclasses.asdict(self.resources)
            # ASCII, as half of a surrogate pair is no UTF-8.
            return json.dumps(values, allow_nan=False)
        except (TypeError, ValueError) as error:
            raise ConfigError(f"job {self.name}: what it is told must be JSON ({error})") from error

    @classmethod
    def from_json(cls, text: str) -> Self:
        """Return the job that :meth:`to_json` wrote.

        Raises:
            ConfigError: something else.
        """
        try:
            values = json.loads(text)
        except ValueError as error:
            raise ConfigError(f"a job must be JSON, got {text[:80]!r}") from error
        return cls.from_mapping(values)

    @classmethod
    def from_mapping(cls, values: Mapping[str, Any]) -> Self:
        """Return the job with these fields.

        Raises:
            ConfigError: an unknown field or an impossible value.
        """
        return from_mapping(cls, values)
