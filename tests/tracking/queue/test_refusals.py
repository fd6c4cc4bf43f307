"""Whose words are shown of a job that does not begin."""

from __future__ import annotations

import pytest

from tracking.queue.refusals import Refusals

HERE = Refusals("here")
OURS_NEVER, OURS_NOT_NOW = HERE.never("", "it needs a GPU"), HERE.not_now("", "others use the GPU")
THEIRS_NEVER, THEIRS_NOT_NOW = Refusals("there").never("", "no GPU"), Refusals("there").not_now("", "no GPU is free")
NO_ROOM = "waits on here: there is no room yet"


def test_words_name_the_host_and_what_is_missing() -> None:
    assert OURS_NEVER == "not possible on here: it needs a GPU"
    assert OURS_NOT_NOW == "waits on here: others use the GPU"


@pytest.mark.parametrize("shown", ["", OURS_NEVER, OURS_NOT_NOW])
def test_own_words_give_way_to_newer_ones(shown: str) -> None:
    assert HERE.never(shown, "it needs two") == "not possible on here: it needs two"
    assert HERE.not_now(shown, "others use both") == "waits on here: others use both"


def test_words_of_another_host_stay_unless_they_say_that_nothing_will_do() -> None:
    for shown in (THEIRS_NEVER, THEIRS_NOT_NOW):
        assert HERE.never(shown, "it needs a GPU") == shown
    assert HERE.not_now(THEIRS_NOT_NOW, "others use the GPU") == THEIRS_NOT_NOW
    assert HERE.not_now(THEIRS_NEVER, "others use the GPU") == OURS_NOT_NOW


@pytest.mark.parametrize("shown", ["", OURS_NEVER, OURS_NOT_NOW])
def test_what_only_waits_for_room_takes_back_what_was_said_against_it(shown: str) -> None:
    assert HERE.soon(shown) == ""


def test_room_that_lacks_is_told_only_where_another_host_says_that_nothing_will_do() -> None:
    assert HERE.soon(THEIRS_NEVER) == NO_ROOM
    assert HERE.soon(NO_ROOM) == NO_ROOM
    assert HERE.soon(THEIRS_NOT_NOW) == THEIRS_NOT_NOW
