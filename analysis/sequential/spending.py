"""How much of the chance of a false claim may be used up by when."""

from __future__ import annotations

from typing import Literal, get_args

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import ndtr, ndtri

__all__ = ["SPENDING", "Spending", "spent"]

Spending = Literal["obrien-fleming", "pocock", "kim-demets"]
SPENDING: tuple[str, ...] = get_args(Spending)

_KIM_DEMETS_POWER = 3


def spent(fractions: ArrayLike, alpha: float = 0.05, spending: Spending = "kim-demets") -> NDArray[np.float64]:
    """Return the chance of a false claim that may be used up when so much of the information is there.

    "obrien-fleming" and "pocock" are the functions of Lan and DeMets (1983) that come near the boundaries of these
    names: the first hardly lets a test stop early and costs next to nothing at its end, the second spends early and
    pays at the end. "kim-demets" is ``alpha * fraction ** 3`` (Kim and DeMets 1987), that hardly costs power at the end
    and yet lets large differences stop early.

    Args:
        fractions: of the information, shape (num_looks,), in (0, 1].
        alpha: level of the two-sided test, in (0, 1); half of it for either side.
        spending: one of :data:`SPENDING`.

    Returns:
        Shape (num_looks,); ``alpha`` where the fraction is 1.

    Raises:
        ValueError: impossible fractions or level, or an unknown function.
    """
    information = np.asarray(fractions, dtype=np.float64)
    if not 0 < alpha < 1 or not ((information > 0) & (information <= 1)).all():
        raise ValueError(f"expected alpha in (0, 1) and fractions in (0, 1], got {alpha} and {information.tolist()}")
    if spending == "obrien-fleming":
        return np.asarray(4 * ndtr(ndtri(alpha / 4) / np.sqrt(information)))
    if spending == "pocock":
        return np.asarray(alpha * np.log1p((np.e - 1) * information))
    if spending == "kim-demets":
        return np.asarray(alpha * information**_KIM_DEMETS_POWER)
    raise ValueError(f"unknown spending function {spending!r} (known: {', '.join(SPENDING)})")
