"""What people call a group of the queue: by the folder of its results, as seen from where they are."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

from errors import ConfigError
from registry import nearest
from tracking.queue.seeking import groups_of
from tracking.store.database import Database

__all__ = ["group_called", "shown_group"]


def group_called(database: Database, text: str) -> str:
    """Return the group that a user means: its name, or the folder of its results, relative ones too.

    Raises:
        ConfigError: no such group.
        DatabaseUnavailable: the store cannot be reached.
    """
    known = groups_of(database)
    found = _among(known, text)
    if found is None:
        near = nearest(text, [shown_group(group) for group in known])
        raise ConfigError(f"{text}: no such group in the queue{near}; see: python experiment_cli.py queue list")
    return found


def _among(known: Collection[str], text: str) -> str | None:
    return next((name for name in (text, str(Path(text).absolute())) if name in known), None)


def shown_group(group: str) -> str:
    """Return a group as it is typed here: the folder of its results, relative where it lies below the current one."""
    here = Path.cwd()
    return str(Path(group).relative_to(here)) if Path(group).is_relative_to(here) else group
