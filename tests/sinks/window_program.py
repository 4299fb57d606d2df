"""Opens a window on the screen that DISPLAY names, and prints what the user does.

Started by test_window.py as a program of its own, because a process can talk to one screen only.
Usage: window_program.py WIDTH HEIGHT
"""

from __future__ import annotations

import sys
import threading
import time

import numpy as np

from streamdefocus.errors import OutputError
from streamdefocus.frames import DisparityMap, FocusPlane, Frame, View
from streamdefocus.sinks.viewer import Click, FocusMark, Quit, Status
from streamdefocus.sinks.window import Window

LONGEST_S = 60


def picture(width: int, height: int) -> View:
    """Blue grows to the right and green downwards; red is always 200."""
    bgr = np.empty((height, width, 3), np.uint8)
    bgr[..., 0] = np.linspace(0, 255, width)
    bgr[..., 1] = np.linspace(0, 255, height)[:, None]
    bgr[..., 2] = 200
    ramp = np.tile(np.linspace(0, 0.2, 64, dtype=np.float32), (32, 1))
    return View(Frame(bgr), DisparityMap(ramp, 0.0, 0.2), FocusPlane(0.1, 0.01))


def feed(window: Window, view: View, ended: threading.Event) -> None:
    """Thirty new views a second, from another thread, as the pipeline does."""
    while not ended.wait(1 / 30):
        window.show(View(view.frame, view.disparity, view.focus))


def main() -> None:
    """Run until the window says that it is time to quit."""
    width, height = int(sys.argv[1]), int(sys.argv[2])
    mark, ended = None, threading.Event()
    try:
        window = Window(size_px=(width, height))
    except OutputError as error:
        print("error", error, flush=True)
        return
    feeder = threading.Thread(target=feed, args=(window, picture(width, height), ended))
    feeder.start()
    print("open", flush=True)
    end_s = time.monotonic() + LONGEST_S
    actions: list[object] = []
    try:
        while time.monotonic() < end_s and Quit() not in actions:
            actions = list(window.update(Status(fps=30, model="test", mark=mark)))
            for action in actions:
                print(action, flush=True)
                if isinstance(action, Click):
                    mark = FocusMark(action.x, action.y)
            time.sleep(1 / 60)
    finally:
        ended.set()
        feeder.join()
        window.close()
    print("end", flush=True)


if __name__ == "__main__":
    main()
