from __future__ import annotations

import threading
import time
from collections.abc import Callable

import pytest

from streamdefocus.pipeline.channels import Bounded, Channel, ChannelEndedError, Latest


def in_thread(work: Callable[[], object]) -> threading.Thread:
    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    return thread


def drain(channel: Channel[int]) -> list[int]:
    items = []
    try:
        while True:
            items.append(channel.get())
    except ChannelEndedError:
        return items


def test_bounded_loses_nothing_and_keeps_the_order() -> None:
    channel: Bounded[int] = Bounded(2)

    def write() -> None:
        for number in range(1000):
            channel.put(number)
        channel.finish()

    writer = in_thread(write)
    assert drain(channel) == list(range(1000))
    writer.join(5)
    assert channel.dropped == 0


def test_bounded_holds_no_more_than_its_capacity() -> None:
    channel: Bounded[int] = Bounded(2)
    done: list[int] = []

    def write() -> None:
        for number in range(3):
            channel.put(number)
            done.append(number)

    writer = in_thread(write)
    time.sleep(0.1)
    assert done == [0, 1]
    channel.get()
    writer.join(5)
    assert done == [0, 1, 2]


def test_latest_keeps_the_newest_and_counts_the_rest() -> None:
    channel: Latest[int] = Latest()
    for number in range(5):
        channel.put(number)
    assert channel.get() == 4
    assert channel.dropped == 4


@pytest.mark.parametrize("end", ["get", "finish", "abort"])
def test_a_writer_can_wait_until_its_item_is_taken_or_nobody_will(end: str) -> None:
    channel: Latest[int] = Latest()
    channel.wait_until_taken()  # nothing waits
    channel.put(7)
    waiting = in_thread(channel.wait_until_taken)
    waiting.join(0.05)
    assert waiting.is_alive()
    getattr(channel, end)()
    waiting.join(5)
    assert not waiting.is_alive()


@pytest.mark.parametrize("channel", [Bounded(3), Latest()])
def test_finish_lets_the_reader_drain(channel: Channel[int]) -> None:
    channel.put(7)
    channel.finish()
    channel.finish()
    assert drain(channel) == [7]
    with pytest.raises(ChannelEndedError):
        channel.put(8)


@pytest.mark.parametrize("channel", [Bounded(3), Latest()])
def test_abort_drops_what_waits(channel: Channel[int]) -> None:
    channel.put(7)
    channel.abort()
    assert drain(channel) == []


def test_abort_wakes_a_waiting_writer_and_a_waiting_reader() -> None:
    full: Bounded[int] = Bounded(1)
    full.put(1)
    empty: Bounded[int] = Bounded(1)
    woken: list[str] = []

    def expect_end(name: str, act: Callable[[], object]) -> None:
        with pytest.raises(ChannelEndedError):
            act()
        woken.append(name)

    threads = [
        in_thread(lambda: expect_end("writer", lambda: full.put(2))),
        in_thread(lambda: expect_end("reader", empty.get)),
    ]
    time.sleep(0.05)
    full.abort()
    empty.abort()
    for thread in threads:
        thread.join(5)
    assert sorted(woken) == ["reader", "writer"]
