"""One small class for every family of named things: strategies, tasks, suites."""

from __future__ import annotations

import difflib
import functools
import sys
from collections.abc import Iterator
from importlib import import_module
from importlib.metadata import entry_points
from typing import Any, Generic, TypeVar, cast

from errors import ConfigError

__all__ = ["Registry", "nearest"]

T = TypeVar("T")


def nearest(name: str, known: list[str]) -> str:
    """Return ``"; did you mean 'x'?"`` for the closest known name, or an empty string."""
    match = difflib.get_close_matches(name, known, n=1, cutoff=0.5)
    return f"; did you mean {match[0]!r}?" if match else ""


class Registry(Generic[T]):
    """Names to objects. Targets may be ``"module:attribute"`` strings, imported at first use.

    Third parties register through the entry-point group ``assay.<family>``; a built-in name cannot be taken over.
    """

    def __init__(self, family: str) -> None:
        self.family = family
        self._targets: dict[str, T | str] = {}
        self._entry_points_read = False

    def register(self, name: str, target: T | str) -> None:
        """Add ``name``.

        Raises:
            ConfigError: ``name`` is taken already.
        """
        if name in self._targets:
            raise ConfigError(f"{self.family}: {name!r} is registered twice")
        self._targets[name] = target

    def get(self, name: str) -> T:
        """Return the object called ``name``.

        Raises:
            ConfigError: no such name (the message lists the known ones and the nearest), or a plugin that cannot be
                imported.
        """
        if name not in self._targets:
            self._read_entry_points()
        if name not in self._targets:
            known = self.names()
            raise ConfigError(
                f"unknown name {name!r} in {self.family}{nearest(name, known)} (known: {', '.join(known)})"
            )
        target = self._targets[name]
        if isinstance(target, str):
            target = self._import(name, target)
            self._targets[name] = target
        return target

    def _import(self, name: str, target: str) -> T:
        module, _, attribute = target.partition(":")
        try:
            return cast(T, getattr(import_module(module), attribute))
        except (ImportError, AttributeError) as error:
            raise ConfigError(
                f"{self.family}: {name!r} is registered as {target!r}, which cannot be imported ({error}); "
                "repair or uninstall the package that provides it"
            ) from error

    def names(self) -> list[str]:
        """Return every known name, entry points included, sorted."""
        self._read_entry_points()
        return sorted(self._targets)

    def __iter__(self) -> Iterator[str]:
        return iter(self.names())

    def __contains__(self, name: Any) -> bool:
        if name not in self._targets:
            self._read_entry_points()
        return name in self._targets

    def _read_entry_points(self) -> None:
        if self._entry_points_read:
            return
        for point in _entry_points(tuple(sys.path)).select(group=f"assay.{self.family}"):
            if point.name not in self._targets:
                self._targets[point.name] = point.value
        # Said last: another thread must not take half of them for all.
        self._entry_points_read = True


@functools.cache
def _entry_points(path: tuple[str, ...]) -> Any:  # of a class that Python 3.12 has no more
    """Return all that are installed on a path: read once for all families, as every package is looked into."""
    return entry_points()
