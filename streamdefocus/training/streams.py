"""What is made ahead while training goes on: by threads, or by processes.

Reading, resizing and colours let go of Python's lock, so threads do for photos. Drawing scenes
holds it for much of its time: threads would wait for each other.
"""

from __future__ import annotations

import itertools
import multiprocessing
import signal
from collections import deque
from collections.abc import Callable, Generator
from concurrent.futures import Future, ProcessPoolExecutor, ThreadPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from typing import Any, TypeVar

import cv2

from streamdefocus.errors import InputError

T = TypeVar("T")

AHEAD = 4
"""Samples that wait for each thread or process, at most."""


def by_threads(
    make: Callable[[int], T], start: int, stop: int, threads: int
) -> Generator[T, None, None]:
    """make(start), ..., make(stop - 1) in order; make may be called from any thread.

    Raises:
        Exception: Whatever ``make`` raised, where its sample is due.
    """
    with ThreadPoolExecutor(threads, thread_name_prefix="streamdefocus-batches") as pool:
        waiting: deque[Future[T]] = deque()
        try:
            for k in range(start, stop):
                waiting.append(pool.submit(make, k))
                if len(waiting) > AHEAD * threads:
                    yield waiting.popleft().result()
            while waiting:
                yield waiting.popleft().result()
        finally:
            for future in waiting:
                future.cancel()


def by_processes(
    make: Callable[[int], T], start: int = 0, processes: int = 2, stop: int | None = None
) -> Generator[T, None, None]:
    """make(start), make(start + 1), ... in order; close the iterator to end the processes.

    Args:
        make: A pure function that can be pickled, such as ``Rooms(seed).pair``.
        start: The first number.
        processes: How many make them; 0 makes them in this one.
        stop: The first number that is not made; None for no end.

    Raises:
        InputError: A process was killed.
        Exception: Whatever ``make`` raised, where its sample is due.
    """
    numbers = itertools.count(start) if stop is None else iter(range(start, stop))
    if not processes:
        yield from map(make, numbers)
        return
    # Forking a process that runs threads, as TensorFlow's do, can lock it up.
    context = multiprocessing.get_context("spawn")
    pool = ProcessPoolExecutor(processes, context, _begin, (make,))
    try:
        first = itertools.islice(numbers, AHEAD * processes)
        waiting: deque[Future[T]] = deque(pool.submit(_make, k) for k in first)
        while waiting:
            yield waiting.popleft().result()
            waiting.extend(pool.submit(_make, k) for k in itertools.islice(numbers, 1))
    except BrokenProcessPool as error:
        raise InputError(
            "a process that makes samples was killed; is there too little memory? "
            f"Received: processes={processes}. Try fewer"
        ) from error
    finally:
        pool.shutdown(cancel_futures=True)


_maker: Callable[[int], Any]


def _begin(make: Callable[[int], Any]) -> None:
    """In a new process."""
    global _maker  # noqa: PLW0603 - sent once, not with every number
    _maker = make
    cv2.setNumThreads(1)  # the processes are the parallelism
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C ends the parent, and that the pool


def _make(k: int) -> Any:
    return _maker(k)
