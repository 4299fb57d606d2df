"""A window on the screen that shows what comes out and takes clicks and keys."""

from __future__ import annotations

import sys
import time
from collections import deque
from contextlib import suppress
from threading import current_thread, main_thread
from typing import Any

import cv2

from streamdefocus.errors import OutputError
from streamdefocus.frames import Frame, View
from streamdefocus.sinks.base import Sink
from streamdefocus.sinks.viewer.actions import Action, Quit
from streamdefocus.sinks.viewer.gestures import Gestures, Mouse, MouseEvent
from streamdefocus.sinks.viewer.keys import action_of_key
from streamdefocus.sinks.viewer.layout import Layout, lay_out
from streamdefocus.sinks.viewer.painter import Painter
from streamdefocus.sinks.viewer.screen import check_screen
from streamdefocus.sinks.viewer.status import Status
from streamdefocus.sinks.viewer.viewer import Scene, Viewer

_LARGEST_PX = (1280, 720)
"""A new window is not larger than this; OpenCV cannot say how large the screen is."""

_MOST_KEYS = 16
"""Keys taken in one update; one that is held down must not stop the picture."""

_MICE = {
    cv2.EVENT_LBUTTONDOWN: Mouse.PRESS,
    cv2.EVENT_LBUTTONDBLCLK: Mouse.DOUBLE_PRESS,
    cv2.EVENT_LBUTTONUP: Mouse.RELEASE,
    cv2.EVENT_MOUSEMOVE: Mouse.MOVE,
    cv2.EVENT_RBUTTONDOWN: Mouse.RIGHT_PRESS,
    cv2.EVENT_MOUSEWHEEL: Mouse.WHEEL,
}

_WHEEL_CLICK = 120
"""What OpenCV reports for one click of a wheel, in the upper half of the flags."""

_MAC_WHEEL_STEP = 20
"""Scrolled points that count as one click; on macOS, OpenCV puts them in place of y."""


