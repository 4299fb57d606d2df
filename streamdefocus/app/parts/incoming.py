"""What comes in: from dialogs, drops and the clipboard, and the example."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QMimeData
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QFileDialog, QWidget

from streamdefocus.app.model.album import Document
from streamdefocus.app.model.recent import VIDEO_SUFFIXES
from streamdefocus.app.parts.pictures import bgr_of
from streamdefocus.photos import SUFFIXES, Photo
from streamdefocus.sources.synthetic import SyntheticSource


def _filter(what: str, suffixes: tuple[str, ...]) -> str:
    return f"{what} ({' '.join('*' + suffix for suffix in suffixes)});;All files (*)"


def ask_photos(parent: QWidget, folder: str) -> list[Path]:
    """The photos that the user chooses."""
    kinds = _filter("Photos", tuple(SUFFIXES))
    names, _ = QFileDialog.getOpenFileNames(parent, "Open photos", folder, kinds)
    return [Path(name) for name in names]


def ask_video(parent: QWidget, folder: str) -> Path | None:
    """The video that the user chooses."""
    kinds = _filter("Videos", VIDEO_SUFFIXES)
    name, _ = QFileDialog.getOpenFileName(parent, "Open a video", folder, kinds)
    return Path(name) if name else None


def files_in(data: QMimeData | None) -> list[Path]:
    """The files of a drop or of the clipboard, which may be empty."""
    urls = data.urls() if data else []
    return [Path(url.toLocalFile()) for url in urls if url.isLocalFile()]


def picture_in(data: QMimeData | None, name: str) -> Document | None:
    """The picture of a drop or of the clipboard, if there is one."""
    image = QImage(data.imageData()) if data and data.hasImage() else QImage()
    return None if image.isNull() else Document(name, photo=Photo(bgr_of(image)))


def example() -> Document:
    """A frame of the made-up scene, made when it is developed."""
    return Document("example", make=_made_up)


def _made_up() -> Photo:
    with SyntheticSource(frames=1) as scene:
        return Photo(next(iter(scene)).bgr)
