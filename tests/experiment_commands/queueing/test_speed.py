"""Commands say something at once, however much waits: none of them reads what all jobs say."""

from __future__ import annotations

import pytest

from tests.experiment_commands.stores import Command
from tests.tracking.queue.handed_out import job
from tracking.queue import listing, specs
from tracking.queue.queue import Queue

_WORDS = (
    ("status",),
    ("status", "job j1500"),
    ("queue", "list"),
    ("queue", "hold", "job j0007"),
    ("queue", "move", "j0009", "first"),
    ("queue", "hold", "--group", "three"),
)


@pytest.mark.parametrize("words", _WORDS, ids=lambda words: " ".join(words))
def test_few_of_many_jobs_are_read(
    run: Command, queue: Queue, words: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    queue.add([job(f"j{number:04}", group=("one", "two", "three")[number % 3]) for number in range(2000)])
    read = 0

    def counted(text: str) -> object:
        nonlocal read
        read += 1
        return specs.read_spec(text)

    monkeypatch.setattr(listing, "read_spec", counted)
    assert run(*words)[0] == 0
    assert read <= 50
