"""What lies between two threads: a channel that loses nothing, or one that keeps the newest.

Both end in one of two ways: ``finish()`` lets the reader drain what is left, ``abort()`` drops it
and wakes everyone up at once. Nobody ever waits on a channel that has ended.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections import deque
from threading import Condition
from typing import Generic, TypeVar

T = TypeVar("T")


class ChannelEndedError(Exception):
    """The channel takes or gives nothing any more. A signal between threads, never shown."""


class Channel(ABC, Generic[T]):
    """A queue between one or more writers and one reader.

    Attributes:
        dropped: How many items were replaced before anyone read them.
    """

    def __init__(self) -> None:
        self.dropped = 0
        self._items: deque[T] = deque()
        self._changed = Condition()
        self._finished = False

    @abstractmethod
    def put(self, item: T) -> None:
        """Hand an item over.

        Raises:
            ChannelEndedError: The channel was finished or aborted.
        """

    def get(self, timeout_s: float | None = None) -> T:
        """The next item, as soon as there is one.

        Args:
            timeout_s: How long to wait; None waits as long as it takes.

        Raises:
            ChannelEndedError: The channel has ended and everything was read.
            TimeoutError: Nothing came in time.
        """
        with self._changed:
            self._changed.wait_for(lambda: self._items or self._finished, timeout_s)
            if not self._items:
                raise ChannelEndedError if self._finished else TimeoutError
            item = self._items.popleft()
            self._changed.notify_all()
            return item

    def wait_until_taken(self) -> None:
        """Return as soon as no item waits, or the channel has ended."""
        with self._changed:
            self._changed.wait_for(lambda: not self._items or self._finished)

    def finish(self) -> None:
        """No more items will come; those that wait can still be read. Idempotent."""
        with self._changed:
            self._finished = True
            self._changed.notify_all()

    def abort(self) -> None:
        """End at once; items that wait are gone. Idempotent."""
        with self._changed:
            self._finished = True
            self._items.clear()
            self._changed.notify_all()


class Bounded(Channel[T]):
    """Loses nothing: a writer waits while ``capacity`` items are unread. For files."""

    def __init__(self, capacity: int) -> None:
        super().__init__()
        self._capacity = capacity

    def put(self, item: T) -> None:
        """See Channel; waits for room."""
        with self._changed:
            self._changed.wait_for(lambda: len(self._items) < self._capacity or self._finished)
            if self._finished:
                raise ChannelEndedError
            self._items.append(item)
            self._changed.notify_all()


class Latest(Channel[T]):
    """Keeps the newest item only: a writer never waits, a slow reader skips. For live video."""

    def put(self, item: T) -> None:
        """See Channel; replaces an unread item and counts it as dropped."""
        with self._changed:
            if self._finished:
                raise ChannelEndedError
            self.dropped += len(self._items)
            self._items.clear()
            self._items.append(item)
            self._changed.notify_all()
