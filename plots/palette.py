"""One colour a family of strategies, the same in every picture, told apart under the common colour blindnesses."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal

__all__ = ["BASELINE_COLOUR", "LINE_STYLES", "LineStyle", "family_colours"]

LineStyle = Literal["-", "--", ":", "-."]
LINE_STYLES: tuple[LineStyle, ...] = ("-", "--", ":", "-.")
"""Tell apart lines of one colour."""

BASELINE_COLOUR = "#222222"

_COLOURS = (
    "#0072B2",
    "#D55E00",
    "#009E73",
    "#CC79A7",
    "#E69F00",
    "#56B4E9",
    "#882255",
    "#999933",
    "#332288",
    "#44AA99",
)
"""Okabe and Ito (2008), without the black kept for the baseline and the yellow that vanishes on white; then Tol."""


def family_colours(families: Iterable[str]) -> dict[str, str]:
    """Return the colour of each family in order of first appearance; ``baseline`` is near black."""
    others = [family for family in dict.fromkeys(families) if family != "baseline"]
    colours = {family: _COLOURS[position % len(_COLOURS)] for position, family in enumerate(others)}
    return {"baseline": BASELINE_COLOUR, **colours}
