"""Names that another tracker refuses, in a form that it takes."""

from __future__ import annotations

import logging
from collections.abc import Callable

__all__ = ["Renaming"]

logger = logging.getLogger(__name__)


class Renaming:
    """Gives each name one that a mirror takes; two names never become one, and the first change is one warning.

    Args:
        mirror: how warnings call it.
        change: returns a name as the mirror takes it; what it takes already stays as it is.
    """

    def __init__(self, mirror: str, change: Callable[[str], str]) -> None:
        self._mirror = mirror
        self._change = change
        self._given: dict[str, str] = {}
        self._warned = False

    def __call__(self, name: str) -> str:
        """Return what the mirror is to call it."""
        if name not in self._given:
            self._given[name] = self._unused(self._change(name))
            if self._given[name] != name and not self._warned:
                self._warned = True
                logger.warning(
                    "mirror %s refuses some names, which are changed there: %r is called %r",
                    self._mirror,
                    name,
                    self._given[name],
                )
        return self._given[name]

    def _unused(self, name: str) -> str:
        taken = set(self._given.values())
        while name in taken:
            name += "_"
        return name