class Window(Sink):
    """Shows the newest view, its disparity, where the focus is, and some figures.

    ``show`` may be called from any thread: it only stores the view, and keeps it until the next
    one comes. All else belongs to the main thread (window systems insist on that): make the
    window there, call ``update`` about 60 times a second, and close it there.

    The picture is fitted into a canvas of exactly the window's size, so text is sharp at any
    size, and a click lands where it was meant in a resized, letterboxed or high-DPI window.

    Args:
        title: Of the window.
        size_px: (width, height) of the pictures to come; the window's first size.
        hud: Show figures at first.

    Raises:
        OutputError: There is no screen, or this OpenCV cannot make windows.
        RuntimeError: This is not the main thread.
    """

    name = "window"

    def __init__(
        self,
        title: str = "streamdefocus",
        size_px: tuple[int, int] = _LARGEST_PX,
        hud: bool = True,
    ) -> None:
        _only_on_main_thread()
        self._title = title
        self._view: View | None = None
        self._open = self._ended = False
        self._viewer = Viewer(hud)
        self._painter = Painter()
        self._gestures = Gestures()
        self._mouse: deque[MouseEvent] = deque()
        self._canvas_px = _fit_first(size_px)
        self._layout: Layout = lay_out(self._canvas_px, size_px)
        self._painted: tuple[View | None, Scene] | None = None
        check_screen()
        self._make()

    @property
    def view(self) -> View | None:
        """The newest view, or None before the first; for a snapshot."""
        return self._view

    @property
    def is_open(self) -> bool:
        """Whether the window is still there."""
        return self._open

    def write(self, frame: Frame) -> None:
        """Show a frame without anything known of it; see ``show``."""
        self.show(View(frame))

    def show(self, view: View) -> None:
        """Show a view at the next update. It is kept until then, not copied. Any thread.

        Nothing happens after the user closed the window: that is no failure of the run.

        Raises:
            OutputError: The window was closed by ``close``.
        """
        if self._ended:
            raise OutputError("the window is closed and takes no more frames")
        self._view = view

    def toast(self, text: str) -> None:
        """Say in the window, for a moment, what just happened: "saved photo.png"."""
        self._viewer.toast(text, time.monotonic())

    def update(self, status: Status | None = None) -> list[Action]:
        """Paint what is new and take what the user did. Main thread only.

        Args:
            status: What to show of the run.

        Returns:
            What the user asked for since the last call, in order; what concerns the window alone
            is done already. ``Quit`` when the window was closed, at every call from then on.
        """
        _only_on_main_thread()
        if self._open:
            self._paint(status or Status())
        done = self._pump() if self._open else []
        actions = [left for action in done if (left := self._viewer.obey(action))]
        if not self._still_there():
            self._remove()
            actions.append(Quit())
        return actions

    def close(self) -> None:
        """Take the window off the screen; idempotent. Main thread only."""
        self._ended = True
        self._remove()
        self._view = None

    def discard(self) -> None:
        """The same as ``close``: nothing stays either way."""
        self.close()

    def _remove(self) -> None:
        if not self._open:
            return
        _only_on_main_thread()
        self._open = False
        with suppress(cv2.error):  # the user was faster
            cv2.destroyWindow(self._title)
            cv2.waitKey(1)  # or some window systems leave it standing

    def _make(self) -> None:
        # Without GUI_NORMAL, Qt adds a toolbar and menus of its own on the right button;
        # FREERATIO, because the canvas has the window's shape already.
        flags = cv2.WINDOW_NORMAL | cv2.WINDOW_FREERATIO | cv2.WINDOW_GUI_NORMAL
        events = self._mouse

        def on_mouse(event: int, x: int, y: int, flags: int, _param: Any) -> None:
            # Only the queue is captured: OpenCV keeps callbacks, and they would keep the window.
            if event in _MICE:
                held = bool(flags & cv2.EVENT_FLAG_LBUTTON)
                steps = wheel_steps(flags, y) if event == cv2.EVENT_MOUSEWHEEL else 0.0
                now_s = time.monotonic()
                events.append(MouseEvent(_MICE[event], x, y, now_s, held, steps))

        try:
            cv2.namedWindow(self._title, flags)
            # Qt never returns from resizing a window that has shown nothing yet.
            cv2.imshow(self._title, self._painter.paint(None, Scene(self._canvas_px))[0])
            cv2.resizeWindow(self._title, *self._canvas_px)
            cv2.setMouseCallback(self._title, on_mouse)
        except cv2.error as error:
            raise OutputError(
                f"cannot make a window: {error.err or error}. If opencv-python-headless is "
                "installed, replace it by opencv-python; or use --output virtual-camera"
            ) from error
        self._open = True

    def _paint(self, status: Status) -> None:
        canvas_px = self._measured_px()
        view, scene = self._view, self._viewer.scene(status, canvas_px, time.monotonic())
        if self._painted and self._painted[0] is view and self._painted[1] == scene:
            return
        canvas, layout = self._painter.paint(view, scene)
        cv2.imshow(self._title, canvas)
        self._layout = layout
        self._painted = (view, scene)

    def _measured_px(self) -> tuple[int, int]:
        try:
            _, _, width, height = cv2.getWindowImageRect(self._title)
        except cv2.error:
            return self._canvas_px
        if width > 1 and height > 1:  # else it is minimised, or cannot be measured (Wayland)
            self._canvas_px = (width, height)
        return self._canvas_px

    def _pump(self) -> list[Action]:
        actions: list[Action] = []
        try:
            for _ in range(_MOST_KEYS):
                key = cv2.waitKeyEx(1)
                if key == -1:
                    break
                action = action_of_key(key)
                if action:
                    actions.append(action)
        except cv2.error:
            return actions  # it was closed meanwhile
        while self._mouse:
            actions += self._gestures.feed(self._mouse.popleft(), self._layout)
        return actions

    def _still_there(self) -> bool:
        if not self._open:
            return False
        try:
            return cv2.getWindowProperty(self._title, cv2.WND_PROP_VISIBLE) >= 1
        except cv2.error:  # Qt raises when its last window is gone
            return False


def wheel_steps(flags: int, y: int, platform: str = sys.platform) -> float:
    """By how many clicks a wheel was turned, away from the user above 0.

    Args:
        flags: As a mouse callback of OpenCV gets them.
        y: Likewise.
        platform: See ``sys.platform``.
    """
    return y / _MAC_WHEEL_STEP if platform == "darwin" else (flags >> 16) / _WHEEL_CLICK


def _fit_first(size_px: tuple[int, int]) -> tuple[int, int]:
    width, height = size_px
    scale = min(1.0, _LARGEST_PX[0] / width, _LARGEST_PX[1] / height)
    return max(1, round(width * scale)), max(1, round(height * scale))


def _only_on_main_thread() -> None:
    if current_thread() is not main_thread():
        raise RuntimeError(
            "a window belongs to the main thread: make, update and close it there. "
            f"Received a call from {current_thread().name!r}"
        )
