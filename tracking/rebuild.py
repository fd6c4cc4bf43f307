"""Make the database from the folders again."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from tracking.database import Database

__all__ = ["rebuild"]


def rebuild(database: Database, roots: Sequence[Path], progress: Callable[[int, int], None] | None = None) -> None:
    """Placeholder."""
