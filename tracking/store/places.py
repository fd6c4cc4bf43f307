"""Where folders lie, as a store remembers it: those beside an SQLite file relative to it, all others by their host.

So a store that is moved or copied together with its folders means those beside it, and never the ones it came from.
Tables hold what :func:`placed` returns; whoever selects the columns gets whole paths and names of hosts.
"""

from __future__ import annotations

import os
import socket
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, String, Text
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import GenericFunction

__all__ = ["HERE", "HOME", "FolderText", "HostText", "home_of", "placed", "register", "relative_to_home", "whole_path"]

HOME = "home"
"""Execution option of a connection to an SQLite file: the folder that the file lies in."""

HERE = ""
"""In place of a host: a folder that lies beside the store, on whichever host that is."""


def home_of(file: Path) -> Path:
    """Return the folder that a database file lies in, by whatever links it is reached."""
    return Path(os.path.realpath(file)).parent


def relative_to_home(folder: Path, home: Path | None) -> Path:
    """Return how a store at ``home`` remembers a folder: relative where it lies below, else whole."""
    return folder.relative_to(home) if home is not None and folder.is_relative_to(home) else folder


def placed(connection: Connection, folder: Path) -> dict[str, str]:
    """Return the columns ``folder`` and ``folder_host`` of a folder on this machine.

    Args:
        connection: to the database.
        folder: without links in its path.
    """
    remembered = relative_to_home(folder, connection.get_execution_options().get(HOME))
    return {"folder": str(remembered), "folder_host": socket.gethostname() if remembered.is_absolute() else HERE}


def register(connection: Any, home: Path | None) -> None:
    """Give a driver's connection to SQLite the functions that selected columns go through."""
    beside = str(home or "")
    connection.create_function("whole_path", 1, lambda text: os.path.join(beside, text), deterministic=True)  # noqa: PTH118
    connection.create_function("whole_host", 1, lambda host: host or socket.gethostname(), deterministic=True)


class whole_path(GenericFunction[str]):
    """A stored folder as a whole path."""

    type = Text()
    inherit_cache = True


class _whole_host(GenericFunction[str]):
    type = String()
    name = "whole_host"
    inherit_cache = True


@compiles(whole_path)
@compiles(_whole_host)
def _as_it_is(element: GenericFunction[str], compiler: Any, **options: Any) -> str:
    """A server stores nothing relative."""
    return str(compiler.process(next(iter(element.clauses)), **options))


@compiles(whole_path, "sqlite")
@compiles(_whole_host, "sqlite")
def _by_function(element: GenericFunction[str], compiler: Any, **options: Any) -> str:
    return str(compiler.visit_function(element, **options))


class FolderText(Text):
    """A folder; selecting it gives its whole path."""

    def column_expression(self, column: Any) -> whole_path:
        """Return what is selected instead of the column."""
        return whole_path(column)


class HostText(String):
    """Whose disk a folder is on; selecting it gives a host's name."""

    def column_expression(self, column: Any) -> _whole_host:
        """Return what is selected instead of the column."""
        return _whole_host(column)
