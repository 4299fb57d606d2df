"""Sinks that come and go while a live pipeline runs."""

from __future__ import annotations

import logging
from dataclasses import dataclass, field
from functools import partial
from threading import Lock

from streamdefocus.errors import OutputError, StreamDefocusError
from streamdefocus.frames import View
from streamdefocus.pipeline.channels import Channel, ChannelEndedError, Latest
from streamdefocus.pipeline.crew import Crew
from streamdefocus.pipeline.stats import Stats
from streamdefocus.sinks.base import Sink

_LOG = logging.getLogger(__name__)


@dataclass(slots=True)
class _Output:
    """A sink, what waits for it, and who closes it."""

    sink: Sink
    stage: str
    owned: bool
    channel: Channel[tuple[View, float | None]] = field(default_factory=Latest)


class Outputs:
    """Shows every view to all sinks; none of them can hold up the others.

    A sink that fails is given up with a message. The first of those attached is the main one: its
    frames are those that are counted.

    Args:
        crew: Runs a thread for each sink.
        stats: Of the run.
    """

    def __init__(self, crew: Crew, stats: Stats) -> None:
        self._crew = crew
        self._stats = stats
        self._lock = Lock()
        self._outputs: list[_Output] = []
        self._main: _Output | None = None
        self._attached = 0
        self._dropped = 0  # by main outputs that are no more
        self._ended = False

    def attach(self, sink: Sink, owned: bool = False) -> None:
        """Begin to show views to a sink; also while running.

        Args:
            sink: The sink.
            owned: Close it when it is detached or the run ends, at once if it has ended, and
                discard it if it fails itself; otherwise that is the caller's.
        """
        stage = sink.name if not self._attached else f"{sink.name}-{self._attached}"
        output = _Output(sink, stage, owned)
        with self._lock:
            self._outputs.append(output)
            self._main = self._main or output
            if self._ended:  # nobody would ever tell its thread
                output.channel.finish()
        self._crew.add(f"sink-{self._attached}", partial(self._write, output))
        self._attached += 1

    def detach(self, sink: Sink) -> None:
        """Show no more views to a sink; what it was shown comes out."""
        with self._lock:
            for output in self._outputs:
                if output.sink is sink:
                    output.channel.finish()

    def put(self, view: View, born_s: float | None) -> None:
        """Show a view to everyone.

        Args:
            view: Safe to show.
            born_s: When its frame came out of the source, for the latency; None if it is shown
                again, which is not counted.
        """
        with self._lock:
            outputs = list(self._outputs)
        for output in outputs:
            try:
                output.channel.put((view, born_s))
            except ChannelEndedError:
                continue  # detached or given up a moment ago

    def finish(self) -> None:
        """No more views; those that wait are still shown."""
        with self._lock:
            self._ended = True
            outputs = list(self._outputs)
        for output in outputs:
            output.channel.finish()

    def abort(self) -> None:
        """No more views, at once."""
        with self._lock:
            self._ended = True
            outputs = list(self._outputs)
        for output in outputs:
            output.channel.abort()

    @property
    def dropped(self) -> int:
        """Views that the main sink had no time for."""
        with self._lock:
            return self._dropped + (self._main.channel.dropped if self._main else 0)

    def nobody_watches(self) -> bool:
        """Whether every sink knows for certain that nobody reads it."""
        with self._lock:
            return bool(self._outputs) and all(o.sink.readers() == 0 for o in self._outputs)

    def _write(self, output: _Output) -> None:
        failure: StreamDefocusError | None = None
        try:
            while True:
                view, born_s = output.channel.get()
                with self._stats.clock(output.stage):
                    output.sink.show(view)
                if output is self._main and born_s is not None:
                    self._stats.frame_done(born_s)
        except ChannelEndedError:
            pass
        except StreamDefocusError as error:
            failure = error
        self._end(output, failure)

    def _end(self, output: _Output, failure: StreamDefocusError | None) -> None:
        """One output less; without any left there is nobody to work for."""
        with self._lock:
            self._outputs.remove(output)
            anyone_left = bool(self._outputs)
            if output is self._main:
                self._dropped += output.channel.dropped
                self._main = next(iter(self._outputs), None)
        output.channel.abort()
        try:
            if output.owned and failure is None:
                output.sink.close()
            elif output.owned:
                output.sink.discard()
        except StreamDefocusError as error:
            failure = failure or error
        if failure is None:
            return
        if not anyone_left:
            raise OutputError(f"no output is left: {failure}") from failure
        _LOG.error("an output failed and is left out from now on: %s", failure)
