"""A live run behind the window: a camera or a video through the pipeline into a widget."""

from __future__ import annotations

import logging
from collections.abc import Callable
from threading import Lock, Thread
from typing import Any

from PySide6.QtCore import QObject, Signal

from streamdefocus.app.model.look import Look
from streamdefocus.app.work.desk import friendly, sentence
from streamdefocus.config import Config
from streamdefocus.errors import OutputError
from streamdefocus.focus import Aim
from streamdefocus.frames import Frame, View
from streamdefocus.pipeline import Edit, KeyedDefocuser, LivePipeline
from streamdefocus.sinks import Sink
from streamdefocus.sinks.watched import Watched
from streamdefocus.sources.base import Source

_LOG = logging.getLogger(__name__)

_TICK_S = 0.1
_JOIN_S = 20.0


class Feed(Sink):
    """Keeps the newest view for the window, and calls once for each that was fetched.

    Args:
        announce: Called from the pipeline's thread when there is something new to fetch.
    """

    name = "app"

    def __init__(self, announce: Callable[[], None]) -> None:
        self._announce = announce
        self._lock = Lock()
        self._view: View | None = None
        self._waiting = self._ended = False

    def write(self, frame: Frame) -> None:
        """See ``show``."""
        self.show(View(frame))

    def show(self, view: View) -> None:
        """Keep a view; the one before it is gone if nobody fetched it."""
        if self._ended:
            raise OutputError("the window is closed and takes no more frames")
        with self._lock:
            self._view = view
            announce, self._waiting = not self._waiting, True
        if announce:
            self._announce()

    def take(self) -> View | None:
        """The newest view, or None before the first."""
        with self._lock:
            self._waiting = False
            return self._view

    def close(self) -> None:
        """See Sink."""
        self._ended = True

    def discard(self) -> None:
        """See Sink."""
        self._ended = True


class LiveSession(QObject):
    """One run of the live pipeline in a thread of its own.

    Args:
        open_source: Opens the camera or the file; called in the session's thread.
        config: Options of the run.
        after: A session that must have ended before this one begins: it has the same camera.
        edit: Where the focus goes when, in the time of the source's ``position_s``.
    """

    started = Signal(object)
    """(this session): the source is open."""
    arrived = Signal()
    """There is a view to fetch from ``feed``."""
    ended = Signal(object, str)
    """(this session, why): the run is over; no reason if it came to its end."""
    output_ended = Signal(object, str)
    """(sink, one sentence for people): complete if the sentence is empty, else it failed."""

    def __init__(
        self,
        open_source: Callable[[], Source],
        config: Config,
        after: LiveSession | None = None,
        edit: Edit | None = None,
    ) -> None:
        super().__init__()
        self._after, self._edit = after, edit or Edit()
        self.feed = Feed(self.arrived.emit)
        self.source: Source | None = None
        self._open, self._config = open_source, config
        self._pipeline: LivePipeline | None = None
        self._defocuser: KeyedDefocuser | None = None
        self._closing = False
        self._lock = Lock()
        self._thread = Thread(target=self._run, name="streamdefocus-session", daemon=True)

    def start(self) -> None:
        """Begin; returns at once."""
        self._thread.start()

    def click(self, x: float, y: float) -> None:
        """Focus on a place in the picture."""
        self._focus("click", x, y)

    def follow(self, x: float, y: float) -> None:
        """Focus on a thing and follow it."""
        self._focus("follow", x, y)

    def pull(self, delta: float) -> None:
        """Move the focus by a share of the scene's depth."""
        self._focus("pull", delta)

    def choose(self, focus: str) -> None:
        """Focus as an option says."""
        self._focus("choose", focus)

    def change(self, look: Look) -> None:
        """Take another blur; the focus stays what it is."""
        self._config = look.in_config(self._config)
        if self._defocuser:
            self._defocuser.change(self._config)
            self._defocuser.focus_range = look.focus.focus_range

    def follow_edit(self, edit: Edit) -> None:
        """Take other keyframes."""
        with self._lock:
            self._edit = edit
            if self._defocuser:
                self._defocuser.edit = edit

    @property
    def aim(self) -> Aim | None:
        """What the focus is taken from."""
        return self._defocuser.focus.aim if self._defocuser else None

    @property
    def trouble(self) -> str:
        """What is wrong at the moment, for people; otherwise empty."""
        state = getattr(self.source, "state", None)
        if state is not None and state.phase.value == "lost":
            return sentence(str(state.sentence))
        return sentence((self._pipeline.trouble if self._pipeline else None) or "")

    def rates(self) -> tuple[float, float]:
        """(frames a second, latency in ms) of late."""
        return self._pipeline.stats.recent() if self._pipeline else (0.0, 0.0)

    def set_mirror(self, on: bool) -> None:
        """Flip left and right."""
        if self._pipeline:
            self._pipeline.mirror = on

    def attach(self, sink: Sink) -> Watched | None:
        """Show views to one more sink, which is closed with the run; None if there is no run."""
        if self._pipeline is None:
            sink.discard()
            return None
        watched = Watched(
            sink,
            lambda error: self.output_ended.emit(watched, friendly(error) if error else ""),
        )
        self._pipeline.outputs.attach(watched, owned=True)
        return watched

    def detach(self, sink: Sink) -> None:
        """Show nothing more to a sink; it is closed."""
        if self._pipeline:
            self._pipeline.outputs.detach(sink)

    def stop(self) -> None:
        """End the run, without waiting for it."""
        with self._lock:
            self._closing = True
            pipeline = self._pipeline
        if pipeline:
            pipeline.stop()

    def close(self) -> None:
        """Stop and wait; idempotent."""
        self.stop()
        if self._thread.is_alive():
            self._thread.join(_JOIN_S)

    def _focus(self, deed: str, *values: Any) -> None:
        if self._defocuser:
            getattr(self._defocuser.focus, deed)(*values)

    def _run(self) -> None:
        trouble = ""
        if self._after:
            self._after.close()
            self._after = None
        try:
            if not self._closing:
                self._show()
        except Exception as error:
            _LOG.info("the session ended", exc_info=True)
            trouble = friendly(error)
        if not self._closing:
            self.ended.emit(self, trouble)

    def _show(self) -> None:
        with (
            self._open() as source,
            KeyedDefocuser(
                self._config, self._edit, lambda _frame: getattr(source, "position_s", 0.0)
            ) as defocuser,
            self.feed,
        ):
            live = self._config.live
            pipeline = LivePipeline(source, defocuser, [self.feed], live.depth, live.target_fps)
            pipeline.mirror = live.mirror
            with self._lock:
                if self._closing:
                    return
                self.source, self._defocuser, self._pipeline = source, defocuser, pipeline
                defocuser.edit = self._edit
            self.started.emit(self)
            pipeline.run(tick_s=_TICK_S)
