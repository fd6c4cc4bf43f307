"""Parameters of a list whose parts have names, such as a configuration's strategies.

They are stored by position, ``strategies.0.name`` and ``strategies.0.smoothing_factor``, as a part may come twice.
People call the latter ``strategies.label_smoothing.smoothing_factor``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, Text, and_, literal, select

from tracking.store import schema

__all__ = ["NamedPart", "find_part"]

_P = schema.params.c
_MAX_POSITIONS = 50
_MAX_WORDS = 20
_ALIASES = {"strategy": "strategies"}


@dataclass(frozen=True)
class NamedPart:
    """A parameter of the parts of a list that have a certain name; or the names of all parts."""

    parts: str
    """Dotted name of the list."""
    called: str | None
    """Name of the parts that are meant; None means the names themselves."""
    inner: str
    """Dotted name of the parameter inside of a part."""
    positions: tuple[int, ...]
    """Where such parts stand in any experiment."""

    @property
    def params(self) -> list[str]:
        """Dotted names of the stored parameters that it is told from."""
        found = [name for place in self.positions for name in (self.name_at(place), self.param_at(place))]
        return list(dict.fromkeys(found))

    def name_at(self, position: int) -> str:
        """Return where the name of the part at a position is stored."""
        return f"{self.parts}.{position}.name"

    def param_at(self, position: int) -> str:
        """Return where its parameter is stored."""
        return f"{self.parts}.{position}.{self.inner}"

    def owners(self, position: int) -> Select[tuple[int]]:
        """Return the query for the keys of experiments with such a part at a position."""
        table = schema.params.alias().c
        called = and_(table.kind == "str", table.text == literal(self.called, Text))
        return select(table.experiment_key).where(table.name == self.name_at(position), called)

    def value(self, params: Mapping[str, Any]) -> Any:
        """Return the value of an experiment's first such part, or the names in their order; None if it has none."""
        if self.called is None:
            names = (params.get(self.name_at(place)) for place in self.positions)
            return ", ".join(str(name) for name in names if name is not None) or None
        places = (place for place in self.positions if params.get(self.name_at(place)) == self.called)
        return next((params[self.param_at(place)] for place in places if self.param_at(place) in params), None)


def find_part(connection: Connection, text: str) -> NamedPart | None:
    """Return what a dotted name says of a list with named parts; None where no experiment has such a list or part."""
    words = text.split(".", _MAX_WORDS)
    for cut in range(len(words), 0, -1):
        parts = ".".join([_ALIASES.get(words[0], words[0]), *words[1:cut]])
        positions = _positions(connection, parts)
        if positions:
            return _part(connection, parts, words[cut:], positions)
    return None


def _positions(connection: Connection, parts: str) -> list[int]:
    found: list[int] = []
    while len(found) < _MAX_POSITIONS and _exists(connection, _P.name == f"{parts}.{len(found)}.name"):
        found.append(len(found))
    return found


def _part(connection: Connection, parts: str, words: Sequence[str], positions: Sequence[int]) -> NamedPart | None:
    if not words:
        return NamedPart(parts, None, "name", tuple(positions))
    # Names of parts may have dots, as names of their parameters may.
    for cut in range(len(words) - 1, 0, -1):
        part = NamedPart(parts, ".".join(words[:cut]), ".".join(words[cut:]), ())
        own = tuple(
            place
            for place in positions
            if _exists(connection, _P.name == part.param_at(place), _P.experiment_key.in_(part.owners(place)))
        )
        if own:
            return NamedPart(parts, part.called, part.inner, own)
    return None


def _exists(connection: Connection, *conditions: ColumnElement[bool]) -> bool:
    return connection.execute(select(select(1).where(*conditions).exists())).scalar_one()
