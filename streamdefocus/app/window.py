"""The one window: pages, what is dropped and pasted on them, and the keys."""

from __future__ import annotations

from functools import partial
from pathlib import Path

from PySide6.QtCore import QEvent, QMimeData, QObject, Qt
from PySide6.QtGui import (
    QCloseEvent,
    QDragEnterEvent,
    QDragLeaveEvent,
    QDropEvent,
    QGuiApplication,
    QKeyEvent,
)
from PySide6.QtWidgets import (
    QButtonGroup,
    QHBoxLayout,
    QPushButton,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)
from typing_extensions import override

from streamdefocus.app.keys import Keys
from streamdefocus.app.model.album import Document
from streamdefocus.app.model.recent import photos_in, videos_in
from streamdefocus.app.pages.camera import CameraPage
from streamdefocus.app.pages.home import HomePage
from streamdefocus.app.pages.photo import PhotoPage
from streamdefocus.app.pages.reading import AboutPage, HelpPage
from streamdefocus.app.pages.video import VideoPage
from streamdefocus.app.parts.basics import button, label
from streamdefocus.app.parts.emblem import Emblem
from streamdefocus.app.parts.incoming import (
    ask_photos,
    ask_video,
    example,
    files_in,
    picture_in,
)
from streamdefocus.app.parts.outgoing import ask_giving_up
from streamdefocus.app.settings import Settings
from streamdefocus.app.theme import LARGE, SMALL
from streamdefocus.config import Config


