"""Spending functions and boundaries, against published values and against simulation."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.special import ndtr

from analysis.sequential.boundaries import critical_values, crossing_probabilities, nominal_levels
from analysis.sequential.spending import SPENDING, Spending, spent

FIVE = (0.2, 0.4, 0.6, 0.8, 1.0)

fractions_of_information = st.lists(st.integers(1, 40), min_size=1, max_size=8, unique=True).map(
    lambda counts: tuple(count / max(counts) for count in sorted(counts))
)


@pytest.mark.parametrize(
    ("spending", "published"),
    [
        ("obrien-fleming", (4.8769, 3.3569, 2.6803, 2.2898, 2.0310)),
        ("pocock", (2.4380, 2.4268, 2.4101, 2.3966, 2.3860)),
    ],
)
def test_boundaries_are_those_of_lan_and_demets(spending: Spending, published: tuple[float, ...]) -> None:
    assert critical_values(FIVE, 0.05, spending) == pytest.approx(published, abs=2e-4)


@pytest.mark.parametrize(
    ("constant", "power"), [(2.413, 0.0), (2.040, 0.5)], ids=["pocock 1977", "o'brien fleming 1979"]
)
def test_the_classical_boundaries_cross_with_their_level(constant: float, power: float) -> None:
    classical = [constant / fraction**power for fraction in FIVE]
    assert crossing_probabilities(classical, FIVE).sum() == pytest.approx(0.05, abs=1e-4)


def test_crossing_agrees_with_simulated_brownian_motion() -> None:
    rng = np.random.default_rng(0)
    fractions = (0.25, 0.3, 0.7, 1.0)
    critical = np.asarray(critical_values(fractions, 0.1, "pocock"))
    steps = rng.normal(size=(200_000, 4)) * np.sqrt(np.diff(fractions, prepend=0))
    crossed = np.abs(np.cumsum(steps, axis=1) / np.sqrt(fractions)) > critical
    first = [np.mean(crossed[:, look] & ~crossed[:, :look].any(axis=1)) for look in range(4)]
    assert crossing_probabilities(critical.tolist(), fractions) == pytest.approx(first, abs=0.002)


@given(fractions_of_information, st.floats(0.001, 0.2), st.sampled_from(SPENDING))
def test_boundaries_spend_what_was_planned_at_every_look(
    fractions: tuple[float, ...], alpha: float, spending: Spending
) -> None:
    planned = np.diff(spent(fractions, alpha, spending), prepend=0.0)
    found = crossing_probabilities(critical_values(fractions, alpha, spending), fractions)
    assert found == pytest.approx(planned, abs=1e-8)
    assert found.sum() == pytest.approx(alpha, abs=1e-7)


@given(fractions_of_information, st.floats(0.002, 0.2), st.sampled_from(SPENDING))
def test_a_smaller_level_is_stricter_at_every_look(
    fractions: tuple[float, ...], alpha: float, spending: Spending
) -> None:
    # What Holm's procedure over looks stands on: a claim at a smaller level is one at a larger level too.
    strict, lenient = (nominal_levels(fractions, level, spending) for level in (alpha / 2, alpha))
    assert all(small <= large + 1e-9 for small, large in zip(strict, lenient, strict=True))


def test_one_look_is_the_plain_test() -> None:
    assert nominal_levels((1.0,), 0.05, "obrien-fleming") == pytest.approx((0.05,))
    assert ndtr(-critical_values((1.0,), 0.05, "pocock")[0]) == pytest.approx(0.025)


@given(st.sampled_from(SPENDING), st.floats(0.001, 0.5))
def test_spending_rises_to_the_level(spending: Spending, alpha: float) -> None:
    curve = spent(np.linspace(0.01, 1, 50), alpha, spending)
    assert (np.diff(curve) >= 0).all() and curve[-1] == pytest.approx(alpha)


@pytest.mark.parametrize("fractions", [(), (0.5, 0.5), (0.5, 0.4), (0.0, 1.0), (0.5, 1.1)])
def test_impossible_fractions_are_refused(fractions: tuple[float, ...]) -> None:
    with pytest.raises(ValueError, match="expected"):
        critical_values(fractions, 0.05, "pocock")


def test_an_unknown_spending_function_is_refused() -> None:
    with pytest.raises(ValueError, match="known: obrien-fleming"):
        spent([0.5], 0.05, "linear")  # type: ignore[arg-type]
