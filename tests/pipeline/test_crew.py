"""Threads that start, fail and end together."""

from __future__ import annotations

import threading

import pytest

from streamdefocus.pipeline.crew import Crew


def test_threads_may_be_added_while_the_others_are_started() -> None:
    for _ in range(20):
        crew, done, added = Crew(lambda: None), [], threading.Event()

        def first() -> None:
            crew.add("second", lambda: done.append("second"))  # noqa: B023
            added.set()  # noqa: B023

        crew.add("first", first)
        for _ in range(30):
            crew.add("other", lambda: added.wait(10))  # noqa: B023
        crew.run(lambda: None, 0.01)
        assert done == ["second"]


def test_what_a_thread_raises_comes_out_of_run() -> None:
    aborted = threading.Event()
    crew = Crew(aborted.set)

    def fail() -> None:
        raise ValueError("no frame")

    crew.add("waits", lambda: aborted.wait(10))
    crew.add("fails", fail)
    with pytest.raises(ValueError, match="no frame"):
        crew.run(lambda: None, 0.01)
    assert aborted.is_set()
