"""The window on a virtual screen, with a real mouse, real keys and a window manager."""

from __future__ import annotations

import ctypes
import os
import re
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from desktop import PATIENCE_S, Desktop, wait_until

from streamdefocus.errors import OutputError
from streamdefocus.sinks.viewer import Click, Follow, Pull
from streamdefocus.sinks.viewer.screen import check_screen
from streamdefocus.sinks.window import Window, wheel_steps

PROGRAM = Path(__file__).with_name("window_program.py")
WIDTH, HEIGHT = 640, 480
linux_only = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="screens of Linux")


class Program:
    """window_program.py on a desktop, and hands for its window."""

    def __init__(self, desktop: Desktop, folder: Path, **environment: str) -> None:
        self._desktop = desktop
        self._log = folder / "window.log"
        with self._log.open("wb") as log:
            self.process = subprocess.Popen(
                [sys.executable, str(PROGRAM), str(WIDTH), str(HEIGHT)],
                env={**desktop.environment, "PYTHONPATH": str(PROGRAM.parents[2]), **environment},
                stdout=log,
                stderr=subprocess.STDOUT,
            )
        self.wait_for("open")
        self.window = desktop.find("streamdefocus")

    @property
    def said(self) -> list[str]:
        return self._log.read_text().splitlines()

    def wait_for(self, start: str, count: int = 1) -> list[str]:
        """The lines that begin so, as soon as there are so many."""

        def heard() -> list[str]:
            return [line for line in self.said if line.startswith(start)]

        try:
            wait_until(lambda: len(heard()) >= count, f"{count} x {start!r}")
        except AssertionError as error:
            raise AssertionError(f"{error}; it said {self.said}") from None
        return heard()

    def do(self, *what: object) -> None:
        self._desktop.run("xdotool", *what)

    def point(self, x_px: float, y_px: float) -> None:
        self.do("mousemove", "--sync", "--window", self.window, round(x_px), round(y_px))

    def press(self, key: str) -> None:
        self.do("key", key)

    def resize(self, width: int, height: int) -> None:
        self.do("windowsize", "--sync", self.window, width, height)
        time.sleep(0.3)  # until it was painted at that size

    def client_px(self) -> tuple[int, int]:
        shell = self._desktop.run("xdotool", "getwindowgeometry", "--shell", self.window)
        sizes = dict(line.split("=") for line in shell.splitlines())
        return int(sizes["WIDTH"]), int(sizes["HEIGHT"])

    def screenshot(self, file: Path) -> np.ndarray:
        return self._desktop.screenshot(self.window, file)

    def close_by_its_button(self) -> None:
        self._desktop.close_window(self.window)

    def end(self) -> None:
        if self.process.poll() is None:
            self.process.terminate()
        self.process.wait(PATIENCE_S)


@pytest.fixture(scope="module")
def desktop() -> Iterator[Desktop]:
    with Desktop() as desktop:
        yield desktop


@pytest.fixture
def program(desktop: Desktop, tmp_path: Path) -> Iterator[Program]:
    program = Program(desktop, tmp_path)
    yield program
    program.end()


def numbers(line: str) -> tuple[float, ...]:
    return tuple(float(value) for value in re.findall(r"=(-?[\d.e-]+)", line))


@pytest.mark.parametrize("place", [(0.25, 0.25), (0.9, 0.1), (0.5, 0.75)])
def test_a_click_lands_where_it_was_meant(program: Program, place: tuple[float, float]) -> None:
    program.point(place[0] * WIDTH, place[1] * HEIGHT)
    program.do("click", 1)
    (line,) = program.wait_for(Click.__name__)
    assert numbers(line) == pytest.approx(place, abs=0.01)


@pytest.mark.parametrize("size", [(1000, 400), (400, 700), (1500, 900)])
def test_a_click_lands_in_a_resized_window(program: Program, size: tuple[int, int]) -> None:
    program.resize(*size)
    width, height = program.client_px()
    scale = min(width / WIDTH, height / HEIGHT)
    # A quarter of the image, which is letterboxed in the middle, right and up of the middle.
    program.point(width / 2 + scale * WIDTH / 4, height / 2 - scale * HEIGHT / 4)
    program.do("click", 1)
    (line,) = program.wait_for(Click.__name__)
    assert numbers(line) == pytest.approx((0.75, 0.25), abs=0.015)


def test_a_click_lands_in_the_disparity_beside_the_image(program: Program) -> None:
    program.press("d")
    time.sleep(0.5)
    program.point(WIDTH * 0.75, HEIGHT / 2)
    program.do("click", 1)
    (line,) = program.wait_for(Click.__name__)
    assert numbers(line) == pytest.approx((0.5, 0.5), abs=0.015)


def test_a_click_lands_on_a_screen_with_twice_the_density(desktop: Desktop, tmp_path: Path) -> None:
    program = Program(desktop, tmp_path, QT_SCALE_FACTOR="2")
    try:
        width, height = program.client_px()
        assert width >= 2 * WIDTH
        program.point(width * 0.25, height * 0.75)
        program.do("click", 1)
        (line,) = program.wait_for(Click.__name__)
        assert numbers(line) == pytest.approx((0.25, 0.75), abs=0.015)
    finally:
        program.end()


def test_a_double_click_follows(program: Program) -> None:
    program.point(320, 240)
    program.do("click", "--repeat", 2, "--delay", 60, 1)
    (line,) = program.wait_for(Follow.__name__)
    assert numbers(line) == pytest.approx((0.5, 0.5), abs=0.01)
    assert [said.partition("(")[0] for said in program.said] == ["open", "Click", "Follow"]


