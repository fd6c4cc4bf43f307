"""What a hypothesis test is asked, and what it returns: the same for all of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from analysis.student_t import Interval

__all__ = ["Alternative", "Basis", "Outcome", "Pairing"]

Alternative = Literal["two-sided", "greater", "less"]
"""What counts as evidence: any difference, or a treatment that is greater or less."""
Basis = Literal["seeds and examples", "seeds", "examples", "nothing"]
"""What chance an interval speaks of: "seeds" holds for this evaluation set alone, "examples" for these models alone."""
Pairing = Literal["auto", "paired", "unpaired"]
"""Whether runs of equal seeds are taken together."""


@dataclass(frozen=True)
class Outcome:
    """A test and what it found."""

    test: str
    """The test's usual name, such as "Wilcoxon signed-rank test"."""
    statistic: float | None
    p_value: float | None
    """None where a condition fails; ``problem`` says which."""
    alternative: Alternative = "two-sided"
    degrees: tuple[float, ...] = ()
    """Degrees of freedom, of tests that have them."""
    estimate: float | None = None
    """What the test is about, such as the difference of means."""
    interval: Interval | None = None
    """Of the estimate."""
    smallest_p: float | None = None
    """Smallest p-value that the test can give with so many observations; None where it has no floor."""
    assumptions: tuple[str, ...] = ()
    """What must hold for the p-value to mean what it says; a clause each."""
    problem: str = ""
    """Why there is no p-value; empty where there is one."""
