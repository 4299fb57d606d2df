"""What the camera and the video page have in common: a canvas that a session feeds."""

from __future__ import annotations

from PySide6.QtCore import QTimer, Signal
from PySide6.QtGui import QUndoStack
from PySide6.QtWidgets import QWidget

from streamdefocus.app.model.look import Look, share_of, value_at
from streamdefocus.app.model.take import Take
from streamdefocus.app.parts.basics import label
from streamdefocus.app.parts.canvas import Canvas, Layer
from streamdefocus.app.parts.changes import Change
from streamdefocus.app.parts.look_panel import LookPanel
from streamdefocus.app.parts.pictures import peaking, qt_image
from streamdefocus.app.parts.steps import Steps
from streamdefocus.app.settings import Settings
from streamdefocus.app.work.session import LiveSession
from streamdefocus.frames import BgrImage, View
from streamdefocus.sinks.viewer.painter import disparity_picture

_STATUS_MS = 250
_CURTAIN = "Getting ready\N{HORIZONTAL ELLIPSIS}"
"""Until depth is known, pictures are blurred beyond recognition."""


class LiveView(QWidget):
    """A page with a running picture: clicks and the panel reach the session, its views the canvas.

    Attributes:
        take: What the user has set.
        undo: Every change of it.
        session: What runs, or None.
        last: What ran before and may not have ended yet, or None.
        view: What is shown, or None.
    """

    shown = Signal(object)
    """A view was painted."""

    def __init__(self, name: str, settings: Settings) -> None:
        super().__init__()
        self.settings = settings
        self.take = Take(settings.look())
        self.undo = QUndoStack(self)
        self.session: LiveSession | None = None
        self.last: LiveSession | None = None
        self.view: View | None = None
        self.view_name = "result"
        self.canvas = Canvas(name)
        self.looks = LookPanel()
        self.looks.show_look(self.take.look)
        self.steps = Steps(self.undo, self.canvas)
        self.value = label("", "muted")
        self._by_hand = False
        self.canvas.clicked.connect(self.focus_at)
        self.canvas.followed.connect(self.follow)
        self.canvas.scrubbed.connect(self.pull)
        self.canvas.turned.connect(self._turn)
        self.canvas.hovered.connect(self._hover)
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
        self.canvas.set_notice("")
        self.value.setText("")
        if session:
            session.stop()
            self.last = session

    def close_work(self) -> None:
        """End everything and wait for it; idempotent."""
        self.undo.blockSignals(True)
        self.end()
        if self.last:
            self.last.close()

    def change(self, take: Take, what: str, merges: bool = False) -> None:
        """Set something, which can be undone."""
        if take != self.take:
            self.undo.push(Change(what, self.apply, self.take, take, merges=merges))

    def apply(self, take: Take) -> None:
        """What undo and redo do as well."""
        before, self.take = self.take, take
        self.looks.show_look(take.look)
        self.settings.keep_look(take.look)
        if self.session:
            self.session.change(take.look)
            if take.look.focus.focus != before.look.focus.focus and not self._by_hand:
                self.session.choose(take.look.focus.focus)

    def focus_at(self, x: float, y: float) -> None:
        """A click on the picture."""
        self.focus_on(self.take.look.at(x, y))

    def follow(self, x: float, y: float) -> None:
        """A double click on the picture."""
        self.focus_on(self.take.look.following(x, y))

    def focus_on(self, look: Look) -> None:
        """Take the focus of a look, even where it was taken before: things have moved."""
        if self.session:
            self.session.choose(look.focus.focus)
            self.change(self.with_focus_of(look), "focus")

    def with_focus_of(self, look: Look) -> Take:
        """What is set once a look's focus is chosen by hand."""
        return self.take.looking(look)

    def pull(self, delta: float, goes_on: bool) -> None:
        """A drag on the picture: the focus is as quick as the hand."""
        view = self.view
        if not goes_on or self.session is None or view is None:
            return
        self.session.pull(delta)
        if view.disparity and view.focus:
            look, share = self.take.look, share_of(view.focus, view.disparity)
            if look.focus.focus.startswith("disparity:"):
                share = float(look.focus.focus.partition(":")[2])
            self._by_hand = True
            self.change(self.with_focus_of(look.at_share(share + delta)), "focus", merges=True)
            self._by_hand = False

    def show_status(self) -> None:
        """Say what is wrong, or waited for; called a few times a second while a session runs."""
        if self.session:
            self.canvas.set_notice(self.session.trouble or self._awaited())

    def _awaited(self) -> str:
        return _CURTAIN if self.view and self.view.disparity is None else ""

    def show_view(self, name: str) -> None:
        """Show the "result", the "depth" map, or the "focus" peaking."""
        self.view_name = name
        if self.view:
            self._paint(self.view)

    def _arrived(self) -> None:
        session = self.session
        view = session.feed.take() if session else None
        if session is None or view is None:
            return
        self.view = view
        self.looks.size_px = view.frame.size_px
        self._paint(view)
        aim = session.aim
        place = (aim.x, aim.y) if aim and aim.x is not None and aim.y is not None else None
        self.canvas.set_mark(place, bool(aim and aim.mode == "track"))
        self.shown.emit(view)

    def _paint(self, view: View) -> None:
        self.canvas.show_layers(Layer(qt_image(_picture(view, self.view_name))))

    def _turn(self, clicks: float) -> None:
        look = self.take.look.with_blur_steps(clicks)
        self.change(self.take.looking(look), "blur", merges=True)

    def _changed(self, look: Look, option: str, goes_on: bool) -> None:
        if option == "focus":
            self.focus_on(look)
        else:
            self.change(self.take.looking(look), option, goes_on)

    def _hover(self, point: tuple[float, float] | None) -> None:
        disparity = self.view.disparity if self.view else None
        if point is None or disparity is None:
            self.value.setText("")
        else:
            share, _ = value_at(disparity, *point)
            self.value.setText(f"Nearness {100 * share:.0f} %")


def _picture(view: View, name: str) -> BgrImage:
    if name == "depth" and view.disparity:
        return disparity_picture(view.disparity, view.focus, view.frame.size_px)
    if name == "focus" and view.disparity and view.focus:
        return peaking(view.frame.bgr, view.disparity, view.focus)
    return view.frame.bgr