def test_a_right_click_centres_and_opens_no_menu(program: Program, tmp_path: Path) -> None:
    program.point(100, 400)
    program.do("click", 3)
    program.wait_for("Centre()")
    program.point(300, 200)
    program.do("click", 1)  # which a menu would swallow
    program.wait_for(Click.__name__)


def test_a_drag_pulls_the_focus(program: Program) -> None:
    program.point(320, 100)
    program.do("mousedown", 1)
    for _ in range(6):
        program.do("mousemove_relative", "--sync", 0, 40)
    program.do("mouseup", 1)
    time.sleep(0.3)
    pulled = [numbers(line)[0] for line in program.wait_for(Pull.__name__)]
    assert sum(pulled) == pytest.approx(240 / HEIGHT, abs=0.02)
    assert not [line for line in program.said if line.startswith("Click")]


def test_the_wheel_changes_the_blur(program: Program) -> None:
    program.point(320, 240)
    program.do("click", 4)
    program.wait_for("ChangeBlur(steps=1.0)")
    program.do("click", 5)
    program.wait_for("ChangeBlur(steps=-1.0)")


def test_keys(program: Program) -> None:
    for key, said in {
        "plus": "ChangeBlur(steps=1)",
        "minus": "ChangeBlur(steps=-1)",
        "KP_Add": "ChangeBlur(steps=1)",
        "a": "NextApertureShape()",
        "c": "NextCatsEye()",
        "bracketright": "ChangeHighlights(steps=1)",
        "b": "ToggleForeground()",
        "g": "ToggleGrain()",
        "f": "NextFocusMode()",
        "period": "ChangeSmoothing(steps=1)",
        "m": "ToggleMirror()",
        "s": "Snapshot()",
        "r": "ToggleRecord()",
    }.items():
        seen = program.said.count(said)
        program.press(key)
        program.wait_for(said, seen + 1)


def test_escape_leaves_the_help_first_and_then_the_program(program: Program) -> None:
    program.press("F1")
    time.sleep(0.3)
    program.press("Escape")
    time.sleep(0.3)
    assert program.said == ["open"]
    program.press("Escape")
    program.wait_for("end")
    assert program.process.wait(PATIENCE_S) == 0


def test_closing_the_window_ends_the_program(program: Program) -> None:
    program.close_by_its_button()
    program.wait_for("Quit()")
    program.wait_for("end")
    assert program.process.wait(PATIENCE_S) == 0
    assert not [line for line in program.said if "Error" in line]


def test_the_window_shows_the_picture_sharply_and_with_its_colours(
    program: Program, tmp_path: Path
) -> None:
    program.press("h")
    program.resize(960, 540)
    picture = program.screenshot(tmp_path / "window.png").astype(int)
    left, right = picture[200:300, 125], picture[200:300, 835]  # 720 x 540 in the middle
    assert left[:, 0].mean() < 15
    assert right[:, 0].mean() > 240
    assert picture[200:300, 400, 2].mean() == pytest.approx(200, abs=2)
    assert picture[200:300, 100].max() < 30


@pytest.mark.parametrize(
    ("flags", "y", "platform", "steps"),
    [
        (120 << 16, 300, "linux", 1),
        (-120 << 16 | 1, 300, "win32", -1),  # while a button is held
        (30 << 16, 300, "linux", 0.25),
        (0, -40, "darwin", -2),
    ],
)
def test_every_window_system_has_its_own_wheel(
    flags: int, y: int, platform: str, steps: float
) -> None:
    assert wheel_steps(flags, y, platform) == steps


def test_a_window_belongs_to_the_main_thread() -> None:
    errors: list[BaseException] = []

    def make() -> None:
        try:
            Window()
        except RuntimeError as error:
            errors.append(error)

    thread = threading.Thread(target=make)
    thread.start()
    thread.join()
    assert "main thread" in str(errors[0])


@linux_only
def test_without_a_screen_it_says_what_to_try(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("DISPLAY", raising=False)
    monkeypatch.delenv("QT_QPA_PLATFORM", raising=False)
    with pytest.raises(OutputError, match=r"DISPLAY is not set.*--output virtual-camera"):
        Window()


@linux_only
def test_a_screen_that_does_not_answer_is_an_error_and_not_the_end(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    try:
        ctypes.CDLL("libxcb.so.1")
    except OSError:
        pytest.skip("nobody can ask for a screen without libxcb")
    monkeypatch.setenv("DISPLAY", ":32111")
    monkeypatch.delenv("QT_QPA_PLATFORM", raising=False)
    with pytest.raises(OutputError, match=r"does not let the window in.*:32111"):
        Window()


@linux_only
def test_a_desktop_that_wants_wayland_gets_the_x11_that_opencv_has(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("QT_QPA_PLATFORM", "wayland")
    monkeypatch.delenv("DISPLAY", raising=False)
    with pytest.raises(OutputError):
        check_screen()
    assert os.environ["QT_QPA_PLATFORM"] == "xcb"


@pytest.mark.parametrize("module", ["sinks", "sources", "pipeline", "cli.live", "cli.video"])
def test_opencv_is_imported_before_the_library_that_would_hang_its_windows(module: str) -> None:
    code = (
        f"import streamdefocus.{module}, sys; names = list(sys.modules); print(names.index('cv2')"
    )
    done = subprocess.run(
        [sys.executable, "-c", f"{code} < names.index('av') if 'av' in names else True)"],
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.strip() == "True"
