"""Messages come through whole and in order, whatever their length, and an end is an end."""

from __future__ import annotations

import os
import threading

from execution.channel import Channel


def _pair() -> tuple[Channel, Channel]:
    mine, other = Channel.pair()
    return mine, Channel(other)


def test_messages_arrive_whole_and_in_order() -> None:
    mine, other = _pair()
    messages: list[dict[str, object]] = [
        {"n": 1},
        {"text": "line\nbreak \u2028 Ω \ud800"},
        {"long": "x" * 3_000_000},
        {"n": 4},
    ]
    sender = threading.Thread(target=lambda: [mine.send(message) for message in messages])
    sender.start()
    received: list[object] = []
    while len(received) < len(messages):
        received += other.receive()
    sender.join()
    assert received == messages
    mine.close()
    assert other.receive() == []
    assert other.closed
    other.close()


def test_half_a_message_is_none() -> None:
    mine, end = Channel.pair()
    end.send(b'{"a"')
    assert mine.receive() == []
    end.send(b': 1}\n{"b": 2}\n{"c"')
    assert mine.receive() == [{"a": 1}, {"b": 2}]
    end.close()
    assert mine.receive() == []
    assert mine.closed
    mine.close()


def test_what_was_said_before_the_end_is_read_although_nothing_can_be_said_any_more() -> None:
    mine, other = _pair()
    other.send({"last": "words"})
    other.close()
    assert not mine.send({"do": "stop"})
    assert mine.receive() == [{"last": "words"}]
    assert mine.closed
    mine.close()


def test_who_reads_nothing_is_not_waited_for_without_end() -> None:
    mine, other = _pair()
    assert mine.takes_more()
    assert not mine.send({"long": "x" * 10_000_000}, patience_s=0.1)
    assert not mine.takes_more()
    mine.close()
    other.close()


def test_descriptors_come_beside_their_messages() -> None:
    mine, other = _pair()
    pipes = [os.pipe() for _ in range(3)]
    for number, (_, write) in enumerate(pipes):
        mine.send({"pipe": number}, [write])
    assert [message["pipe"] for message in other.receive()] == [0, 1, 2]
    for number, (read, write) in enumerate(pipes):
        received = other.descriptors.popleft()
        os.write(received, bytes([number]))
        assert os.read(read, 9) == bytes([number])
        for descriptor in (read, write, received):
            os.close(descriptor)
    mine.close()
    other.close()
