"""Photos: depth being made, the depth map, click, see, save."""

from __future__ import annotations

from functools import partial

from PySide6.QtCore import QTimer, Signal
from PySide6.QtGui import QUndoStack
from PySide6.QtWidgets import QWidget

from streamdefocus.app.model.album import Album, Document, Looks
from streamdefocus.app.model.look import Look, share_of, value_at
from streamdefocus.app.pages.photo_panel import PhotoPanel
from streamdefocus.app.pages.results import Results
from streamdefocus.app.parts.basics import label
from streamdefocus.app.parts.canvas import Canvas, Layer
from streamdefocus.app.parts.changes import Change
from streamdefocus.app.parts.layers import photo_layer
from streamdefocus.app.parts.pictures import qt_image
from streamdefocus.app.parts.stage import Stage
from streamdefocus.app.parts.steps import Steps
from streamdefocus.app.parts.strip import Strip
from streamdefocus.app.parts.surround import Foot, lay_out
from streamdefocus.app.settings import Settings
from streamdefocus.app.work.darkroom import Darkroom, Opened, Rendered
from streamdefocus.app.work.desk import Job
from streamdefocus.config import Config
from streamdefocus.frames import DisparityMap

_FULL_AFTER_MS = 350
"""Without a change for so long, the picture is rendered at full size."""

_CAPTIONS = {"result": "After", "depth": "Depth", "focus": "In focus"}