class Window(QWidget):
    """Home, Photo, Video, Camera, Help and About.

    Args:
        config: What the app was started with.
        settings: What it remembers.

    Attributes:
        pages: By name.
    """

    def __init__(self, config: Config, settings: Settings) -> None:
        super().__init__()
        self._settings = settings
        self._asks = True
        self.home = HomePage()
        self.photo = PhotoPage(config, settings)
        self.video = VideoPage(config, settings)
        self.camera = CameraPage(config, settings)
        self.help = HelpPage()
        self.pages: dict[str, QWidget] = {
            "Home": self.home,
            "Photo": self.photo,
            "Video": self.video,
            "Camera": self.camera,
            "Help": self.help,
            "About": AboutPage(config.depth.model),
        }
        self._tabs: dict[str, QPushButton] = {}
        self._stack = QStackedWidget()
        self.setWindowTitle("streamdefocus")
        self.setMinimumSize(760, 480)  # of a full HD screen at 200 %, little more is left
        self.resize(1180, 780)
        self.setAcceptDrops(True)
        self._lay_out()
        self._connect()
        self._keys = Keys(self)
        app = QGuiApplication.instance()
        if app:
            app.installEventFilter(self)
        self.restoreGeometry(settings.geometry)
        self.show_page("Home")
        self.home.photo.setFocus()

    @property
    def page(self) -> str:
        """Name of the page that is shown."""
        return next(name for name, tab in self._tabs.items() if tab.isChecked())

    def show_page(self, name: str) -> None:
        """Show a page; the camera and a video rest while another one is shown."""
        self._tabs[name].setChecked(True)
        self._stack.setCurrentWidget(self.pages[name])
        if name == "Home":
            self.home.show_recent(self._settings.recent)
        else:
            self.home.show_trouble("")
        self._keys.show_page(name)
        self.camera.set_shown(name == "Camera")
        self.video.set_shown(name == "Video")

    def open_files(self, paths: list[Path]) -> None:
        """Open what was dropped, chosen, or given on the command line."""
        photos, videos = photos_in(paths), videos_in(paths)
        if photos:
            self._open_photos([Document(path.name, path) for path in photos])
        elif videos:
            self._open_video(videos.pop(0))
        else:
            self.show_page("Home")
            self.home.show_trouble("There is no photo and no video in that folder.")
        if videos:
            page = self.photo if photos else self.video
            page.foot.say(f"Videos are opened one by one; left out: {_names(videos)}")

    def open_example(self) -> None:
        """Show a frame of the made-up scene."""
        self._open_photos([example()])

    def paste(self) -> None:
        """Open the picture or the files on the clipboard."""
        data = QGuiApplication.clipboard().mimeData()
        self._take(data, "pasted", "There is no picture on the clipboard.")

    def choose_photos(self) -> None:
        """Ask for photos and open them."""
        paths = ask_photos(self, self._start())
        if paths:
            self.open_files(paths)

    def choose_video(self) -> None:
        """Ask for a video and open it."""
        path = ask_video(self, self._start())
        if path:
            self._open_video(path)

    def use_camera(self) -> None:
        """Show the camera's page and start it."""
        self.show_page("Camera")
        self.camera.start_soon()

    def escape(self) -> None:
        """Cancel what is under way on this page; go home if nothing is."""
        page = self.pages[self.page]
        stage = page.stage if isinstance(page, PhotoPage | VideoPage | CameraPage) else None
        if stage and stage.cancel.isVisible():
            stage.cancel.click()
        elif self.page == "Photo" and self.photo.results.under_way:
            self.photo.results.cancel()
        elif self.page == "Video" and self.video.exporting:
            self.video.cancel_export()
        else:
            self.show_page("Home")

    @override
    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        if event.mimeData().hasUrls() or event.mimeData().hasImage():
            self._set_hot(True)
            event.acceptProposedAction()

    @override
    def dragLeaveEvent(self, event: QDragLeaveEvent) -> None:
        self._set_hot(False)

    @override
    def dropEvent(self, event: QDropEvent) -> None:
        self._set_hot(False)
        nothing = "That is on the web; save it as a file first, then drop the file."
        self._take(event.mimeData(), "dropped", nothing)
        event.acceptProposedAction()

    @override
    def closeEvent(self, event: QCloseEvent) -> None:
        if self._asks and self._unfinished and not ask_giving_up(self, self._unfinished):
            event.ignore()
            return
        self._settings.geometry = self.saveGeometry()
        self.hide()  # first, so that nobody waits for what still has to end
        self.close_work()
        super().closeEvent(event)

    def leave(self) -> None:
        """Close without asking, whatever is under way."""
        self._asks = False
        self.close()

    def close_work(self) -> None:
        """End every thread; idempotent."""
        for page in (self.camera, self.video, self.photo, self.home, self.help):
            page.close_work()

    @override
    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        # Only a key that is held can say "before", and shortcuts know no release.
        kinds = (QEvent.Type.KeyPress, QEvent.Type.KeyRelease)
        if isinstance(event, QKeyEvent) and event.type() in kinds:
            plain = not event.isAutoRepeat() and not event.modifiers()
            if event.key() == Qt.Key.Key_B and plain:
                return self._hold_before(event.type() == QEvent.Type.KeyPress)
        return super().eventFilter(watched, event)

    @property
    def _unfinished(self) -> str:
        """What would be lost by closing now; empty if nothing."""
        if self.video.exporting:
            return "The video is not exported yet."
        return "Not everything is saved yet." if self.photo.results.under_way else ""

    def _set_hot(self, hot: bool) -> None:
        """Something is being dragged over the window."""
        self.home.set_hot(hot)
        self._drop_here.setGeometry(self._stack.geometry().adjusted(12, 12, -12, -12))
        self._drop_here.setVisible(hot and self.page != "Home")
        self._drop_here.raise_()

    def _hold_before(self, held: bool) -> bool:
        """Show what was before; never of the camera, whose outputs others may see."""
        if self.page == "Photo":
            self.photo.canvas.hold_before(held)
        elif self.page == "Video":
            self.video.show_before(held)
        return self.page in ("Photo", "Video")

    def _take(self, data: QMimeData | None, name: str, nothing: str) -> None:
        """Open what was dropped or pasted, or say that it is nothing."""
        paths, document = files_in(data), picture_in(data, name)
        if paths:
            self.open_files(paths)
        elif document:
            self._open_photos([document])
        else:
            self.show_page("Home")
            self.home.show_trouble(nothing)

    def _open_photos(self, documents: list[Document]) -> None:
        self.show_page("Photo")
        self.photo.open(documents)

    def _open_video(self, path: Path) -> None:
        self.show_page("Video")
        self.video.open(path)

    def _forget(self) -> None:
        self._settings.forget_recent()
        self.home.show_recent([])

    def _start(self) -> str:
        recent = self._settings.recent
        return str(recent[0].parent) if recent else ""

    def _lay_out(self) -> None:
        bar = QWidget()
        bar.setObjectName("bar")
        bar.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        row = QHBoxLayout(bar)
        row.setContentsMargins(LARGE, SMALL, LARGE, SMALL)
        row.setSpacing(SMALL)
        row.addWidget(Emblem(22))
        row.addWidget(label("streamdefocus", "brand"))
        row.addSpacing(LARGE)
        group = QButtonGroup(self)
        for name, page in self.pages.items():
            tab = button(name, partial(self.show_page, name), "nav", checkable=True)
            group.addButton(tab)
            self._tabs[name] = tab
            if name == "Help":
                row.addStretch(1)
            row.addWidget(tab)
            self._stack.addWidget(page)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(bar)
        column.addWidget(self._stack, 1)
        self._drop_here = label("Drop to open", "drop")
        self._drop_here.setParent(self)
        self._drop_here.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._drop_here.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self._drop_here.hide()

    def _connect(self) -> None:
        self.home.photo_asked.connect(self.choose_photos)
        self.home.video_asked.connect(self.choose_video)
        self.home.camera_asked.connect(self.use_camera)
        self.home.example_asked.connect(self.open_example)
        self.home.file_asked.connect(lambda path: self.open_files([path]))
        self.home.forget_asked.connect(self._forget)
        self.photo.wants_files.connect(self.choose_photos)
        self.video.wants_file.connect(self.choose_video)
        for page in (self.photo, self.video):
            page.opened.connect(self._settings.add_recent)


def _names(paths: list[Path]) -> str:
    return ", ".join(path.name for path in paths)
