"""What the user's clicks and keys do to a live run."""

from __future__ import annotations

import time
from functools import singledispatchmethod
from pathlib import Path
from queue import SimpleQueue
from typing import get_args

from streamdefocus.config import Config, DefocusOptions
from streamdefocus.defocus.lens import strengthened
from streamdefocus.depth.postprocessing import colour_map, disparity_at
from streamdefocus.errors import OutputError, StreamDefocusError
from streamdefocus.photos import Photo
from streamdefocus.pipeline import Defocuser, LivePipeline, PhotoResult
from streamdefocus.sinks import Sink, open_sink
from streamdefocus.sinks.viewer import (
    Action,
    Centre,
    ChangeBlur,
    ChangeHighlights,
    ChangeSmoothing,
    Click,
    FocusMark,
    Follow,
    NextApertureShape,
    NextCatsEye,
    NextFocusMode,
    Pull,
    Quit,
    Snapshot,
    Status,
    ToggleForeground,
    ToggleGrain,
    ToggleMirror,
    ToggleRecord,
)
from streamdefocus.sinks.watched import Watched
from streamdefocus.sinks.window import Window
from streamdefocus.sources.base import Source

_BLUR_STEP = 1.12
_HIGHLIGHTS_STEP = 1.0
_MOST_HIGHLIGHTS = 16.0
_CATS_EYES = (0.0, 0.5, 1.0)
_SMOOTHING_STEP = 0.1
_MOST_SMOOTHING = 0.98
_MODES = {"point": "fixed", "track": "following", "disparity": "by hand"}
"""What people call the ways to find the focus, where they are not called that already."""

_SHAPES = get_args(DefocusOptions.model_fields["aperture_shape"].annotation)


