"""Texts in the same order on every database."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Text
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement

__all__ = ["Bytewise"]


class Bytewise(FunctionElement[str]):
    """A text that sorts by the numbers of its characters, whatever the language of the server; only A-Z have a case."""

    type = Text()
    name = "bytewise"
    inherit_cache = True


@compiles(Bytewise)
def _plain(element: Bytewise, compiler: SQLCompiler, **options: Any) -> str:
    """SQLite does so unasked."""
    return compiler.process(element.clauses, **options)


@compiles(Bytewise, "postgresql")
def _collated(element: Bytewise, compiler: SQLCompiler, **options: Any) -> str:
    return f'({compiler.process(element.clauses, **options)} COLLATE "C")'
