"""The real window, without a screen, with a depth network that takes no time."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from fractions import Fraction
from pathlib import Path
from threading import Event
from typing import Any

import cv2
import numpy as np
import pytest

pytest.importorskip("PySide6", reason="the desktop app needs PySide6")

from PySide6.QtCore import QMimeData, QPoint, QPointF, QSettings, Qt, QUrl
from PySide6.QtGui import QDragEnterEvent, QDropEvent

from streamdefocus.app.environment import free_qt_from_opencv
from streamdefocus.app.settings import Settings
from streamdefocus.app.window import Window
from streamdefocus.config import Config
from streamdefocus.frames import Frame
from streamdefocus.sinks import VideoSink

COPY, LEFT = Qt.DropAction.CopyAction, Qt.MouseButton.LeftButton
NO_KEYS = Qt.KeyboardModifier.NoModifier


@pytest.fixture(scope="session")
def qapp_args() -> list[str]:
    """What the application of all these tests is made with."""
    free_qt_from_opencv()
    return ["streamdefocus", "-platform", "offscreen"]


class QuickEstimator:
    """Nearer to the right; waits for ``gate`` if a test closed it."""

    gate = Event()

    def __init__(self, _options: object) -> None:
        self.engine_name = "quick"

    def prepare(self, _frame_px: tuple[int, int]) -> None:
        self.gate.wait(10)

    def estimate(self, bgr: Any) -> tuple[Any, Any]:
        ramp = np.tile(np.linspace(0, 0.3, 64, dtype=np.float32), (32, 1))
        return cv2.resize(bgr, (64, 32), interpolation=cv2.INTER_AREA), ramp

    def close(self) -> None:
        pass


@pytest.fixture(autouse=True)
def quick_depth(monkeypatch: pytest.MonkeyPatch) -> type[QuickEstimator]:
    QuickEstimator.gate.set()
    monkeypatch.setattr("streamdefocus.pipeline.defocuser.DisparityEstimator", QuickEstimator)
    return QuickEstimator


@pytest.fixture
def store(tmp_path: Path) -> QSettings:
    return QSettings(str(tmp_path / "settings.ini"), QSettings.Format.IniFormat)


@pytest.fixture
def window(qtbot: Any, store: QSettings) -> Iterator[Window]:
    made = Window(Config(), Settings(store))
    qtbot.addWidget(made)
    with qtbot.waitExposed(made):
        made.show()
    yield made
    QuickEstimator.gate.set()
    made.leave()


@pytest.fixture
def picture() -> Any:
    y, x = np.mgrid[0:180, 0:240]
    return np.dstack((x, y, ((x // 8 + y // 8) % 2) * 255)).astype(np.uint8)


@pytest.fixture
def photo(tmp_path: Path, picture: Any) -> Path:
    from PIL import Image

    file = tmp_path / "Käse 사진.jpg"
    exif = Image.Exif()
    exif[0x0110] = "Test camera"
    Image.fromarray(picture[..., ::-1]).save(file, exif=exif, quality=95)
    return file


@pytest.fixture
def video(tmp_path: Path, picture: Any) -> Path:
    file = tmp_path / "talk.mkv"
    with VideoSink(file) as sink:
        for index in range(30):
            shifted = np.ascontiguousarray(np.roll(picture, 2 * index, axis=1))
            sink.write(Frame(shifted, index, index, Fraction(1, 25), 1))
    return file


@pytest.fixture
def opened(window: Window, photo: Path, qtbot: Any) -> Window:
    """The window with a photo that is rendered."""
    window.open_files([photo])
    qtbot.waitUntil(lambda: rendered(window), timeout=10_000)
    return window


def rendered(window: Window) -> bool:
    """Whether the photo page shows the current look."""
    document, shown = window.photo.album.current, window.photo._rendered
    return bool(document and shown and shown.look == document.look)


def drag(window: Window, paths: list[Path]) -> None:
    """What the window system does when files are dragged over the window."""
    data = _carried(paths)  # events do not keep it alive
    window.dragEnterEvent(QDragEnterEvent(QPoint(100, 100), COPY, data, LEFT, NO_KEYS))


def drop(window: Window, paths: list[Path]) -> None:
    """What the window system does when files are dropped."""
    data = _carried(paths)
    window.dropEvent(QDropEvent(QPointF(100, 100), COPY, data, LEFT, NO_KEYS))


def _carried(paths: list[Path]) -> QMimeData:
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(path)) for path in paths])
    return data


def at(canvas: Any, x: float, y: float) -> QPoint:
    """The pixel of a canvas at a point of its picture."""
    return QPointF(*canvas.viewport.widget_point(x, y)).toPoint()


@pytest.fixture
def tools() -> dict[str, Callable[..., Any]]:
    return {"drag": drag, "drop": drop, "at": at, "rendered": rendered}