class Controls:
    """Obeys the user and tells the window what there is to tell.

    Args:
        pipeline: The run.
        defocuser: Its stages.
        source: Where its frames come from; one that has a ``state`` is asked how it is.
        config: What the run was started with.
        window: Where actions come from and status goes to, or None.
    """

    def __init__(
        self,
        pipeline: LivePipeline,
        defocuser: Defocuser,
        source: Source,
        config: Config,
        window: Window | None,
    ) -> None:
        self.config = config
        self._pipeline = pipeline
        self._defocuser = defocuser
        self._source = source
        self._window = window
        self._recording: tuple[Path, Sink] | None = None
        self._recorded: SimpleQueue[tuple[Path, OutputError | None]] = SimpleQueue()

    def update(self) -> None:
        """Show what is new and do what the user asked for; on the main thread."""
        if self._window is None:
            return
        while not self._recorded.empty():
            self._tell_recorded(*self._recorded.get())
        for action in self._window.update(self.status()):
            self.obey(action)

    def status(self) -> Status:
        """What the window shows of the run."""
        fps, latency_ms = self._pipeline.stats.recent()
        defocus, aim = self.config.defocus, self._defocuser.focus.aim
        mark = None
        if aim.x is not None and aim.y is not None:
            mark = FocusMark(aim.x, aim.y, following=aim.mode == "track", lost=aim.lost)
        return Status(
            fps=round(fps, 1),
            latency_ms=round(latency_ms),
            dropped=self._pipeline.dropped,
            model=self.config.depth.model,
            engine=self._defocuser.estimator.engine_name,
            blur=defocus.blur,
            f_number=defocus.f_number,
            aperture_shape=defocus.aperture_shape,
            smoothing=self.config.smoothing.smoothing,
            focus_mode=_MODES.get(aim.mode, aim.mode),
            mark=mark,
            recording=self._recording is not None,
            message=self._message(),
        )

    @singledispatchmethod
    def obey(self, action: Action) -> None:
        """Do what the user asked for; actions that concern nobody here are left alone."""

    @obey.register
    def _click(self, action: Click) -> None:
        self._defocuser.focus.click(action.x, action.y)

    @obey.register
    def _follow(self, action: Follow) -> None:
        self._defocuser.focus.follow(action.x, action.y)

    @obey.register
    def _centre(self, _action: Centre) -> None:
        self._defocuser.focus.centre()

    @obey.register
    def _pull(self, action: Pull) -> None:
        self._defocuser.focus.pull(action.delta)

    @obey.register
    def _change_blur(self, action: ChangeBlur) -> None:
        stronger = strengthened(self.config.defocus, _BLUR_STEP**action.steps)
        self._change("defocus", blur=stronger.blur, f_number=stronger.f_number)

    @obey.register
    def _next_shape(self, _action: NextApertureShape) -> None:
        following = _SHAPES.index(self.config.defocus.aperture_shape) + 1
        self._change("defocus", aperture_shape=_SHAPES[following % len(_SHAPES)])

    @obey.register
    def _next_cats_eye(self, _action: NextCatsEye) -> None:
        now = self.config.defocus.cats_eye
        self._change("defocus", cats_eye=next((c for c in _CATS_EYES if c > now), _CATS_EYES[0]))

    @obey.register
    def _change_highlights(self, action: ChangeHighlights) -> None:
        highlights = self.config.defocus.highlights + _HIGHLIGHTS_STEP * action.steps
        self._change("defocus", highlights=min(max(highlights, 0.0), _MOST_HIGHLIGHTS))

    @obey.register
    def _foreground(self, _action: ToggleForeground) -> None:
        self._change("defocus", foreground_blur=not self.config.defocus.foreground_blur)

    @obey.register
    def _grain(self, _action: ToggleGrain) -> None:
        self._change("defocus", grain=0.0 if self.config.defocus.grain else 1.0)

    @obey.register
    def _change_smoothing(self, action: ChangeSmoothing) -> None:
        smoothing = self.config.smoothing.smoothing + _SMOOTHING_STEP * action.steps
        self._change("smoothing", smoothing=min(max(smoothing, 0.0), _MOST_SMOOTHING))

    @obey.register
    def _next_mode(self, _action: NextFocusMode) -> None:
        self._defocuser.focus.choose(
            "auto" if self._defocuser.focus.aim.mode == "centre" else "centre"
        )

    @obey.register
    def _mirror(self, _action: ToggleMirror) -> None:
        self._pipeline.mirror = not self._pipeline.mirror

    @obey.register
    def _quit(self, _action: Quit) -> None:
        self._pipeline.stop()

    @obey.register
    def _record(self, _action: ToggleRecord) -> None:
        if self._recording:
            file, sink = self._recording
            self._recording = None
            self._pipeline.outputs.detach(sink)
            self._say(f"saving {file}")
            return
        file = Path(f"{_now()}.mkv")  # what is written of it can be played even after a crash
        try:
            sink = Watched(
                open_sink(file, options=self.config.video),
                lambda error: self._recorded.put((file, error)),
            )
        except StreamDefocusError as error:
            self._say(str(error))
            return
        self._recording = file, sink
        self._pipeline.outputs.attach(sink, owned=True)

    def _tell_recorded(self, file: Path, error: OutputError | None) -> None:
        """A recording has come to its end, asked for or not."""
        if self._recording and self._recording[0] == file:
            self._recording = None
        self._say(str(error) if error else f"saved {file}")

    @obey.register
    def _snapshot(self, _action: Snapshot) -> None:
        view = self._window.view if self._window else None
        if view is None or view.disparity is None:
            self._say("nothing to save yet")
            return
        disparity = disparity_at(view.disparity, view.frame.size_px)
        colours = colour_map(disparity, view.disparity.far, view.disparity.near)
        try:
            files = PhotoResult(Photo(view.frame.bgr), disparity, colours).save(Path(_now()), "png")
        except StreamDefocusError as error:
            self._say(str(error))
        else:
            self._say(f"saved {files[-1]}")

    def _change(self, section: str, **values: object) -> None:
        options = getattr(self.config, section).model_copy(update=values)
        self.config = self.config.model_copy(update={section: options})
        self._defocuser.change(self.config)

    def _message(self) -> str:
        state = getattr(self._source, "state", None)
        if state is not None and state.phase.value == "lost":
            return str(state.sentence)
        return self._pipeline.trouble or ""

    def _say(self, text: str) -> None:
        if self._window:
            self._window.toast(text)


def _now() -> str:
    return time.strftime("streamdefocus-%Y%m%d-%H%M%S")
