"""Whether a failed job is tried again, when and how."""

from __future__ import annotations

import itertools
import random

import pytest

from jobs import FailureKind
from jobs.retries import DIVIDE_BATCH, RULES, counts, next_attempt


def _delays(kind: FailureKind, times: int, seed: int = 0) -> list[float]:
    rng = random.Random(seed)
    found = [next_attempt([kind] * number, rng) for number in range(1, times + 1)]
    return [each.delay_seconds for each in found if each is not None]


@pytest.mark.parametrize("kind", sorted(set(FailureKind) - set(RULES)))
def test_what_would_fail_the_same_again_is_never_tried_again(kind: FailureKind) -> None:
    assert next_attempt([kind], random.Random(0)) is None


def test_memory_that_ran_out_is_tried_once_more_at_once_with_half_the_batch() -> None:
    first = next_attempt([FailureKind.OUT_OF_MEMORY], random.Random(0))
    assert first is not None and dict(first.adjustments) == {DIVIDE_BATCH: 2}
    assert first.delay_seconds == 0 and first.counts
    between = [FailureKind.OUT_OF_MEMORY, FailureKind.PREEMPTED, FailureKind.OUT_OF_MEMORY]
    assert next_attempt(between, random.Random(0)) is None


def test_who_is_preempted_comes_back_at_once_then_later_and_later_and_without_end() -> None:
    delays = _delays(FailureKind.PREEMPTED, 2000)
    assert len(delays) == 2000 and delays[0] == 0
    for delay, usual in zip(delays[1:], (1, 2, 4, 8, 16, 32, 60, 60), strict=False):
        assert 0.75 * usual <= delay <= 1.25 * usual


def test_what_this_machine_cannot_do_is_left_to_others_for_as_long_as_it_takes() -> None:
    for kind in (FailureKind.NOT_HERE, FailureKind.OTHER_CODE):
        retry = next_attempt([kind] * 1000, random.Random(0))
        assert retry is not None and not retry.counts and not counts(kind)


def test_delays_double_up_to_a_limit_and_are_spread() -> None:
    delays = _delays(FailureKind.RESOURCE, 10)
    assert len(delays) == 5, "the sixth failure is the last"
    for delay, usual in zip(delays, (5, 10, 20, 40, 80), strict=True):
        assert 0.75 * usual <= delay <= 1.25 * usual
    assert len({_delays(FailureKind.RESOURCE, 1, seed)[0] for seed in range(20)}) == 20
    assert all(delay <= 37.5 for delay in _delays(FailureKind.BUSY, 2000)), "no number is too large for a float"


def test_failures_are_counted_by_their_kind() -> None:
    mixed = [*itertools.repeat(FailureKind.RESOURCE, 5), FailureKind.WORKER_DIED]
    retry = next_attempt(mixed, random.Random(0))
    assert retry is not None and retry.delay_seconds <= 1.25
