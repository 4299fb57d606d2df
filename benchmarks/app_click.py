"""From a click on a photo in the desktop app to the repainted picture, and to full size.

    QT_QPA_PLATFORM=offscreen python benchmarks/app_click.py [--size 4000x3000] [--clicks 12]

The real window, with the real depth network. A click counts until the picture that it asked for
is painted on the canvas, at the screen's size; full size is rendered in the background after the
clicks have rested, and counts from the moment when that rest is over. CPU time is that of all
threads, and says more than the clock where other work shares the cores.
"""

from __future__ import annotations

import argparse
import itertools
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import cv2

from streamdefocus.app.environment import free_qt_from_opencv
from streamdefocus.sources.synthetic import SyntheticSource

if TYPE_CHECKING:
    from PySide6.QtWidgets import QApplication

    from streamdefocus.app.window import Window

_PATIENCE_S = 120.0
_TICK_MS = 100
_PLACES = ((0.53, 0.42), (0.2, 0.3), (0.8, 0.7), (0.1, 0.9))


def main() -> None:
    arguments = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    arguments.add_argument("--size", default="4000x3000", help="of the photo")
    arguments.add_argument("--clicks", type=int, default=12)
    options = arguments.parse_args()
    width, height = (int(side) for side in options.size.split("x"))
    free_qt_from_opencv()
    from PySide6.QtCore import QSettings
    from PySide6.QtWidgets import QApplication

    from streamdefocus.app.settings import Settings
    from streamdefocus.app.theme import dress
    from streamdefocus.app.window import Window
    from streamdefocus.config import Config

    app = QApplication(["app_click"])
    dress(app)
    with tempfile.TemporaryDirectory() as folder:
        photo = Path(folder) / "photo.jpg"
        with SyntheticSource(frames=1) as scene:
            picture = cv2.resize(next(iter(scene)).bgr, (width, height))
        cv2.imwrite(str(photo), picture)
        store = QSettings(str(Path(folder) / "settings.ini"), QSettings.Format.IniFormat)
        window = Window(Config(), Settings(store))
        window.resize(1280, 800)
        window.show()
        window.open_files([photo])
        try:
            _measure(app, window, options.clicks)
        finally:
            window.close()


def _measure(app: QApplication, window: Window, clicks: int) -> None:
    from PySide6.QtCore import QEventLoop, QTimer

    page = window.photo
    alarm = QTimer(interval=_TICK_MS)  # so that waiting for events ends
    alarm.timeout.connect(lambda: None)
    alarm.start()

    def is_current(full: bool) -> bool:
        shown, document = page._rendered, page.album.current
        if shown is None or document is None or shown.look != document.look:
            return False
        return not full or shown.bgr is not shown.screen

    def wait(until: Callable[[], bool]) -> None:
        end_s = time.perf_counter() + _PATIENCE_S
        while not until():
            if time.perf_counter() > end_s:
                raise SystemExit("the app did not answer")
            app.processEvents(QEventLoop.ProcessEventsFlag.WaitForMoreEvents)

    wait(lambda: is_current(full=True))
    shown_ms, cpu_ms, full_ms = [], [], []
    for x, y in itertools.islice(itertools.cycle(_PLACES), clicks):
        begin_s, begin_cpu_s = time.perf_counter(), time.process_time()
        page.canvas.clicked.emit(x, y)
        wait(lambda: is_current(full=False))
        page.canvas.repaint()
        shown_ms.append(1000 * (time.perf_counter() - begin_s))
        cpu_ms.append(1000 * (time.process_time() - begin_cpu_s))
        wait(lambda: is_current(full=True))
        assert page._rendered is not None
        full_ms.append(1000 * page._rendered.seconds)
    rows = (("click to redraw", shown_ms), ("its CPU time", cpu_ms), ("full size", full_ms))
    for name, values in rows:
        print(f"{name}: median {statistics.median(values):.0f} ms, worst {max(values):.0f} ms")


if __name__ == "__main__":
    main()
