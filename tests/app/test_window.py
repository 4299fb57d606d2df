"""The window itself: pages, drops, what it remembers, how it starts."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from importlib.metadata import PackageNotFoundError
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("PySide6", reason="the desktop app needs PySide6")

from PySide6.QtCore import QSettings, Qt
from PySide6.QtGui import QDragLeaveEvent, QGuiApplication, QShortcut
from PySide6.QtWidgets import (
    QAbstractButton,
    QComboBox,
    QLabel,
    QListWidget,
    QProgressBar,
    QSlider,
)

from streamdefocus import __version__
from streamdefocus.app.environment import check_qt, free_qt_from_opencv
from streamdefocus.app.pages.reading import SHORTCUTS
from streamdefocus.app.parts.canvas import Canvas
from streamdefocus.app.parts.outgoing import completed
from streamdefocus.app.settings import Settings
from streamdefocus.app.theme import DARK, LIGHT, Shades
from streamdefocus.app.window import Window
from streamdefocus.config import Config
from streamdefocus.errors import ConfigError


def test_begins_at_home_with_nothing(window: Window) -> None:
    assert window.page == "Home"
    assert window.home._nothing.isVisible()
    assert window.home.photo.hasFocus()


def test_every_page_can_be_reached_and_is_usable_when_small(window: Window) -> None:
    window.resize(1024, 700)
    for name in window.pages:
        window._tabs[name].click()
        assert window.page == name
        assert window.pages[name].isVisible()
    assert window.width() <= 1024
    assert window.height() <= 700


def test_everything_has_an_accessible_name(opened: Window) -> None:
    opened.show_page("Home")
    for kind in (QAbstractButton, QComboBox, QSlider, QProgressBar, QListWidget, Canvas):
        for widget in opened.findChildren(kind):
            if not widget.objectName().startswith("qt_"):  # parts of Qt's own widgets
                assert widget.accessibleName(), widget


def test_the_example_needs_nothing_at_hand(window: Window, qtbot: Any, tools: Any) -> None:
    qtbot.mouseClick(window.home.example, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: tools["rendered"](window), timeout=15_000)
    assert window._settings.recent == []


def test_pages_are_reached_by_key(window: Window, qtbot: Any) -> None:
    keys = (Qt.Key.Key_6, Qt.Key.Key_5, Qt.Key.Key_4, Qt.Key.Key_3, Qt.Key.Key_2, Qt.Key.Key_1)
    for name, key in zip(reversed(window.pages), keys, strict=True):
        qtbot.keyClick(window, key, Qt.KeyboardModifier.AltModifier)
        assert window.page == name


def test_the_help_knows_every_key(window: Window) -> None:
    told = {"alt+1", "alt+2", "alt+3", "alt+4", "alt+5", "alt+6", "ctrl+y"}
    for keys, _ in SHORTCUTS:
        before = ""
        for key in keys.lower().replace(" and ", ", ").split(", "):
            told |= {key, before + key}
            before = key.rpartition("+")[0] + "+"
    unknown = {
        shortcut.key().toString().lower()
        for shortcut in window.findChildren(QShortcut)
        if shortcut.parent() is window
    } - told
    assert unknown == set()


def test_the_help_has_a_picture_for_every_step(window: Window, qtbot: Any) -> None:
    window.show_page("Help")
    pictures = window.help.story.pictures
    before = [picture.grab().toImage() for picture in pictures]
    qtbot.waitUntil(lambda: all(picture.shown for picture in pictures), timeout=20_000)
    after = [picture.grab().toImage() for picture in pictures]
    assert all(one != other for i, one in enumerate(after) for other in [*after[:i], before[i]])


def test_about_tells_version_licence_and_the_model(window: Window) -> None:
    texts = "".join(text.text() for text in window.pages["About"].findChildren(QLabel))
    assert __version__ in texts
    assert "gpl-3.0" in texts
    assert "a depth network for CPUs" in texts
    assert "What it was not trained on" in texts


def test_nothing_to_paste_is_said_in_place(window: Window, qtbot: Any) -> None:
    QGuiApplication.clipboard().clear()
    qtbot.keyClick(window, Qt.Key.Key_V, Qt.KeyboardModifier.ControlModifier)
    assert window.home.trouble.isVisible()
    assert "clipboard" in window.home.trouble.text()


def test_an_empty_folder_is_said_in_place(window: Window, tmp_path: Path, tools: Any) -> None:
    empty = tmp_path / "empty"
    empty.mkdir()
    tools["drop"](window, [empty])
    assert window.page == "Home"
    assert "no photo and no video" in window.home.trouble.text()


def test_videos_are_opened_one_by_one(window: Window, video: Path, photo: Path, tools: Any) -> None:
    other = video.with_name("other.mkv")
    other.write_bytes(video.read_bytes())
    tools["drop"](window, [video, other])
    assert window.page == "Video"
    assert window.video.foot.message.text().endswith("left out: other.mkv")
    tools["drop"](window, [other, photo])
    assert window.page == "Photo"
    assert window.photo.foot.message.text().endswith("left out: other.mkv")
    photo.unlink()
    tools["drop"](window, [video.parent])  # a folder with nothing but videos
    assert window.page == "Video"


@pytest.mark.parametrize("page", ["Home", "Photo"])
def test_what_is_dragged_over_the_window_is_welcome(
    window: Window, page: str, photo: Path, tools: Any
) -> None:
    window.show_page(page)
    before = window.grab().toImage()
    tools["drag"](window, [photo])
    hot = window.grab().toImage()
    assert hot != before
    window.dragLeaveEvent(QDragLeaveEvent())
    assert window.grab().toImage() == before


def test_the_list_of_recent_files_can_be_cleared(
    opened: Window, photo: Path, store: QSettings, qtbot: Any
) -> None:
    opened.show_page("Home")
    assert list(opened.home._cards) == [photo]
    qtbot.mouseClick(opened.home._forget, Qt.MouseButton.LeftButton)
    assert opened.home._cards == {}
    assert Settings(store).recent == []
    assert photo.exists()


def test_a_name_without_an_ending_gets_that_of_its_kind() -> None:
    kinds = "JPEG (*.jpg *.jpeg)"
    assert completed(Path("a/b"), kinds) == Path("a/b.jpg")
    assert completed(Path("a/b.png"), kinds) == Path("a/b.png")
    assert completed(Path("b"), "") == Path("b")


def test_recent_files_fit_into_a_narrow_window(
    window: Window, tmp_path: Path, store: QSettings, qtbot: Any
) -> None:
    for number in range(5):
        file = tmp_path / f"{number}.png"
        file.write_bytes(b"")
        Settings(store).add_recent(file)
    window.show_page("Home")
    for width, columns in ((window.minimumWidth(), 3), (1180, 4)):
        window.resize(width, 600)
        cards = list(window.home._cards.values())

        def fits(cards: Any = cards, columns: int = columns) -> bool:
            right = max(card.mapTo(window, card.rect().topRight()).x() for card in cards)
            return len({card.x() for card in cards}) == columns and right < window.width()

        qtbot.waitUntil(fits, timeout=5000)


def test_remembers_files_and_blur(
    opened: Window, store: QSettings, photo: Path, qtbot: Any
) -> None:
    opened.photo.canvas.turned.emit(3)
    blur = opened.photo.album.current.look.defocus.blur
    opened.close()
    again = Window(Config(), Settings(store))
    qtbot.addWidget(again)
    assert again.photo._settings.look().defocus.blur == blur
    assert list(again.home._cards) == [photo]
    again.close_work()


def test_settings_that_cannot_be_read_count_as_not_set(store: QSettings) -> None:
    store.setValue("recent", "{")
    store.setValue("look", '{"defocus": {"blur": 1000}}')
    settings = Settings(store)
    assert settings.recent == []
    assert settings.look().defocus.blur < 10


@pytest.mark.parametrize("look", [LIGHT, DARK])
def test_text_can_be_read(look: Shades) -> None:
    for ground in (look.window, look.surface, look.raised):
        assert _contrast(look.text, ground) > 7
        assert _contrast(look.muted, ground) > 4.5
    assert _contrast(look.on_accent, look.accent) > 4.5
    assert _contrast(look.bad, look.surface) > 4.5


def test_what_opencv_sets_is_undone_and_nothing_else(monkeypatch: pytest.MonkeyPatch) -> None:
    import cv2

    plugins = Path(cv2.__file__).parent / "qt" / "plugins"
    monkeypatch.setenv("QT_QPA_PLATFORM_PLUGIN_PATH", str(plugins))
    monkeypatch.setenv("QT_QPA_FONTDIR", "/my/fonts")
    free_qt_from_opencv()
    assert "QT_QPA_PLATFORM_PLUGIN_PATH" not in os.environ
    assert os.environ["QT_QPA_FONTDIR"] == "/my/fonts"


def test_a_qt_that_is_missing_or_deadly_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("streamdefocus.app.environment.version", lambda _name: "6.12.0")
    monkeypatch.setattr("streamdefocus.app.environment.missing_libraries", list)
    monkeypatch.setenv("DISPLAY", ":0")
    check_qt((3, 12))
    with pytest.raises(ConfigError, match="pip install"):
        check_qt((3, 11))

    def missing(name: str) -> str:
        raise PackageNotFoundError(name)

    monkeypatch.setattr("streamdefocus.app.environment.version", missing)
    with pytest.raises(ConfigError, match=r"streamdefocus\[app\]"):
        check_qt()


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere there is always a screen")
def test_no_screen_is_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM"):
        monkeypatch.delenv(name, raising=False)
    with pytest.raises(ConfigError, match="no screen"):
        check_qt((3, 12))


@pytest.mark.skipif(sys.platform != "linux", reason="X11 is for Linux")
def test_a_library_that_x11_lacks_is_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    name = "streamdefocus.app.environment.missing_libraries"
    monkeypatch.setattr(name, lambda: ["libxcb-cursor.so.0"])
    monkeypatch.setattr("streamdefocus.app.environment.version", lambda _name: "6.11.0")
    monkeypatch.setenv("QT_QPA_PLATFORM", "xcb")
    with pytest.raises(ConfigError, match=r"libxcb-cursor\.so\.0.*apt install libxcb-cursor0"):
        check_qt()
    monkeypatch.setenv("QT_QPA_PLATFORM", "offscreen")
    check_qt()


def test_qt_leaves_none_alone(window: Window) -> None:
    """Not so PySide6 6.12.0 under Python 3.11, which crashed after some minutes."""
    window.update()
    before = sys.getrefcount(None)
    for _ in range(500):
        window.update()
    assert abs(sys.getrefcount(None) - before) < 250


@pytest.mark.skipif(sys.platform == "win32", reason="no SIGTERM there")
def test_the_command_starts_and_ends(photo: Path, tmp_path: Path) -> None:
    environment = {**os.environ, "XDG_CONFIG_HOME": str(tmp_path), "QT_QPA_PLATFORM": "offscreen"}
    command = [sys.executable, "-m", "streamdefocus", "app", str(photo)]
    with subprocess.Popen(command, env=environment, stderr=subprocess.PIPE, text=True) as app:
        # What is opened is remembered, which shows from outside that everything works.
        settings = tmp_path / "streamdefocus" / "streamdefocus.conf"
        deadline_s = time.monotonic() + 40
        while not settings.exists() and app.poll() is None and time.monotonic() < deadline_s:
            time.sleep(0.1)
        app.send_signal(signal.SIGTERM)
        _, errors = app.communicate(timeout=20)
    assert app.returncode == 0, errors
    assert settings.exists(), errors
    assert "Traceback" not in errors


def _contrast(one: str, other: str) -> float:
    """Of two colours, as WCAG 2 defines it."""
    bright, dark = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (bright + 0.05) / (dark + 0.05)


def _luminance(colour: str) -> float:
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
