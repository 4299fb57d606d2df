"""Starts the app and runs it to its end."""

from __future__ import annotations

import signal
import sys
from pathlib import Path

from streamdefocus.app.environment import free_qt_from_opencv
from streamdefocus.config import Config


def run_app(config: Config, files: list[Path]) -> int:
    """Open the window and return when it is closed.

    Args:
        config: Which network, and what the camera starts with.
        files: What to open at once.

    Returns:
        The exit code.
    """
    free_qt_from_opencv()
    from PySide6.QtCore import QTimer
    from PySide6.QtWidgets import QApplication

    from streamdefocus.app.parts.emblem import app_icon
    from streamdefocus.app.settings import Settings
    from streamdefocus.app.theme import dress
    from streamdefocus.app.window import Window

    app = QApplication(sys.argv[:1])
    app.setApplicationName("streamdefocus")
    app.setDesktopFileName("streamdefocus")
    app.setWindowIcon(app_icon())
    dress(app)
    app.styleHints().colorSchemeChanged.connect(lambda _scheme: dress(app))
    window = Window(config, Settings())
    window.show()
    if files:
        window.open_files(files)
    # Python gets to see Ctrl-C only while Python runs.
    signal.signal(signal.SIGINT, lambda *_: window.leave())
    signal.signal(signal.SIGTERM, lambda *_: window.leave())
    alarm = QTimer(interval=200)
    alarm.timeout.connect(lambda: None)
    alarm.start()
    try:
        return app.exec()
    finally:
        window.close_work()
