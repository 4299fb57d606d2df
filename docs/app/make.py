"""Draws the pictures of the desktop app that the documentation shows.

    QT_QPA_PLATFORM=offscreen python docs/app/make.py

It drives the real window, with the real depth network, on the made-up scene.
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import cv2
from PIL import Image  # noqa: TID253
from PySide6.QtCore import QEventLoop, QSettings, QTimer  # noqa: TID253
from PySide6.QtWidgets import QApplication  # noqa: TID253

from streamdefocus.app.environment import free_qt_from_opencv
from streamdefocus.app.settings import Settings
from streamdefocus.app.theme import DARK, LIGHT, dress
from streamdefocus.app.window import Window
from streamdefocus.config import Config
from streamdefocus.sinks import VideoSink
from streamdefocus.sources.synthetic import SyntheticSource

HERE = Path(__file__).parent
SIZE = (1024, 700)
SECONDS, RATE = 4, 30
PATIENCE_S = 120.0
REST_S = 5.0
"""Time for the focus to come to rest."""


def main() -> None:
    """Draw them all."""
    free_qt_from_opencv()
    app = QApplication(["docs"])
    dress(app, LIGHT)
    alarm = QTimer(interval=50)  # so that waiting for events ends
    alarm.timeout.connect(lambda: None)
    alarm.start()
    with tempfile.TemporaryDirectory() as folder:
        photo, video = _media(Path(folder))
        store = QSettings(str(Path(folder) / "settings.ini"), QSettings.Format.IniFormat)
        window = Window(Config(), Settings(store))
        window.resize(*SIZE)
        window.show()
        try:
            _show_photo(window, photo)
            dress(app, DARK)
            _show_video(window, video)
            dress(app, LIGHT)
            window.show_page("Home")
            _wait(lambda: set(window.home._cards) <= set(window.home._pictures))
            _shoot(window, "home")
            window.show_page("Help")
            _wait(lambda: all(picture.shown for picture in window.help.story.pictures))
            _shoot(window, "help")
        finally:
            window.close()


def _media(folder: Path) -> tuple[Path, Path]:
    photo, video = folder / "Anna.jpg", folder / "Anna.mp4"
    with SyntheticSource(frames=SECONDS * RATE) as scene, VideoSink(video) as sink:
        for frame in scene:
            if frame.index == 0:
                cv2.imwrite(str(photo), frame.bgr)
            sink.write(frame)
    return photo, video


def _show_photo(window: Window, photo: Path) -> None:
    page = window.photo
    window.open_files([photo])
    _wait(lambda: page._rendered is not None)
    page.canvas.clicked.emit(0.53, 0.45)
    page.panel.split.click()
    _rest()
    _shoot(window, "photo")
    page.panel.split.click()


def _show_video(window: Window, video: Path) -> None:
    page = window.video
    window.open_files([video])
    _wait(lambda: page.view is not None and page.view.disparity is not None)
    page.focus_at(0.53, 0.45)
    page.seek(0.6 * SECONDS)
    _wait(lambda: page.player is not None and page.player.position_s > 0.5 * SECONDS)
    _rest()
    page.follow(0.2, 0.3)
    page.timeline.edited.emit(page.edit.from_s(0.1 * SECONDS).until_s(0.9 * SECONDS), "part", False)
    _rest()
    _shoot(window, "video")


def _wait(until: Callable[[], bool]) -> None:
    end_s = time.monotonic() + PATIENCE_S
    while not until():
        if time.monotonic() > end_s:
            raise SystemExit("the app did not answer")
        QApplication.processEvents(QEventLoop.ProcessEventsFlag.WaitForMoreEvents)


def _rest() -> None:
    end_s = time.monotonic() + REST_S
    _wait(lambda: time.monotonic() > end_s)


def _shoot(window: Window, name: str) -> None:
    file = HERE / f"{name}.png"
    window.grab().save(str(file))
    with Image.open(file) as picture:
        colours = picture.convert("RGB")
    dithered = colours.quantize(palette=colours.quantize(256), dither=Image.Dither.FLOYDSTEINBERG)
    dithered.save(file, optimize=True)


if __name__ == "__main__":
    main()
