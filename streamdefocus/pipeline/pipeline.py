"""The threads: source -> look -> render -> sinks, one thread each, channels between them."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from threading import Event
from typing import Any, Generic, TypeVar

from streamdefocus.frames import Frame
from streamdefocus.pipeline.channels import Bounded, Channel, Latest
from streamdefocus.pipeline.crew import Crew
from streamdefocus.pipeline.defocuser import Defocuser, Shot
from streamdefocus.pipeline.stats import Stats
from streamdefocus.sinks.base import Sink
from streamdefocus.sources.base import Source

T = TypeVar("T")

_CAPACITY = 3
"""Frames that wait between two stages of a file: enough to even out, little enough to hold."""

_TICK_S = 0.1

Progress = Callable[[Stats], None]


@dataclass(frozen=True, slots=True)
class _Parcel(Generic[T]):
    """An item on its way, and when its frame came out of the source."""

    item: T
    born_s: float


class Pipeline:
    """Moves every frame of a source through a Defocuser into sinks.

    Files go through bounded channels: every frame once, in order. Live sources go through
    channels that keep the newest frame. The pipeline closes neither source nor sinks, except that
    it closes the source to wake up a reader that must end; the caller holds them in ``with``::

        with open_source(a) as source, open_sink(b) as sink, Defocuser(config) as defocuser:
            Pipeline(source, defocuser, [sink]).run()

    so that a run that raises leaves the ``with`` by an exception and the sinks discard.

    Args:
        source: Where frames come from.
        defocuser: The stages between; its ``stats`` are the run's.
        sinks: Where frames go to; each is written by a thread of its own.
    """

    def __init__(self, source: Source, defocuser: Defocuser, sinks: Sequence[Sink]) -> None:
        self.stats = defocuser.stats
        self._source = source
        self._defocuser = defocuser
        self._frames: Channel[_Parcel[Frame]] = self._channel()
        self._shots: Channel[_Parcel[Shot]] = self._channel()
        self._outputs: list[Channel[_Parcel[Frame]]] = [self._channel() for _ in sinks]
        self._stopping = Event()
        self._crew = Crew(self.abort)
        self._crew.add("source", self._read, self._frames.finish)
        self._crew.add("look", self._look, self._shots.finish)
        self._crew.add("render", self._render, self._finish_outputs)
        for number, sink in enumerate(sinks):
            self._crew.add(f"sink-{number}", partial(self._write, number, sink))

    def run(self, progress: Progress | None = None) -> None:
        """Process all frames; returns when the last one is written, or after ``stop()``.

        Args:
            progress: Called about ten times a second in the calling thread.

        Raises:
            StreamDefocusError: What any of the stages raised first; all threads have ended.
            KeyboardInterrupt: As it came; all threads have ended.
        """

        def tick() -> None:
            self.stats.sample_memory()
            if progress:
                progress(self.stats)

        self._crew.run(tick, _TICK_S)

    def stop(self) -> None:
        """Take no more frames and let those under way come out; from any thread, any time."""
        self._stopping.set()
        self._source.close()

    def abort(self) -> None:
        """End at once; frames under way are lost. From any thread, any time."""
        for channel in self._channels():
            channel.abort()
        self.stop()

    def report(self, **facts: Any) -> dict[str, Any]:
        """What ``--report`` writes.

        Args:
            **facts: More keys of the report.
        """
        dropped = sum(channel.dropped for channel in self._channels()[:3])
        size = (self._source.info.width, self._source.info.height)
        return self.stats.report(dropped, size=list(size), **facts)

    def _channels(self) -> list[Channel[Any]]:
        """From the source to the first sink, then the other sinks."""
        return [self._frames, self._shots, *self._outputs]

    def _channel(self) -> Channel[Any]:
        return Latest() if self._source.info.live else Bounded(_CAPACITY)

    def _finish_outputs(self) -> None:
        for output in self._outputs:
            output.finish()

    def _read(self) -> None:
        frames = iter(self._source)
        while not self._stopping.is_set():
            with self.stats.clock("decode"):
                frame = next(frames, None)
            if frame is None:
                return
            self.stats.frames_in += 1
            self._frames.put(_Parcel(frame, time.perf_counter()))

    def _look(self) -> None:
        while True:
            parcel = self._frames.get()
            self._shots.put(_Parcel(self._defocuser.look(parcel.item), parcel.born_s))

    def _render(self) -> None:
        while True:
            parcel = self._shots.get()
            rendered = _Parcel(self._defocuser.render(parcel.item), parcel.born_s)
            for output in self._outputs:
                output.put(rendered)

    def _write(self, number: int, sink: Sink) -> None:
        while True:
            parcel = self._outputs[number].get()
            with self.stats.clock(sink.name if number == 0 else f"{sink.name}-{number}"):
                sink.write(parcel.item)
            if number == 0:
                self.stats.frame_done(parcel.born_s)
