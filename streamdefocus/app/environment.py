"""Makes room for Qt 6 beside OpenCV, which brings a Qt 5 of its own."""

from __future__ import annotations

import os
from pathlib import Path

_SET_BY_OPENCV = ("QT_QPA_PLATFORM_PLUGIN_PATH", "QT_QPA_FONTDIR")


def free_qt_from_opencv() -> None:
    """Undo what importing OpenCV does to the environment, before Qt looks at it.

    OpenCV's wheels for Linux point Qt at their own plugins; another Qt that follows them ends the
    program. What a user has set is left alone.
    """
    import cv2

    home = Path(cv2.__file__).resolve().parent
    for name in _SET_BY_OPENCV:
        value = os.environ.get(name)
        if value and Path(value).resolve().is_relative_to(home):
            del os.environ[name]
