"""Makes room for Qt 6 beside OpenCV, which brings a Qt 5 of its own."""

from __future__ import annotations

import os
import sys
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from streamdefocus.doctor.desktop import install_command, missing_libraries
from streamdefocus.errors import ConfigError

_SET_BY_OPENCV = ("QT_QPA_PLATFORM_PLUGIN_PATH", "QT_QPA_FONTDIR")

_DEADLY = "6.12.0"
"""This PySide6 drops a reference to None in every call where None is not immortal."""

_SIGNS_OF_A_SCREEN = ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM")


def check_qt(python: tuple[int, int] = sys.version_info[:2]) -> None:
    """Refuse to start what would not run, or not for long.

    Raises:
        ConfigError: PySide6 is missing, or is a version that ends the program sooner or later; or
            there is no screen, or not all that Qt needs to draw on it.
    """
    try:
        found = version("PySide6-Essentials")
    except PackageNotFoundError as error:
        raise ConfigError(
            "the desktop app needs PySide6; pip install 'streamdefocus[app]'"
        ) from error
    if found == _DEADLY and python < (3, 12):
        raise ConfigError(
            f"PySide6 {found} crashes with Python {python[0]}.{python[1]}; "
            "pip install 'PySide6-Essentials<6.12'"
        )
    if sys.platform == "linux" and not any(os.environ.get(name) for name in _SIGNS_OF_A_SCREEN):
        raise ConfigError("there is no screen here; start the app from a desktop")
    missing = missing_libraries() if _is_on_x11() else []
    if missing:
        raise ConfigError(
            f"the desktop app lacks {', '.join(missing)} of this system; {install_command(missing)}"
        )


def _is_on_x11() -> bool:
    chosen = os.environ.get("QT_QPA_PLATFORM", "")
    return chosen.startswith("xcb") or (not chosen and not os.environ.get("WAYLAND_DISPLAY"))


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
