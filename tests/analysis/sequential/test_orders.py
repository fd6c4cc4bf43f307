"""Which runs of two sides count, in which order, and what is to be run next."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from analysis.sequential.orders import orders_of

SEEDS = st.lists(st.integers(0, 30), unique=True, max_size=12)


@given(SEEDS, SEEDS, st.integers(0, 12), st.integers(3, 12))
def test_a_side_counts_its_runs_in_their_order_and_later_ones_move_nothing(
    control: list[int], treatment: list[int], further: int, most: int
) -> None:
    found = orders_of(control, treatment, most, 42)
    assert len(found.control) == len(set(found.control)) == most == len(set(found.treatment))
    assert list(found.control[: len(control)]) == control[:most]
    later = orders_of([*control, *range(31, 31 + further)], treatment, most, 42)
    assert later.control[: min(most, len(control))] == found.control[: min(most, len(control))]


def test_nothing_yet_begins_with_the_first_seed() -> None:
    found = orders_of((), (), 4, 42)
    assert found.together == found.control == found.treatment == (42, 43, 44, 45)
    assert found.next_seeds == (42, 42)


def test_the_side_that_is_behind_runs_what_the_other_has() -> None:
    assert orders_of((5, 3, 4), (5, 3), 4, 42).next_seeds == (None, 4)
    assert orders_of((5, 3, 4), (5, 3, 9), 4, 42).next_seeds == (9, 4)
    assert orders_of((1, 2, 3), (1, 2, 3), 3, 42).next_seeds == (None, None)


def test_sides_without_a_seed_in_common_are_not_planned_together() -> None:
    found = orders_of((1, 2, 3), (42, 43), 4, 42)
    assert found.together == () and found.control[:3] == (1, 2, 3) and found.treatment[:2] == (42, 43)
    assert orders_of((-9, -10), (), 3, 42).together == (), "runs without seeds of their own"
