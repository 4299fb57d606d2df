"""Threads that start, fail and end together."""

from __future__ import annotations

from collections.abc import Callable
from threading import Event, Lock, Thread

from streamdefocus.pipeline.channels import ChannelEndedError

_JOIN_S = 10.0


class Crew:
    """A few named threads, and one caller that waits for them.

    Args:
        abort: Called once, from the thread that failed, so that everyone else wakes up and ends.
    """

    def __init__(self, abort: Callable[[], None]) -> None:
        self._abort = abort
        self._threads: list[Thread] = []
        self._started = False
        self._running = 0
        self._all_ended = Event()
        self._lock = Lock()
        self._error: BaseException | None = None

    def add(
        self, name: str, work: Callable[[], None], finish: Callable[[], None] | None = None
    ) -> None:
        """Add a thread; it starts with the others, or at once if they run already.

        Args:
            name: Of the thread, behind "streamdefocus-".
            work: Runs until it returns or a channel ends.
            finish: Called when the work has ended in whatever way.
        """

        def guarded() -> None:
            try:
                work()
            except ChannelEndedError:
                pass
            except BaseException as error:  # re-raised by run()
                with self._lock:
                    self._error = self._error or error
                self._abort()
            finally:
                if finish:
                    finish()
                with self._lock:
                    self._running -= 1
                    if not self._running:
                        self._all_ended.set()

        # Daemons: a device that never returns must not keep the program from ending.
        thread = Thread(target=guarded, name=f"streamdefocus-{name}", daemon=True)
        with self._lock:
            self._threads.append(thread)
            self._running += 1
            if self._started:
                thread.start()

    def run(self, tick: Callable[[], None], tick_s: float) -> None:
        """Start the threads and wait until all have ended.

        Args:
            tick: Called again and again in the calling thread.
            tick_s: Seconds between two calls.

        Raises:
            BaseException: What a thread raised first, or what ``tick`` or Ctrl-C raised.
        """
        try:
            with self._lock:
                self._started = True
                for thread in self._threads:
                    thread.start()
            # Short waits, because a long one would keep Ctrl-C waiting on Windows.
            while not self._all_ended.wait(tick_s):
                tick()
        except BaseException:
            self._abort()
            raise
        finally:
            with self._lock:
                threads = list(self._threads)
            for thread in threads:
                if thread.ident is not None:  # or the system let no more threads start
                    thread.join(_JOIN_S)
        if self._error:
            raise self._error
        tick()
