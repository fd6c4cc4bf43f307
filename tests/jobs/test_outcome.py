"""Outcomes as JSON, and what they say of an exception."""

from __future__ import annotations

import json

import pytest

from jobs import Failure, FailureKind, Outcome


def _error() -> BaseException:
    try:
        raise ValueError("a wrong value")
    except ValueError as error:
        return error


@pytest.mark.parametrize(
    "outcome",
    [
        Outcome(result={"results": {"success": True}}, seconds=1.5),
        Outcome.failed(FailureKind.TIMED_OUT, "it took too long", 60.0),
        Outcome(Failure.of(_error(), FailureKind.ERROR)),
        Outcome(progress={"step": 3, "reached": 3.0}),
    ],
)
def test_an_outcome_comes_back_as_it_was(outcome: Outcome) -> None:
    assert Outcome.from_mapping(json.loads(json.dumps(outcome.to_mapping()))) == outcome


def test_a_failure_says_type_message_and_trace() -> None:
    failure = Failure.of(_error(), FailureKind.ERROR)
    assert (failure.type, failure.message) == ("ValueError", "a wrong value")
    assert "in _error" in failure.traceback
    assert Failure.of(KeyError(), FailureKind.ERROR).message == "KeyError", "an empty message says nothing"
