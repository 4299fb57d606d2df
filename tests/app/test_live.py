"""The camera and videos in the real window."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from queue import Empty, Queue
from threading import Thread
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

pytest.importorskip("PySide6", reason="the desktop app needs PySide6")

import av
import media
from PySide6.QtCore import QPoint, QSettings, Qt, QTimer
from PySide6.QtWidgets import QApplication, QMessageBox

from streamdefocus.app.settings import Settings
from streamdefocus.app.window import Window
from streamdefocus.app.work.cameras import CameraChoice
from streamdefocus.app.work.export import time_left
from streamdefocus.app.work.player import Player
from streamdefocus.cli.main import run
from streamdefocus.config import Config
from streamdefocus.errors import CameraError, OutputError
from streamdefocus.pipeline import Edit, Keyframe, sidecar
from streamdefocus.sinks import NullSink
from streamdefocus.sources import VideoSource

SMALL = CameraChoice("synthetic", "Made-up scene", ((160, 90),))


@pytest.fixture
def camera(window: Window, monkeypatch: pytest.MonkeyPatch, qtbot: Any) -> Window:
    monkeypatch.setattr("streamdefocus.app.pages.camera.camera_choices", lambda: [SMALL])
    window.show_page("Camera")
    qtbot.waitUntil(lambda: window.camera.devices.count() == 1, timeout=5000)
    return window


@pytest.fixture
def running(camera: Window, qtbot: Any) -> Window:
    camera.camera.start()
    qtbot.waitUntil(lambda: _has_depth(camera.camera), timeout=10_000)
    return camera


@pytest.fixture
def played(window: Window, video: Path, qtbot: Any) -> Window:
    window.open_files([video])
    qtbot.waitUntil(lambda: _has_depth(window.video), timeout=10_000)
    return window


def test_the_camera_is_off_until_it_is_started(
    camera: Window, monkeypatch: pytest.MonkeyPatch, qtbot: Any
) -> None:
    page = camera.camera
    assert "No camera was found" in page.stage.text
    real = CameraChoice("/dev/video0", "Webcam")
    monkeypatch.setattr("streamdefocus.app.pages.camera.camera_choices", lambda: [real, SMALL])
    camera.show_page("Home")
    camera.show_page("Camera")
    qtbot.waitUntil(lambda: "camera is off" in page.stage.text, timeout=5000)
    assert page.session is None
    assert not page.panel.virtual.isEnabled()


def test_what_is_sent_is_mirrored_as_it_was_the_last_time(
    camera: Window, store: QSettings, qtbot: Any
) -> None:
    page = camera.camera
    page.panel.mirror.click()
    page.start()
    qtbot.waitUntil(lambda: _has_depth(page), timeout=10_000)
    assert page.session._pipeline.mirror
    again = Window(Config(), Settings(store))
    qtbot.addWidget(again)
    assert again.camera.panel.mirror.isChecked()
    again.close_work()


def test_a_picture_behind_the_curtain_is_explained(
    camera: Window, quick_depth: Any, qtbot: Any
) -> None:
    page = camera.camera
    quick_depth.gate.clear()
    page.start()
    qtbot.waitUntil(lambda: "Getting ready" in page.canvas.accessibleDescription(), timeout=5000)
    quick_depth.gate.set()
    qtbot.waitUntil(lambda: page.canvas.accessibleDescription() == "", timeout=5000)


def test_the_size_of_the_camera_is_remembered(
    window: Window, monkeypatch: pytest.MonkeyPatch, qtbot: Any
) -> None:
    sizes = ((640, 480), (1280, 720), (1920, 1080))
    monkeypatch.setattr(
        "streamdefocus.app.pages.camera.camera_choices",
        lambda: [CameraChoice("synthetic", "Made-up scene", sizes)],
    )
    page = window.camera
    window.show_page("Camera")
    qtbot.waitUntil(lambda: page.devices.count() == 1, timeout=5000)
    assert page.sizes.currentData() == (1280, 720)
    page.sizes.setCurrentIndex(2)
    page.sizes.activated.emit(2)
    page.devices.currentIndexChanged.emit(0)
    assert page.sizes.currentData() == (1920, 1080)
    assert page.settings.camera_px == (1920, 1080)


def test_clicks_and_blur_reach_the_camera(running: Window, qtbot: Any) -> None:
    page = running.camera
    assert page.stage.text == ""
    page.canvas.clicked.emit(0.9, 0.5)
    qtbot.waitUntil(lambda: page.canvas.mark == (0.9, 0.5), timeout=5000)
    page.canvas.followed.emit(0.5, 0.5)
    qtbot.waitUntil(lambda: page.canvas.following, timeout=5000)
    page.looks.range.slider.setValue(200)
    qtbot.waitUntil(
        lambda: page.view.focus.half_range == pytest.approx(page.view.disparity.span / 2),
        timeout=5000,
    )


def test_records_and_takes_snapshots(running: Window, tmp_path: Path, qtbot: Any) -> None:
    page, file = running.camera, tmp_path / "take.mkv"
    page.toggle_output("record", file)
    page.toggle_output("record", file.with_name("a second click"))
    qtbot.waitUntil(lambda: page.panel.record.text() == "Stop recording", timeout=5000)
    qtbot.waitUntil(lambda: page.foot.message.text() > "Recording   0:00.4", timeout=5000)
    page.toggle_output("record")
    qtbot.waitUntil(lambda: page.foot.message.text() == f"Saved {file}", timeout=5000)
    assert page.panel.record.text() == "Record"
    with VideoSource(file) as video:
        assert len(list(video)) > 1
    page.snapshot(tmp_path / "shots")
    qtbot.waitUntil(lambda: "defocus.png" in page.foot.message.text(), timeout=5000)
    assert len(list((tmp_path / "shots").iterdir())) == 3


def test_a_virtual_camera_goes_on_and_off_and_fails_in_words(
    running: Window, monkeypatch: pytest.MonkeyPatch, qtbot: Any
) -> None:
    page = running.camera
    name = "streamdefocus.app.pages.camera._virtual_camera"
    monkeypatch.setattr(name, lambda _size, _rate: NullSink())
    page.panel.virtual.click()
    qtbot.waitUntil(lambda: page.panel.virtual.text() == "Virtual camera: on", timeout=5000)
    running.show_page("Home")
    assert page.session is not None  # somebody else sees it
    page.panel.virtual.click()
    qtbot.waitUntil(lambda: page.foot.message.text() == "The virtual camera is off", timeout=5000)
    assert page.panel.virtual.text() == "Virtual camera: off"

    def refuse(*_: object) -> None:
        raise OutputError("no such device; install it")

    monkeypatch.setattr(name, refuse)
    running.show_page("Camera")
    page.panel.virtual.click()
    qtbot.waitUntil(lambda: "install it" in page.panel.fault.text(), timeout=5000)
    assert page.panel.fault.isVisible()
    assert page.panel.virtual.text() == "Virtual camera: not available"
    assert not page.panel.virtual.isChecked()


def test_an_output_that_breaks_says_so(
    running: Window, monkeypatch: pytest.MonkeyPatch, qtbot: Any
) -> None:
    class Broken(NullSink):
        def write(self, _frame: object) -> None:
            raise OutputError("the device was removed")

    page = running.camera
    monkeypatch.setattr(
        "streamdefocus.app.pages.camera._virtual_camera", lambda _size, _rate: Broken()
    )
    page.panel.virtual.click()
    qtbot.waitUntil(lambda: page.panel.fault.text() == "The device was removed", timeout=5000)
    assert page.panel.virtual.text() == "Virtual camera: not available"
    assert page.session is not None


def test_a_camera_that_does_not_open_is_a_line_in_place(
    camera: Window, monkeypatch: pytest.MonkeyPatch, qtbot: Any
) -> None:
    def refuse(*_: object) -> None:
        raise CameraError("camera 0 is in use by another program")

    monkeypatch.setattr("streamdefocus.app.pages.camera.open_choice", refuse)
    camera.camera.start()
    qtbot.waitUntil(lambda: "in use" in camera.camera.stage.text, timeout=5000)


def test_a_lost_camera_says_so_until_it_is_back(running: Window, qtbot: Any) -> None:
    page = running.camera
    lost = SimpleNamespace(
        phase=SimpleNamespace(value="lost"), sentence="the camera was unplugged; waiting for it"
    )
    page.session.source.state = lost
    description = page.canvas.accessibleDescription
    qtbot.waitUntil(lambda: description().startswith("The camera was unplugged"), timeout=5000)
    page.session.source.state = None
    qtbot.waitUntil(lambda: description() == "", timeout=5000)


def test_use_camera_starts_it_at_once(
    window: Window, monkeypatch: pytest.MonkeyPatch, qtbot: Any
) -> None:
    monkeypatch.setattr("streamdefocus.app.pages.camera.camera_choices", lambda: [SMALL])
    window.home.camera.click()
    qtbot.waitUntil(lambda: window.camera.view is not None, timeout=10_000)


def test_leaving_the_page_lets_the_camera_go(running: Window) -> None:
    running.show_page("Home")
    assert running.camera.session is None


def test_a_video_plays_pauses_and_winds(played: Window, qtbot: Any) -> None:
    page = played.video
    assert page.player.paused
    qtbot.keyClick(page.canvas, Qt.Key.Key_Space)
    qtbot.waitUntil(lambda: page.player.position_s > 0.2, timeout=5000)
    assert page.play.text() == "Pause"
    page.toggle_play()
    page.seek(1.0)
    qtbot.waitUntil(lambda: page.player.position_s == pytest.approx(1.0, abs=0.03), timeout=5000)
    page.seek(0.2)
    qtbot.waitUntil(lambda: page.player.position_s == pytest.approx(0.2, abs=0.03), timeout=5000)


def test_before_is_shown_of_a_video_and_never_of_the_camera(
    played: Window, monkeypatch: pytest.MonkeyPatch, qtbot: Any
) -> None:
    asked: list[float] = []
    page = played.video
    monkeypatch.setattr(page.session, "change", lambda look: asked.append(look.defocus.blur))
    qtbot.keyPress(page.canvas, Qt.Key.Key_B)
    qtbot.keyRelease(page.canvas, Qt.Key.Key_B)
    assert asked == [0.0, page.take.look.defocus.blur]
    played.show_page("Camera")
    qtbot.keyPress(played.camera.canvas, Qt.Key.Key_B)
    qtbot.keyRelease(played.camera.canvas, Qt.Key.Key_B)
    assert len(asked) == 2


def test_a_video_stops_at_its_end_and_begins_anew(played: Window, qtbot: Any) -> None:
    page = played.video
    page.seek(1.0)
    page.toggle_play()
    qtbot.waitUntil(lambda: page.player.position_s > 1.1 and page.player.paused, timeout=5000)
    page.toggle_play()
    qtbot.waitUntil(lambda: page.player.position_s < 0.9, timeout=5000)


def test_keyframes_are_kept_beside_the_video(played: Window, video: Path, qtbot: Any) -> None:
    page = played.video
    page.focus_at(0.2, 0.5)
    _wind(page, 0.8, qtbot)
    page.follow(0.9, 0.5)
    focuses = ["0.20000,0.50000", "track:0.90000,0.50000"]
    assert [k.focus for k in page.edit.keyframes] == focuses
    assert sidecar(video).is_file()
    page.close_file()
    page.open(video)
    assert [k.focus for k in page.edit.keyframes] == focuses
    qtbot.waitUntil(lambda: page.timeline.edit is page.edit, timeout=5000)
    qtbot.waitUntil(lambda: page.player is not None, timeout=5000)
    qtbot.keyClick(page.timeline, Qt.Key.Key_Delete)
    assert [k.focus for k in page.edit.keyframes] == focuses[1:]


def test_every_change_of_a_video_can_be_undone(played: Window, video: Path, qtbot: Any) -> None:
    page, takes = played.video, [played.video.take]
    page.canvas.clicked.emit(0.2, 0.5)
    takes.append(page.take)
    page.looks.shape.button("hexagon").click()
    takes.append(page.take)
    _wind(page, 0.4, qtbot)
    page.panel.start.click()
    takes.append(page.take)
    page.canvas.turned.emit(2)
    takes.append(page.take)
    assert len(set(map(str, takes))) == len(takes)
    for take in takes[-2::-1]:
        qtbot.keyClick(played, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
        assert page.take == take
        assert page.looks.look == take.look
        assert page.timeline.edit == take.edit
    assert not sidecar(video).exists()
    for take in takes[1:]:
        page.steps.redo.click()
        assert page.take == take
    assert sidecar(video).exists()


def test_keyframes_are_dragged_and_moved_by_key(played: Window, qtbot: Any) -> None:
    page, timeline = played.video, played.video.timeline
    page.focus_at(0.2, 0.5)
    before, count = page.edit.keyframes[0], page.undo.count()
    start, end = _on_timeline(timeline, before.time_s), _on_timeline(timeline, 0.8)
    qtbot.mousePress(timeline, Qt.MouseButton.LeftButton, pos=start)
    for share in (0.25, 0.5, 0.75, 1.0):
        qtbot.mouseMove(timeline, start + (end - start) * share)
    qtbot.mouseRelease(timeline, Qt.MouseButton.LeftButton, pos=end)
    (moved,) = page.edit.keyframes
    assert moved.focus == before.focus
    assert moved.time_s == pytest.approx(0.8, abs=0.02)
    assert page.undo.count() == count + 1
    _wind(page, moved.time_s, qtbot)
    qtbot.keyClick(timeline, Qt.Key.Key_Left, Qt.KeyboardModifier.AltModifier)
    assert page.edit.keyframes[0].time_s == pytest.approx(moved.time_s - 0.04, abs=1e-3)
    qtbot.mouseClick(
        timeline,
        Qt.MouseButton.RightButton,
        pos=_on_timeline(timeline, page.edit.keyframes[0].time_s),
    )
    assert page.edit.keyframes == ()


def test_the_part_to_export_is_set_by_hand_and_by_key(played: Window, qtbot: Any) -> None:
    page, timeline = played.video, played.video.timeline
    qtbot.mousePress(
        timeline,
        Qt.MouseButton.LeftButton,
        pos=timeline._brackets()[0].center().toPoint(),
    )
    qtbot.mouseMove(timeline, _on_timeline(timeline, 0.4, 30))
    qtbot.mouseRelease(timeline, Qt.MouseButton.LeftButton, pos=QPoint())
    assert page.edit.start_s == pytest.approx(0.4, abs=0.02)
    _wind(page, 0.8, qtbot)
    qtbot.keyClick(played, Qt.Key.Key_O)
    assert page.edit.end_s == pytest.approx(0.84, abs=1e-3)
    assert page.panel.part.text() == "0:00.4 to 0:00.8"
    _wind(page, 0.2, qtbot)
    qtbot.keyClick(played, Qt.Key.Key_I)
    assert page.edit.start_s == pytest.approx(0.2, abs=1e-3)
    page.panel.whole.click()
    assert page.edit == Edit()


def test_a_video_is_exported_with_its_edit(played: Window, tmp_path: Path, qtbot: Any) -> None:
    page, target = played.video, tmp_path / "out.mp4"
    _edit(page, EDIT.from_s(0.2))
    page.export(target)
    assert page.panel.cancel.isVisible()
    qtbot.waitUntil(lambda: not page.exporting, timeout=20_000)
    assert "Saved out.mp4" in page.foot.message.text()
    _check_rack(target, 25)


def test_the_command_line_reads_the_edit_too(video: Path, tmp_path: Path) -> None:
    command = ["video", str(video), str(tmp_path / "out.mp4"), "-q", "--keyframes"]
    command.append(str(EDIT.from_s(0.4).save(video)))
    assert run([*command, "--from", "0.2"]) == 0
    _check_rack(tmp_path / "out.mp4", 25)
    assert run([*command[:-1], str(tmp_path / "missing.json")]) == 1


def test_an_export_keeps_the_sound_to_the_byte(window: Window, tmp_path: Path, qtbot: Any) -> None:
    sounding = media.write_video(tmp_path / "sound.mp4", media.moving(25), sounds=[media.tone(1.0)])
    window.open_files([sounding])
    page, target = window.video, tmp_path / "out.mp4"
    qtbot.waitUntil(lambda: _has_depth(page), timeout=10_000)
    page.export(target)
    qtbot.waitUntil(lambda: not page.exporting, timeout=20_000)
    assert len(_sound(sounding)) > 40
    assert _sound(target) == _sound(sounding)


def test_an_export_that_is_cancelled_leaves_nothing(
    played: Window, tmp_path: Path, quick_depth: Any, qtbot: Any
) -> None:
    page, folder = played.video, tmp_path / "out"
    folder.mkdir()
    quick_depth.gate.clear()
    page.export(folder / "out.mp4")
    qtbot.wait(100)
    page.cancel_export()
    quick_depth.gate.set()
    assert "cancelled" in page.foot.message.text()
    played.close()
    assert list(folder.iterdir()) == []


def test_closing_during_an_export_asks_first(
    played: Window, tmp_path: Path, quick_depth: Any, qtbot: Any
) -> None:
    folder = tmp_path / "out"
    folder.mkdir()
    quick_depth.gate.clear()
    played.video.export(folder / "out.mp4")
    _answer("Go on")
    played.close()
    assert played.isVisible() and played.video.exporting
    _answer("Close anyway", quick_depth.gate.set)
    played.close()
    assert not played.isVisible()
    assert list(folder.iterdir()) == []


def test_closing_asks_nothing_where_nothing_is_lost(played: Window) -> None:
    played.close()
    assert not played.isVisible()


def _answer(button: str, before: Callable[[], object] = lambda: None) -> None:
    """Press a button of the dialog that is about to open."""

    def press() -> None:
        box = QApplication.activeModalWidget()
        assert isinstance(box, QMessageBox)
        before()
        next(b for b in box.buttons() if b.text().replace("&", "") == button).click()

    QTimer.singleShot(100, press)


def test_a_damaged_video_is_a_line_in_place(window: Window, tmp_path: Path, qtbot: Any) -> None:
    file = tmp_path / "broken.mp4"
    file.write_bytes(b"nothing of that kind")
    window.open_files([file])
    qtbot.waitUntil(lambda: "cannot be shown" in window.video.stage.text, timeout=5000)
    assert window._settings.recent == []


def test_closing_during_everything_ends_it(
    running: Window, video: Path, photo: Path, tmp_path: Path, qtbot: Any
) -> None:
    running.camera.toggle_output("record", tmp_path / "take.mkv")
    running.video.open(video)
    running.video.export(tmp_path / "out.mp4")
    running.open_files([photo])
    qtbot.wait(50)
    running.leave()


def test_the_player_ends_when_it_is_closed(video: Path) -> None:
    player = Player(video, paused=False)
    frames = iter(player)
    assert next(frames).size_px == (240, 180)
    assert player.duration_s == pytest.approx(1.2, abs=0.1)
    player.close()
    assert next(frames, None) is None


def test_a_player_that_stands_still_comes_to_rest_and_wakes(video: Path) -> None:
    with Player(video) as player:
        given: Queue[int] = Queue()

        def play() -> None:
            for frame in player:
                given.put(frame.index)

        thread = Thread(target=play)
        thread.start()
        while True:
            try:
                given.get(timeout=2)  # longer than it is nudged for
            except Empty:
                break
        for wish in (player.nudge, lambda: player.seek(0.8)):
            wish()
            assert given.get(timeout=5) > 0
        assert player.aim_s == pytest.approx(0.8, abs=0.03)
        player.close()
        thread.join(5)
        assert not thread.is_alive()


def test_words_for_times() -> None:
    assert time_left(0.2) == "1 s"
    assert time_left(40) == "40 s"
    assert time_left(185) == "3 min"


_HALVES = (slice(0, 60), slice(180, 240))


EDIT = Edit((Keyframe(0.0, "0.95,0.5"), Keyframe(0.5, "0.05,0.5")))


def _check_rack(file: Path, count: int) -> None:
    """The focus goes from right to left in a file."""
    with VideoSource(file) as video:
        frames = [frame.bgr.astype(float) for frame in video]
    assert len(frames) == count
    detail = [[np.abs(np.diff(f[:, half], axis=1)).mean() for half in _HALVES] for f in frames]
    assert detail[2][1] > detail[2][0]
    assert detail[-1][0] > detail[-1][1]


def _edit(page: Any, edit: Edit) -> None:
    page.change(page.take.edited(edit), "keyframe")


def _wind(page: Any, time_s: float, qtbot: Any) -> None:
    page.seek(time_s)
    qtbot.waitUntil(lambda: page.player.position_s == pytest.approx(time_s, abs=0.03), timeout=5000)


def _on_timeline(timeline: Any, time_s: float, y: int | None = None) -> QPoint:
    return QPoint(round(timeline._x(time_s)), timeline.height() - 12 if y is None else y)


def _sound(file: Path) -> list[bytes]:
    with av.open(str(file)) as container:
        return [bytes(packet) for packet in container.demux(audio=0) if packet.size]


def _has_depth(page: Any) -> bool:
    return page.view is not None and page.view.disparity is not None
