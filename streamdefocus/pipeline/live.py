"""The live pipeline: the newest frame wins, nothing stops the show, no raw frame leaves."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from threading import Event
from typing import Any, Literal

import cv2

from streamdefocus.defocus.curtain import draw_curtain
from streamdefocus.depth.preprocessing import to_network_input
from streamdefocus.errors import StreamDefocusError
from streamdefocus.frames import BgrImage, DisparityMap, Frame, View
from streamdefocus.motion import DisparityCarrier
from streamdefocus.pipeline.channels import Channel, Latest
from streamdefocus.pipeline.crew import Crew
from streamdefocus.pipeline.defocuser import Defocuser
from streamdefocus.pipeline.governor import Coupling, Governor
from streamdefocus.pipeline.outputs import Outputs
from streamdefocus.pipeline.stats import Stats
from streamdefocus.sinks.base import Sink
from streamdefocus.sources.base import Source

_LOG = logging.getLogger(__name__)

_STALE_S = 1.0
"""Disparity older than this says nothing about the frame at hand; then the curtain falls."""

_ASK_S = 1.0
"""Between two questions whether anybody watches, which may cost milliseconds."""

_REPEAT_S = 0.25
"""Without a new frame for so long, the last view is shown again."""

DepthRate = Literal["auto", "decoupled", "every-frame"]


@dataclass(frozen=True, slots=True)
class _Picture:
    """A frame on its way, and when it came out of the source."""

    frame: Frame
    born_s: float


@dataclass(frozen=True)
class _Measured:
    """A frame's disparity, or None if it could not be had."""

    picture: _Picture
    disparity: DisparityMap | None

    @cached_property
    def small(self) -> BgrImage:
        """The frame at its disparity's size: made once, and only if that is carried on."""
        assert self.disparity is not None
        return to_network_input(self.picture.frame.bgr, self.disparity.values.shape[::-1])


