"""The app on a real (virtual) screen: a file dragged from another program, a click, saved."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

pytest.importorskip("PySide6", reason="the desktop app needs PySide6")

from desktop import PATIENCE_S, Desktop, try_until, wait_until
from PIL import Image

from streamdefocus.doctor.desktop import missing_libraries

PROGRAM = Path(__file__).with_name("drag_program.py")


@pytest.mark.skipif(sys.platform != "linux", reason="Xvfb is for Linux")
@pytest.mark.skipif(bool(missing_libraries()), reason="this system lacks what Qt needs for X11")
def test_a_file_dragged_from_another_program(photo: Path, tmp_path: Path) -> None:
    with Desktop() as desktop:
        environment = {**desktop.environment, "XDG_CONFIG_HOME": str(tmp_path)}
        environment["PYTHONPATH"] = str(Path(__file__).parents[2])
        app = subprocess.Popen(
            [sys.executable, "-m", "streamdefocus", "app"],
            env=environment,
            stderr=subprocess.PIPE,
            text=True,
        )
        source = subprocess.Popen([sys.executable, PROGRAM, photo], env=environment)
        try:
            _drag_and_click(desktop, app, tmp_path, photo)
        finally:
            source.kill()
            source.wait()
            if app.poll() is None:
                app.terminate()
            _, errors = app.communicate(timeout=PATIENCE_S)
        assert app.returncode == 0, errors
        assert "Traceback" not in errors


def _drag_and_click(desktop: Desktop, app: subprocess.Popen[str], home: Path, photo: Path) -> None:
    wait_until(lambda: app.poll() is not None or _window(desktop, "streamdefocus"), "the app")
    assert app.poll() is None
    window = desktop.find("streamdefocus")
    desktop.run("xdotool", "windowsize", "--sync", window, 1024, 700)
    source = desktop.find("source")
    desktop.run("xdotool", "windowmove", "--sync", source, 1250, 100)
    # What is opened is remembered, which shows from outside that it was shown.
    settings = home / "streamdefocus" / "streamdefocus.conf"
    try_until(
        lambda: _drag(desktop), lambda: app.poll() is not None or settings.exists(), "the photo"
    )
    desktop.run("xdotool", "mousemove", "--sync", 400, 400, "click", "--repeat", 2, 4)
    wait_until(lambda: app.poll() is not None or "blur" in settings.read_text(), "the wheel")
    desktop.run("xdotool", "click", 1)
    desktop.run("xdotool", "key", "ctrl+s")
    wait_until(lambda: app.poll() is not None or _window(desktop, "Save"), "the dialog")
    desktop.find("Save")
    desktop.run("xdotool", "key", "Return")
    saved = photo.with_name(f"{photo.stem}_defocus.png")
    wait_until(lambda: app.poll() is not None or saved.exists(), "the result")
    with Image.open(saved) as result, Image.open(photo) as before:
        assert result.size == before.size
        assert result.getexif()[0x0110] == "Test camera"
    desktop.close_window(window)
    app.wait(PATIENCE_S)


def _drag(desktop: Desktop) -> None:
    desktop.run("xdotool", "mousemove", "--sync", 1320, 180, "mousedown", 1)
    for x in range(1300, 600, -70):
        desktop.run("xdotool", "mousemove", "--sync", x, 350, "sleep", "0.03")
    desktop.run("xdotool", "mousemove", "--sync", 560, 352, "sleep", "0.3", "mouseup", 1)


def _window(desktop: Desktop, title: str) -> str:
    return desktop.run("xdotool", "search", "--onlyvisible", "--name", f"^{title}$")
