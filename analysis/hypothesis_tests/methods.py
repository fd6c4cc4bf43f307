"""Every way to test two variants against each other, by name."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib import import_module
from types import MappingProxyType
from typing import Literal, NamedTuple, cast, get_args

import numpy as np

from analysis.levels import check_level
from analysis.outcome import Alternative, Basis, Outcome, Pairing
from analysis.scores import Scores

__all__ = ["DEFAULT_METHOD", "METHODS", "Method", "MethodName", "Question", "run_method"]

MethodName = Literal[
    "crossed",
    "paired-t",
    "welch-t",
    "wilcoxon",
    "mann-whitney",
    "permutation",
    "example-permutation",
    "paired-bootstrap",
    "hierarchical-bootstrap",
    "mcnemar",
    "mcnemar-mid-p",
    "aso",
    "tost",
]
DEFAULT_METHOD: MethodName = "crossed"


@dataclass(frozen=True, kw_only=True)
class Question:
    """What is asked of a test beside the scores; each test reads what concerns it."""

    rng: np.random.Generator
    alternative: Alternative = "two-sided"
    level: float = 0.95
    """Of intervals, in (0, 1)."""
    pairing: Pairing = "auto"
    """Of tests that can do both. "auto" pairs where both sides have the same seeds; "crossed" has a rule of its own."""
    margin: float | None = None
    """Differences within -margin and margin do not matter, on the metric's scale; only equivalence asks for it."""
    num_resamples: int = 10_000

    def __post_init__(self) -> None:
        check_level(self.level)
        if self.alternative not in get_args(Alternative):
            raise ValueError(f"unknown alternative {self.alternative!r} (known: {', '.join(get_args(Alternative))})")
        if self.num_resamples < 1:
            raise ValueError(f"at least one resample is needed, got {self.num_resamples}")


class Method(NamedTuple):
    """One way to test two variants against each other."""

    basis: Basis
    """What chance its p-value speaks of."""
    target: str
    """``module:function`` of ``(treatment, control, question)``; loaded on use, for scipy's tests take a while."""

    def __call__(self, treatment: Scores, control: Scores, question: Question) -> Outcome:
        """Return what the test says."""
        module, _, name = self.target.partition(":")
        test = cast(
            "Callable[[Scores, Scores, Question], Outcome]",
            getattr(import_module(f"analysis.hypothesis_tests.{module}"), name),
        )
        return test(treatment, control, question)


METHODS: Mapping[str, Method] = MappingProxyType(
    {
        "crossed": Method("seeds and examples", "over_both:crossed"),
        "paired-t": Method("seeds", "over_seeds:paired_t"),
        "welch-t": Method("seeds", "over_seeds:welch_t"),
        "wilcoxon": Method("seeds", "over_seeds:wilcoxon"),
        "mann-whitney": Method("seeds", "over_seeds:mann_whitney"),
        "permutation": Method("seeds", "over_seeds:permutation"),
        "example-permutation": Method("examples", "over_examples:permutation"),
        "paired-bootstrap": Method("examples", "over_examples:bootstrap"),
        "hierarchical-bootstrap": Method("seeds and examples", "over_both:hierarchical"),
        "mcnemar": Method("examples", "over_examples:mcnemar"),
        "mcnemar-mid-p": Method("examples", "over_examples:mcnemar_mid_p"),
        "aso": Method("seeds", "over_seeds:stochastic_order"),
        "tost": Method("seeds", "over_seeds:tost"),
    }
)


def run_method(
    name: str,
    treatment: Scores,
    control: Scores,
    *,
    rng: np.random.Generator,
    alternative: Alternative = "two-sided",
    level: float = 0.95,
    pairing: Pairing = "auto",
    margin: float | None = None,
    num_resamples: int = 10_000,
) -> Outcome:
    """Return what the test of that name says of two variants.

    Args:
        name: a key of :data:`METHODS`.
        treatment: of the variant that is tried.
        control: of what it is compared with.
        rng: of resamples.
        alternative: what counts as evidence: any difference, or a treatment that scores more or less.
        level: of the interval, in (0, 1).
        pairing: whether runs of equal seeds are taken together, for tests that can do both.
        margin: differences within -margin and margin do not matter, on the metric's scale.
        num_resamples: of tests that resample; where there are no more permutations than that, all are taken.

    Returns:
        The outcome. Data that the test cannot judge give no p-value, and ``problem`` says why.

    Raises:
        ValueError: an unknown name, or an impossible level, alternative or number of resamples.
    """
    if name not in METHODS:
        raise ValueError(f"unknown test {name!r} (known: {', '.join(METHODS)})")
    question = Question(
        rng=rng,
        alternative=alternative,
        level=level,
        pairing=pairing,
        margin=margin,
        num_resamples=num_resamples,
    )
    return METHODS[name](treatment, control, question)
