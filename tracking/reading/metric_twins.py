"""A curve and the result that was declared at its end are one metric to people: ``eval/f1`` and ``eval_f1``."""

from __future__ import annotations

from collections.abc import Iterable

__all__ = ["curves_of_results", "known_as"]


def curves_of_results(names: Iterable[str]) -> dict[str, str]:
    """Return result to curve for those of ``names`` that are the same metric, once as a result and once as a curve."""
    known = set(names)
    curves = ((name.replace("/", "_"), name) for name in sorted(known) if "/" in name)
    return {result: curve for result, curve in curves if result in known}


def known_as(name: str, known: Iterable[str]) -> str | None:
    """Return how ``known`` spell a metric that somebody calls ``name``: so, or as its twin; None if none of them is it.

    ``metrics.`` before it, as filters write it, means nothing.
    """
    names = set(known)
    plain = name if name in names else name.removeprefix("metrics.")
    twins = (each for each in sorted(names) if each.replace("/", "_") == plain.replace("/", "_"))
    return plain if plain in names else next(twins, None)
