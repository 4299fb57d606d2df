"""The live command on a virtual screen: a click focuses what was clicked, closing ends it all."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
import pytest
from desktop import PATIENCE_S, Desktop, wait_until

SIZE = (640, 360)
# Of the synthetic room: both are in view for as long as the camera runs.
SWEATER = (0.45, 0.78)
SHELF = (0.04, 0.33)  # far behind


@pytest.fixture(scope="module")
def desktop() -> Iterator[Desktop]:
    with Desktop() as desktop:
        yield desktop


class Live:
    """``streamdefocus live`` with the synthetic camera and a window."""

    def __init__(self, desktop: Desktop, folder: Path) -> None:
        self._desktop, self._folder = desktop, folder
        self.report = folder / "report.json"
        size = "x".join(map(str, SIZE))
        arguments = ["--camera", "synthetic", "--size", size, "--seconds", "100", "--rack", "0.1"]
        command = [sys.executable, "-m", "streamdefocus", "live", *arguments]
        with (folder / "stderr").open("wb") as stderr:
            self.process = subprocess.Popen(
                [*command, "--report", str(self.report)],
                env=desktop.environment,
                cwd=folder,
                stderr=stderr,
            )
        self.window = desktop.find("streamdefocus")

    def click(self, place: tuple[float, float]) -> None:
        pixel = (round(part * whole) for part, whole in zip(place, SIZE, strict=True))
        self._desktop.run("xdotool", "mousemove", "--sync", "--window", self.window, *pixel)
        self._desktop.run("xdotool", "click", 1)

    def press(self, key: str) -> None:
        self._desktop.run("xdotool", "key", key)

    def sharpness(self, place: tuple[float, float]) -> float:
        """Of the surroundings of a place, beside the mark of the focus."""
        picture = self._desktop.screenshot(self.window, self._folder / "window.png")
        x, y = (round(part * whole) for part, whole in zip(place, SIZE, strict=True))
        patch = cv2.cvtColor(picture[y - 45 : y + 45, max(0, x - 64) : x + 64], cv2.COLOR_BGR2GRAY)
        edges = np.abs(cv2.Laplacian(patch, cv2.CV_32F))
        edges[25:65, 44:84] = 0
        return float(edges.mean())

    def end(self) -> None:
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait(PATIENCE_S)


@pytest.fixture
def live(desktop: Desktop, tmp_path: Path) -> Iterator[Live]:
    live = Live(desktop, tmp_path)
    yield live
    live.end()


def test_a_click_focuses_what_was_clicked(live: Live) -> None:
    live.press("h")  # the figures would count as edges
    wait_until(lambda: live.sharpness(SHELF) > 0.5, "the first picture")
    live.click(SWEATER)
    wait_until(lambda: live.sharpness(SWEATER) > live.sharpness(SHELF), "a sharp sweater")
    live.click(SHELF)
    wait_until(lambda: live.sharpness(SHELF) > 4 * live.sharpness(SWEATER), "a sharp shelf")
    live.click(SWEATER)
    wait_until(lambda: live.sharpness(SWEATER) > live.sharpness(SHELF), "a sharp sweater again")


def test_closing_the_window_ends_the_run_at_once_and_without_an_error(
    live: Live, desktop: Desktop, tmp_path: Path
) -> None:
    wait_until(lambda: live.sharpness(SHELF) >= 0, "the window")
    time.sleep(2)
    desktop.close_window(live.window)
    wait_until(
        lambda: not desktop.run("xdotool", "search", "--name", "^streamdefocus$"), "no window"
    )
    assert live.process.wait(PATIENCE_S) == 0
    assert json.loads(live.report.read_text())["frames"]["out"] > 0
    assert "rror" not in (tmp_path / "stderr").read_text()


def test_a_snapshot_is_a_photo_and_its_disparity(live: Live, tmp_path: Path) -> None:
    time.sleep(3)
    wait_until(lambda: live.press("s") or list(tmp_path.glob("*_disp.npy")), "a snapshot")
    wait_until(lambda: list(tmp_path.glob("*_defocus.png")), "its photo")
    live.press("q")
    assert live.process.wait(PATIENCE_S) == 0
    (disparity, *_) = sorted(tmp_path.glob("*_disp.npy"))
    assert np.load(disparity).shape == SIZE[::-1]
