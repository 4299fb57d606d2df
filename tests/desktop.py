"""A screen that nobody sees, with a window manager, a mouse and keys."""

from __future__ import annotations

import os
import shutil
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import Self

import cv2
import numpy as np
import pytest

NEEDED = ("Xvfb", "openbox", "xdotool", "wmctrl")
PATIENCE_S, MOST_PATIENCE_S = 30.0, 90.0


def wait_until(holds: Callable[[], object], what: str) -> None:
    end_s = time.monotonic() + min(fair_s(PATIENCE_S), MOST_PATIENCE_S)
    while not holds():
        assert time.monotonic() < end_s, f"waited in vain for {what}"
        time.sleep(0.02)


def try_until(act: Callable[[], object], holds: Callable[[], object], what: str) -> None:
    """Do it again where nothing came of it, as a person would: a program may be slow to listen."""
    for _ in range(3):
        act()
        end_s = time.monotonic() + PATIENCE_S / 3
        while time.monotonic() < end_s:
            if holds():
                return
            time.sleep(0.02)
    wait_until(holds, what)


def fair_s(seconds: float) -> float:
    """A time limit, stretched by how much the machine has to do besides."""
    return seconds * max(1.0, os.getloadavg()[0] / (os.cpu_count() or 1))


class Desktop:
    """Xvfb and openbox, with one window on it at a time; the test is skipped without them."""

    def __init__(self) -> None:
        missing = [name for name in NEEDED if not shutil.which(name)]
        if missing:
            packages = " ".join(NEEDED).lower()
            pytest.skip(f"a virtual screen needs {', '.join(missing)}: apt install {packages}")
        read, write = os.pipe()
        screen = ["Xvfb", "-displayfd", str(write), "-screen", "0", "1600x1000x24", "-nolisten"]
        self._server = self._start([*screen, "tcp"], {}, pass_fds=(write,))
        os.close(write)
        with os.fdopen(read) as pipe:
            number = pipe.readline().strip()
        assert number, "Xvfb did not start"
        self.environment = {**os.environ, "DISPLAY": f":{number}", "QT_QPA_PLATFORM": "xcb"}
        self._manager = self._start(["openbox", "--sm-disable"], self.environment)

    def _start(
        self, command: list[str], environment: dict[str, str], pass_fds: tuple[int, ...] = ()
    ) -> subprocess.Popen[bytes]:
        return subprocess.Popen(
            command,
            env=environment or None,
            pass_fds=pass_fds,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )

    def close(self) -> None:
        for process in (self._manager, self._server):
            process.terminate()
            process.wait(PATIENCE_S)

    def run(self, *command: object) -> str:
        done = subprocess.run(
            [str(part) for part in command],
            env=self.environment,
            capture_output=True,
            text=True,
            check=False,
            timeout=PATIENCE_S,
        )
        return done.stdout.strip()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc_info: object) -> None:
        self.close()

    def find(self, title: str) -> str:
        """The window of a title, once it is there, with the focus of the keyboard."""

        def found() -> str:
            search = ("xdotool", "search", "--onlyvisible", "--name", f"^{title}$")
            return self.run(*search).split("\n")[-1]

        wait_until(found, "the window")
        window = found()
        self.run("xdotool", "windowmove", "--sync", window, 50, 50)
        self.run("xdotool", "windowfocus", "--sync", window)
        return window

    def close_window(self, window: str) -> None:
        """As its button does."""
        self.run("wmctrl", "-i", "-c", window)

    def screenshot(self, window: str, file: Path) -> np.ndarray:
        """What a window shows, height x width x 3; needs ImageMagick."""
        if not shutil.which("import"):
            pytest.skip("screenshots need ImageMagick")
        self.run("import", "-window", window, file)
        return cv2.imread(str(file))
