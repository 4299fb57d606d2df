"""What keys do; the help lists them."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, TypeAlias

from PySide6.QtGui import QKeySequence, QShortcut

from streamdefocus.app.parts.canvas import ZOOM_STEP

if TYPE_CHECKING:
    from streamdefocus.app.pages.camera import CameraPage
    from streamdefocus.app.pages.photo import PhotoPage
    from streamdefocus.app.pages.video import VideoPage
    from streamdefocus.app.window import Window

    Viewer: TypeAlias = PhotoPage | VideoPage | CameraPage

_VIEWERS = ("Photo", "Video", "Camera")


class Keys:
    """The shortcuts of a window, each on the pages where it means something.

    Args:
        window: Gets them.
    """

    def __init__(self, window: Window) -> None:
        self._window = window
        self._on_pages: list[tuple[QShortcut, tuple[str, ...]]] = []
        self._add_everywhere()
        self._add_on_viewers()
        self._add_on_pages()

    def show_page(self, name: str) -> None:
        """Another page is in front: elsewhere, Ctrl+C copies text."""
        for shortcut, pages in self._on_pages:
            shortcut.setEnabled(name in pages)

    def _add_everywhere(self) -> None:
        window = self._window
        keys: dict[str, Callable[[], object]] = {
            "Ctrl+O": window.choose_photos,
            "Ctrl+Shift+O": window.choose_video,
            "Ctrl+K": window.use_camera,
            "Ctrl+E": window.open_example,
            "Ctrl+V": window.paste,
            "F1": partial(window.show_page, "Help"),
            "Esc": window.escape,
        }
        for number, name in enumerate(window.pages, 1):
            keys[f"Alt+{number}"] = partial(window.show_page, name)
        for key, deed in keys.items():
            self._add(key, deed, tuple(window.pages))

    def _add_on_viewers(self) -> None:
        window = self._window
        keys: dict[str, Callable[[Viewer], object]] = {
            "Ctrl+Z": lambda page: page.undo.undo(),
            "Ctrl+Shift+Z": lambda page: page.undo.redo(),
            "Ctrl+Y": lambda page: page.undo.redo(),
            "1": lambda page: page.show_view("result"),
            "2": lambda page: page.show_view("depth"),
            "3": lambda page: page.show_view("focus"),
            "0": lambda page: page.canvas.fit(),
            "+": lambda page: page.canvas.zoom(ZOOM_STEP),
            "-": lambda page: page.canvas.zoom(1 / ZOOM_STEP),
            "[": lambda page: page.canvas.turned.emit(-1),
            "]": lambda page: page.canvas.turned.emit(1),
        }
        viewers: dict[str, Viewer] = {
            "Photo": window.photo,
            "Video": window.video,
            "Camera": window.camera,
        }

        def do(deed: Callable[[Viewer], object]) -> None:
            deed(viewers[window.page])

        for key, deed in keys.items():
            self._add(key, partial(do, deed), _VIEWERS)

    def _add_on_pages(self) -> None:
        photo, video, camera = self._window.photo, self._window.video, self._window.camera
        keys: list[tuple[str, str, Callable[[], object]]] = [
            ("Photo", "Ctrl+S", lambda: photo.results.save("result")),
            ("Photo", "Ctrl+C", photo.results.copy),
            ("Photo", "S", photo.panel.split.toggle),
            ("Video", "Ctrl+S", video.export),
            ("Video", "I", video.begin_here),
            ("Video", "O", video.end_here),
            ("Video", "Ctrl+Left", lambda: video.seek_keyframe(-1)),
            ("Video", "Ctrl+Right", lambda: video.seek_keyframe(1)),
            ("Camera", "Ctrl+S", camera.snapshot),
            ("Camera", "R", lambda: camera.toggle_output("record")),
            ("Camera", "V", lambda: camera.toggle_output("virtual")),
        ]
        for page, key, deed in keys:
            self._add(key, deed, (page,))

    def _add(self, key: str, deed: Callable[[], object], pages: tuple[str, ...]) -> None:
        shortcut = QShortcut(QKeySequence(key), self._window)
        shortcut.activated.connect(deed)
        self._on_pages.append((shortcut, pages))
