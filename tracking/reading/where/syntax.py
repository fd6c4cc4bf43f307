"""What a filter says, as a tree."""

from __future__ import annotations

from dataclasses import dataclass

from tracking.reading.where.errors import Place

__all__ = ["And", "Comparison", "Expression", "Key", "Literal", "Membership", "Not", "Or", "Presence"]


@dataclass(frozen=True)
class Key:
    """The name of something that experiments have: ``status``, ``training.learning_rate``, ``metrics.eval_f1``."""

    text: str
    place: Place


@dataclass(frozen=True)
class Literal:
    """A value to compare with; what it means depends on what it is compared with."""

    text: str
    quoted: bool
    place: Place


@dataclass(frozen=True)
class Comparison:
    """``key operator literal``."""

    key: Key
    operator: str
    """``=``, ``!=``, ``<``, ``<=``, ``>``, ``>=``, ``~`` or ``!~``."""
    literal: Literal
    place: Place
    """Of the operator."""


@dataclass(frozen=True)
class Membership:
    """``key [not] in (literal, …)``."""

    key: Key
    literals: tuple[Literal, ...]
    negated: bool


@dataclass(frozen=True)
class Presence:
    """``key is [not] null``."""

    key: Key
    present: bool


@dataclass(frozen=True)
class Not:
    """``not operand``."""

    operand: Expression


@dataclass(frozen=True)
class And:
    """All of these."""

    operands: tuple[Expression, ...]


@dataclass(frozen=True)
class Or:
    """Any of these."""

    operands: tuple[Expression, ...]


Expression = Comparison | Membership | Presence | Not | And | Or
