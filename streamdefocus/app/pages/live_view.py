"""What the camera and the video page have in common: a canvas that a session feeds."""

from __future__ import annotations

from PySide6.QtCore import QTimer, Signal
from PySide6.QtWidgets import QWidget

from streamdefocus.app.model.look import Look
from streamdefocus.app.parts.canvas import Canvas, Layer
from streamdefocus.app.parts.look_panel import LookPanel
from streamdefocus.app.parts.pictures import qt_image
from streamdefocus.app.settings import Settings
from streamdefocus.app.work.session import LiveSession
from streamdefocus.frames import View
from streamdefocus.sinks.viewer.painter import disparity_picture

_STATUS_MS = 250


class LiveView(QWidget):
    """A page with a running picture: clicks and the panel reach the session, its views the canvas.

    Attributes:
        session: What runs, or None.
        last: What ran before and may not have ended yet, or None.
        view: What is shown, or None.
    """

    shown = Signal(object)
    """A view was painted."""

    def __init__(self, name: str, settings: Settings) -> None:
        super().__init__()
        self.settings = settings
        self.session: LiveSession | None = None
        self.last: LiveSession | None = None
        self.view: View | None = None
        self.view_name = "result"
        self.canvas = Canvas(name)
        self.looks = LookPanel()
        self.looks.show_look(settings.look())
        self.canvas.clicked.connect(self.focus_at)
        self.canvas.followed.connect(self.follow)
        self.canvas.scrubbed.connect(self.pull)
        self.canvas.turned.connect(self._turn)
        self.looks.changed.connect(self._changed)
        self._timer = QTimer(self, interval=_STATUS_MS)
        self._timer.timeout.connect(self.show_status)

    def begin(self, session: LiveSession) -> None:
        """Show another session, which waits for ``last``."""
        self.session, self.view = session, None
        session.arrived.connect(self._arrived)
        self._timer.start()
        session.start()

    def end(self) -> None:
        """End the session, without waiting for it; idempotent."""
        session, self.session = self.session, None
        self._timer.stop()
        if session:
            session.stop()
            self.last = session

    def close_work(self) -> None:
        """End everything and wait for it; idempotent."""
        self.end()
        if self.last:
            self.last.close()

    def focus_at(self, x: float, y: float) -> None:
        """A click on the picture."""
        if self.session:
            self.session.click(x, y)

    def follow(self, x: float, y: float) -> None:
        """A double click on the picture."""
        if self.session:
            self.session.follow(x, y)

    def pull(self, delta: float, _goes_on: bool) -> None:
        """A drag on the picture."""
        if self.session:
            self.session.pull(delta)

    def show_status(self) -> None:
        """Called a few times a second while a session runs."""

    def show_view(self, name: str) -> None:
        """Show the "result" or the "depth" map."""
        self.view_name = name
        if self.view:
            self._paint(self.view)

    def _arrived(self) -> None:
        session = self.session
        view = session.feed.take() if session else None
        if session is None or view is None:
            return
        self.view = view
        self._paint(view)
        aim = session.aim
        place = (aim.x, aim.y) if aim and aim.x is not None and aim.y is not None else None
        self.canvas.set_mark(place, bool(aim and aim.mode == "track"))
        self.shown.emit(view)

    def _paint(self, view: View) -> None:
        if self.view_name == "depth" and view.disparity:
            bgr = disparity_picture(view.disparity, view.focus, view.frame.size_px)
        else:
            bgr = view.frame.bgr
        self.canvas.show_layers(Layer(qt_image(bgr)))

    def _turn(self, clicks: float) -> None:
        look = self.looks.look.with_blur_steps(clicks)
        self.looks.show_look(look)
        self._changed(look, "blur", False)

    def _changed(self, look: Look, option: str, _goes_on: bool) -> None:
        self.settings.keep_look(look)
        if self.session is None:
            return
        if option == "focus":
            self.session.choose(look.focus.focus)
        else:
            self.session.change(look)