class PhotoPage(QWidget):
    """The viewer of photos.

    Attributes:
        album: What is open.
        undo: Every change of a look.
        canvas: Where the picture is.
        results: Save them, copy them.
    """

    wants_files = Signal()
    """The user wants to choose photos."""
    opened = Signal(object)
    """A photo turned out to be one: its path."""

    def __init__(self, config: Config, settings: Settings) -> None:
        super().__init__()
        self._settings = settings
        self.album = Album()
        self.undo = QUndoStack(self)
        self.darkroom = Darkroom(config)
        self.canvas = Canvas("Photo")
        empty = ("No photo is open", "Open one, drop files here, or paste from the clipboard.")
        self.stage = Stage(self.canvas, empty, [("Open photo", self.wants_files.emit)], self.cancel)
        self.strip = Strip()
        self.panel = PhotoPanel()
        self.steps, self.value = Steps(self.undo, self.canvas), label("", "muted")
        self.foot = Foot([], [self.value, self.steps], fades=True)
        self.results = Results(self, self.album, self.darkroom, self.panel, self.foot, settings)
        self._view = "result"
        self._developing: Job | None = None
        self._rendered: Rendered | None = None
        self._before: Layer | None = None
        self._full_timer = QTimer(self, singleShot=True, interval=_FULL_AFTER_MS)
        lay_out(self, [self.stage, self.strip, self.foot], self.panel)
        self._connect()
        self._set_enabled(False)

    def open(self, documents: list[Document]) -> None:
        """Show photos in the place of those that were open."""
        look = self._settings.look()
        for document in documents:
            document.look = look
        self.undo.clear()
        self.album.open(documents)
        self.strip.show_documents(documents)
        self._show_document()

    def cancel(self) -> None:
        """Give up the depth that is being made; of several photos, the others stay open."""
        if self._developing is None:
            return
        self._developing.cancel()
        self._developing = None
        document = self.album.current
        if document is None or len(self.album.documents) == 1:
            self.open([])
        else:
            self.stage.show_trouble(document.name, "Its depth was not made. Choose another photo.")

    def change(self, look: Look, option: str, merges: bool = False) -> None:
        """Give the photo another look, which can be undone."""
        document = self.album.current
        if document and document.disparity is not None and look != document.look:
            before, after = self.album.looks(), self.album.looks_with(document, look)
            apply = partial(self._apply, document)
            self.undo.push(Change(option, apply, before, after, document, merges))

    def show_view(self, view: str) -> None:
        """Show the "result", the "depth" map, or the "focus" peaking."""
        self._view = view
        self.canvas.caption = _CAPTIONS[view]
        self.panel.views.choose(view)
        self._redraw()

    def close_work(self) -> None:
        """End everything that is under way; idempotent."""
        self._full_timer.stop()
        self.undo.blockSignals(True)
        self.darkroom.close()
        self.strip.close_work()

    def _connect(self) -> None:
        self.canvas.clicked.connect(self._look_at)
        self.canvas.followed.connect(self._look_at)
        self.canvas.scrubbed.connect(self._scrub)
        self.canvas.turned.connect(self._turn)
        self.canvas.hovered.connect(self._hover)
        self.panel.looks.changed.connect(self.change)
        self.panel.views.chosen.connect(self.show_view)
        self.panel.split.toggled.connect(self.canvas.set_split)
        self.panel.shared.toggled.connect(lambda on: setattr(self.album, "shared", on))
        self.strip.chosen.connect(self._select)
        self._full_timer.timeout.connect(self._sharpen)
        desks = self.darkroom
        desks.depth.progressed.connect(self._progressed)
        desks.depth.done.connect(self._developed)
        desks.depth.failed.connect(self._failed)
        desks.screen.done.connect(self._arrived)
        desks.full.done.connect(self._arrived)
        desks.screen.failed.connect(self._tell)
        desks.full.failed.connect(self._tell)
        desks.full.progressed.connect(self._sharpening)

    def _select(self, index: int) -> None:
        if index != self.album.index:
            self.album.select(index)
            self._show_document()

    def _show_document(self) -> None:
        """Begin with the current photo, whatever state it is in."""
        if self._developing:
            self._developing.cancel()
        self._developing = self._rendered = self._before = None
        self.canvas.show_layers(None)
        self.canvas.fit()
        self.value.setText("")
        self._set_enabled(False)
        document = self.album.current
        several = len(self.album.documents) > 1
        self.panel.show_several(several)
        self.strip.setVisible(several)
        if document is None:
            self.stage.show_empty()
        elif document.trouble:
            self.stage.show_trouble("This file cannot be shown", document.trouble)
        else:
            self.stage.show_progress(document.name, "Waiting", 0.0)
            seen_px = max(self.stage.width(), self.stage.height()) * self.devicePixelRatioF()
            self._developing = self.darkroom.open(document, round(seen_px))

    def _progressed(self, job: Job, sentence: str, share: float) -> None:
        if job is self._developing and not job.cancelled:
            self.stage.show_progress(job.about.name, sentence, share)  # type: ignore[attr-defined]

    def _developed(self, job: Job, made: Opened | DisparityMap) -> None:
        document = self.album.current
        if job is not self._developing or document is None or job.cancelled:
            return
        self._developing = None
        if isinstance(made, DisparityMap):
            document.disparity = made
            self._begin(document)
        else:
            self._show_opened(document, made)

    def _show_opened(self, document: Document, made: Opened) -> None:
        """Show a photo as it came, while its depth is being made."""
        document.photo, document.screen = made.photo, made.screen
        self._before = Layer(qt_image(made.screen), qt_image(made.photo.bgr))
        self.canvas.set_mark(None)
        self.canvas.show_layers(self._before)
        self.stage.show_canvas()
        if document.disparity is None:
            self._developing = self.darkroom.measure(document, made.photo.bgr)
        else:
            self._begin(document)

    def _begin(self, document: Document) -> None:
        """From now on, the photo can be changed."""
        assert document.photo
        self.panel.looks.show_look(document.look, document.photo.bgr.shape[1::-1])
        self._set_enabled(True)
        self.stage.show_canvas()
        if not self.strip.hasFocus():  # its arrows go on to the next photo
            self.canvas.setFocus()
        self._redraw()
        self._render()
        if document.path:
            self.opened.emit(document.path)

    def _failed(self, job: Job, sentence: str) -> None:
        if job is not self._developing:
            return
        self._developing = None
        document = self.album.current
        if document:
            document.trouble = sentence
            self.strip.mark_trouble(self.album.index)
        self.stage.show_trouble("This file cannot be shown", sentence)
        if not self.strip.hasFocus():
            self.stage.focus_action()

    def _apply(self, document: Document, looks: Looks) -> None:
        """What undo and redo do as well, with the photo in front that was changed."""
        self.album.wear(looks)
        self._settings.keep_look(document.look)
        if document is self.album.current:
            self.panel.looks.show_look(document.look)
            self._render()
        else:
            self.strip.choose(self.album.documents.index(document))

    def _render(self) -> None:
        document = self.album.current
        if document:
            self.canvas.set_mark(document.look.place)
            self.darkroom.render_screen(document)
            self._full_timer.start()

    def _sharpen(self) -> None:
        if self.album.current:
            self.darkroom.render_full(self.album.current)

    def _arrived(self, job: Job, rendered: Rendered) -> None:
        document = self.album.current
        if document is None or job.about is not document:
            return
        is_full = rendered.bgr is not rendered.screen
        if is_full and rendered.look != document.look:
            return
        self._rendered = rendered
        self._redraw()

    def _redraw(self) -> None:
        """Show what is known in the view that is chosen."""
        document, rendered = self.album.current, self._rendered
        if document is None or document.screen is None or document.disparity is None:
            return
        layer = photo_layer(self._view, document, rendered) or self._before
        self.canvas.show_layers(layer, self._before)

    def _look_at(self, x: float, y: float) -> None:
        document = self.album.current
        if document:
            self.change(document.look.at(x, y), "focus")

    def _scrub(self, delta: float, goes_on: bool) -> None:
        document = self.album.current
        if not goes_on or document is None or document.disparity is None or not document.photo:
            return
        if document.look.focus.focus.startswith("disparity:"):
            share = float(document.look.focus.focus.partition(":")[2])
        elif self._rendered:
            share = share_of(self._rendered.plane, document.disparity)
        else:
            return
        self.change(document.look.at_share(share + delta), "focus", True)

    def _turn(self, clicks: float) -> None:
        if self.album.current:
            self.change(self.album.current.look.with_blur_steps(clicks), "blur", True)

    def _hover(self, point: tuple[float, float] | None) -> None:
        document = self.album.current
        if point is None or document is None or document.disparity is None:
            self.value.setText("")
            return
        share, value = value_at(document.disparity, *point)
        self.value.setText(f"Nearness {100 * share:.0f} %   disparity {value:.4f}")

    def _sharpening(self, job: Job, _sentence: str, share: float) -> None:
        """Say how far a rendering is that takes more than a moment."""
        if share < 1 and not job.cancelled:
            self.foot.say(f"Rendering at full size: {share:.0%}")

    def _tell(self, _job: Job, sentence: str, _share: float = 0.0) -> None:
        self.foot.say(sentence)

    def _set_enabled(self, on: bool) -> None:
        self.panel.set_enabled(on)
        self.steps.set_enabled(on)
        self.foot.set_hint("Click what should be sharp" if on else "")