class LivePipeline:
    """Moves the newest frame of a live source through a Defocuser into sinks.

    ``every-frame``: a frame is shown with its own disparity, and those that depth has no time for
    are dropped. ``decoupled``: every frame is rendered with the newest disparity, carried along
    with what has moved since, so that the output keeps the camera's rate however slow depth is.
    ``auto``: decoupled while depth cannot keep up.

    Before the first disparity map, while depth fails, and when rendering fails, sinks get the
    curtain: the whole frame, blurred beyond recognition. A sink that fails is given up with a
    message; the run ends when the source or all sinks have ended.

    Attributes:
        outputs: The sinks; more can be attached, and these detached, while running.
        mirror: Flip frames left and right, from the next one on.
        trouble: What is wrong, for people, as long as it is; otherwise None.

    Args:
        source: A live source.
        defocuser: The stages; loading its network happens in the background of the run.
        sinks: Where frames go to; each is written by a thread of its own.
        depth: See above.
        target_fps: While fewer frames a second than this come out, look at depth less often, then
            render smaller; None never does.
    """

    def __init__(
        self,
        source: Source,
        defocuser: Defocuser,
        sinks: Sequence[Sink],
        depth: DepthRate = "auto",
        target_fps: float | None = None,
    ) -> None:
        self.stats: Stats = defocuser.stats
        self.mirror = False
        self.trouble: str | None = None
        self._source = source
        self._defocuser = defocuser
        self._coupling = Coupling() if depth == "auto" else None
        self._decoupled = depth == "decoupled"
        self._looked = 0
        self._rendered = -1
        self._left_out = 0
        self._carrier = DisparityCarrier()
        self._newest: _Measured | None = None
        self._shown: View | None = None
        self._shown_s = 0.0
        self._idle = False
        self._asked_s = time.perf_counter()
        self._governor = Governor(target_fps) if target_fps else None
        self._to_measure: Channel[_Picture] = Latest()
        self._to_render: Channel[_Measured] = Latest()
        self._ready = Event()
        self._stopping = Event()
        self._crew = Crew(self.abort)
        self.outputs = Outputs(self._crew, self.stats)
        self._crew.add("load", self._load)
        self._crew.add("source", self._read, self._to_measure.finish)
        self._crew.add("measure", self._measure, self._to_render.finish)
        self._crew.add("render", self._render, self.outputs.finish)
        for sink in sinks:
            self.outputs.attach(sink)

    def run(self, tick: Callable[[], None] | None = None, tick_s: float = 0.1) -> None:
        """Run until ``stop()``, the end of the source, or an error of the source.

        Args:
            tick: Called again and again in the calling thread: the place for windows.
            tick_s: Seconds between two calls.

        Raises:
            StreamDefocusError: The source failed, or every sink did.
            KeyboardInterrupt: As it came; all threads have ended.
        """

        def each() -> None:
            self.stats.sample_memory()
            now_s = time.perf_counter()
            if now_s - self._asked_s > _ASK_S:
                self._asked_s = now_s
                self._idle = self.outputs.nobody_watches()
            if self._coupling:
                self._coupling.update(now_s, self.stats.frames_in, self._looked)
                self._decoupled = self._coupling.decoupled
            if self._governor:
                if self._idle:
                    self._governor.pause()
                else:
                    self._governor.update(now_s, self.stats.frames_in, self.stats.frames_out)
                self._defocuser.render_scale = self._governor.scale
            if tick:
                tick()

        self._crew.run(each, tick_s)

    def stop(self) -> None:
        """Take no more frames and let those under way come out; from any thread, any time."""
        self._stopping.set()
        self._source.close()

    def abort(self) -> None:
        """End at once; from any thread, any time."""
        self._to_measure.abort()
        self._to_render.abort()
        self.outputs.abort()
        self.stop()

    @property
    def dropped(self) -> int:
        """Frames of the source that did not reach the first sink."""
        in_pipeline = self._left_out + self._to_render.dropped + self.outputs.dropped
        return in_pipeline + self._source.dropped

    def report(self, **facts: Any) -> dict[str, Any]:
        """What ``--report`` writes.

        Args:
            **facts: More keys of the report.
        """
        size = [self._source.info.width, self._source.info.height]
        return self.stats.report(self.dropped, size=size, **facts)

    def _load(self) -> None:
        """Load the network while frames already flow; a model that is missing ends the run."""
        info = self._source.info
        self._defocuser.estimator.prepare((info.width, info.height))
        self._ready.set()

    def _read(self) -> None:
        frames = iter(self._source)
        while not self._stopping.is_set():
            with self.stats.clock("capture"):
                frame = next(frames, None)
            if frame is None:
                return
            self.stats.frames_in += 1
            if self.mirror:
                frame = frame.with_bgr(cv2.flip(frame.bgr, 1))
            picture = _Picture(frame, time.perf_counter())
            dropped = self._to_measure.dropped
            self._to_measure.put(picture)
            if self._decoupled:  # then a frame that depth has no time for is shown all the same
                self._to_render.put(_Measured(picture, None))
            else:
                self._left_out += self._to_measure.dropped - dropped

    def _measure(self) -> None:
        while True:
            if not self._decoupled:
                self._await_rendering()
            picture = self._to_measure.get()
            self._looked += 1
            if self._idle:
                continue
            begin_s = time.perf_counter()
            measured = self._measured(picture)
            if measured.disparity is not None:
                self._newest = measured
            if not self._decoupled:
                self._to_render.put(measured)
            elif self._governor:
                self._stopping.wait(self._governor.rest_s(time.perf_counter() - begin_s))

    def _await_rendering(self) -> None:
        """Depth of a frame that rendering has no time for would be work for nothing.

        The frames that pass meanwhile are not depth's fault: for the coupling they count as looked
        at, or it would decouple depth where that helps nothing.
        """
        dropped = self._to_measure.dropped
        self._to_render.wait_until_taken()
        self._looked += self._to_measure.dropped - dropped

    def _measured(self, picture: _Picture) -> _Measured:
        if not self._ready.is_set():
            return _Measured(picture, None)
        try:
            disparity = self._defocuser.measure(picture.frame)
        except Exception as error:  # whatever it is, the call goes on behind the curtain
            self._tell("depth", error)
            return _Measured(picture, None)
        return _Measured(picture, disparity)

    def _render(self) -> None:
        while True:
            try:
                measured = self._to_render.get(_REPEAT_S)
            except TimeoutError:
                self._show_again()
                continue
            if self._idle:
                self._show_again()
                continue
            if measured.picture.frame.index <= self._rendered:
                continue  # came both ways, when frames began to wait for depth again
            self._rendered = measured.picture.frame.index
            self._shown, self._shown_s = self._view(measured), time.perf_counter()
            self.outputs.put(self._shown, measured.picture.born_s)

    def _show_again(self) -> None:
        """Keep outputs alive while no frame comes, or nobody looks at them.

        Programs that read a virtual camera take it for dead otherwise.
        """
        now_s = time.perf_counter()
        if self._shown is None or now_s - self._shown_s < _REPEAT_S:
            return
        frame = self._shown.frame
        ticks = round((now_s - self._shown_s) / frame.time_base)
        self._shown = replace(self._shown, frame=replace(frame, pts=frame.pts + ticks))
        self._shown_s = now_s
        self.outputs.put(self._shown, None)

    def _view(self, measured: _Measured) -> View:
        frame = measured.picture.frame
        try:
            disparity = self._disparity_for(measured)
            if disparity is not None:
                shot = self._defocuser.aim(frame, disparity)
                view = View(self._defocuser.render(shot), disparity, shot.focus)
                self.trouble = None
                return view
        except Exception as error:
            self._tell("rendering", error)
        return View(frame.with_bgr(draw_curtain(frame.bgr)))

    def _disparity_for(self, measured: _Measured) -> DisparityMap | None:
        """The frame's own disparity, or the newest one carried to the frame."""
        if measured.disparity is not None:
            return measured.disparity
        newest, picture = self._newest, measured.picture
        if newest is None or newest.disparity is None:
            return None
        if picture.born_s - newest.picture.born_s > _STALE_S:
            return None
        if newest.picture.frame.index >= picture.frame.index:
            return newest.disparity
        with self.stats.clock("carry"):
            now = to_network_input(picture.frame.bgr, newest.small.shape[1::-1])
            values = self._carrier.carry(newest.disparity.values, newest.small, now)
            doubt = newest.disparity.doubt
            if doubt is not None:
                doubt = self._carrier.carry(doubt, newest.small, now)
        return replace(newest.disparity, values=values, doubt=doubt)

    def _tell(self, what: str, error: Exception) -> None:
        """Say once what is wrong; the view's owner may show ``trouble`` as long as it lasts."""
        sentence = f"{what} failed, everything is blurred: {error}"
        if self.trouble != sentence:
            _LOG.error(sentence, exc_info=not isinstance(error, StreamDefocusError))
        self.trouble = sentence
