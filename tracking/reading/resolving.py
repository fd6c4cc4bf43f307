"""Which experiment a text means: an id, a name, or a part of one of them that only one experiment has."""

from __future__ import annotations

from typing import NamedTuple

from sqlalchemy import ColumnElement, Connection, select

from errors import DataError
from registry import nearest
from tracking.store import schema

__all__ = ["Found", "find_experiment"]

_E = schema.experiments.c
_CANDIDATES_SHOWN = 5
_NAMES_COMPARED = 2_000


class Found(NamedTuple):
    """The experiment that a text means."""

    key: int
    id: str


def find_experiment(connection: Connection, text: str) -> Found:
    """Return the experiment with this id or name, else the one whose id ends so, contains it, or whose name does.

    Args:
        connection: from :meth:`tracking.store.database.Database.read`.
        text: what somebody typed.

    Raises:
        DataError: none, or several; the message lists the candidates.
    """
    if not isinstance(text, str):
        raise DataError(f"expected the id or the name of an experiment, got {text!r:.60}")
    if not _is_storable(text):
        raise DataError(f"no experiment {text!r} in the store")
    for condition in (_E.id == text, _E.name == text, *_parts(text)):
        query = select(_E.key, _E.id, _E.name).where(condition).order_by(_E.created_at.desc(), _E.key.desc())
        found = connection.execute(query.limit(_CANDIDATES_SHOWN + 1)).all()
        if len(found) == 1:
            return Found(found[0].key, found[0].id)
        if found:
            shown = [f"{row.id} ({row.name})" for row in found[:_CANDIDATES_SHOWN]]
            more = ", …" if len(found) > _CANDIDATES_SHOWN else ""
            raise DataError(f"{text!r} names several experiments: {', '.join(shown)}{more}; give more of the id")
    hint = nearest(text, _newest_names(connection)) or "; see: python experiment_cli.py list"
    raise DataError(f"no experiment {text!r} in the store{hint}")


def _is_storable(text: str) -> bool:
    """Whether databases take it: they refuse some texts, each in its own way."""
    return "\0" not in text and not any("\ud800" <= character <= "\udfff" for character in text)


def _parts(text: str) -> tuple[ColumnElement[bool], ...]:
    if not text.strip():
        # Everything contains nothing.
        return ()
    return (
        _E.id.endswith(text, autoescape=True),
        _E.id.contains(text, autoescape=True),
        _E.name.contains(text, autoescape=True),
    )


def _newest_names(connection: Connection) -> list[str]:
    query = select(_E.name).order_by(_E.created_at.desc(), _E.key.desc()).limit(_NAMES_COMPARED)
    return list(dict.fromkeys(connection.execute(query).scalars()))
