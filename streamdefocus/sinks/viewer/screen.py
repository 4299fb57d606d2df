"""Is there a screen? Asked before OpenCV is, because Qt ends the program if there is none."""

from __future__ import annotations

import ctypes
import os
import sys
from pathlib import Path

import cv2

from streamdefocus.errors import OutputError

_TRY = "try --output virtual-camera, --output FILE, or a desktop session (over ssh: ssh -X)"


def check_screen() -> None:
    """Make sure that a window can be made here.

    Raises:
        OutputError: No screen was named, or it does not let us in.
    """
    if not sys.platform.startswith("linux"):
        return
    _settle_qt_platform()
    if os.environ.get("QT_QPA_PLATFORM", "xcb").partition(":")[0] != "xcb":
        return  # offscreen and the like, on purpose
    name = os.environ.get("DISPLAY", "")
    if not name:
        raise OutputError(f"there is no screen for the window: DISPLAY is not set; {_TRY}")
    if _refused():
        raise OutputError(
            f"the screen does not let the window in. Received: DISPLAY={name}; {_TRY}"
        )


def _settle_qt_platform() -> None:
    """OpenCV's Qt speaks X11 only; a desktop that asks all Qt programs for Wayland would kill it.

    Wayland desktops run X11 programs as well.
    """
    asked = os.environ.get("QT_QPA_PLATFORM", "").partition(":")[0]
    plugins = Path(cv2.__file__).parent / "qt" / "plugins" / "platforms"
    if asked and plugins.is_dir() and not (plugins / f"libq{asked}.so").exists():
        os.environ["QT_QPA_PLATFORM"] = "xcb"


def _refused() -> bool:
    """Whether the X server cannot be reached or turns us down; False if nobody can tell."""
    try:
        xcb = ctypes.CDLL("libxcb.so.1")
    except OSError:
        return False
    xcb.xcb_connect.restype = ctypes.c_void_p
    xcb.xcb_connect.argtypes = [ctypes.c_char_p, ctypes.c_void_p]
    xcb.xcb_connection_has_error.argtypes = [ctypes.c_void_p]
    xcb.xcb_disconnect.argtypes = [ctypes.c_void_p]
    connection = xcb.xcb_connect(None, None)  # never None; the error is asked for
    try:
        return bool(xcb.xcb_connection_has_error(connection))
    finally:
        xcb.xcb_disconnect(connection)
