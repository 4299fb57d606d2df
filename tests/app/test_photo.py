"""Photos in the real window."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest

pytest.importorskip("PySide6", reason="the desktop app needs PySide6")

from PIL import Image
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QGuiApplication, QWheelEvent

from streamdefocus.app.window import Window
from streamdefocus.config import DefocusOptions
from streamdefocus.defocus import Renderer, create_renderer
from streamdefocus.defocus.lens import f_number as lens_f_number

LEFT = Qt.MouseButton.LeftButton


def test_a_drop_is_developed_and_rendered(window: Window, photo: Path, qtbot: Any, tools: Any):
    tools["drop"](window, [photo])
    assert window.page == "Photo"
    assert photo.name in window.photo.stage.text
    qtbot.waitUntil(lambda: tools["rendered"](window), timeout=10_000)
    assert window.photo.stage.text == ""
    assert window._settings.recent == [photo]


def test_a_click_moves_the_focus_and_the_picture(opened: Window, qtbot: Any, tools: Any) -> None:
    page = opened.photo
    before = page._rendered.screen.copy()
    qtbot.mouseClick(page.canvas, LEFT, pos=tools["at"](page.canvas, 0.9, 0.5))
    assert page.canvas.mark == pytest.approx((0.9, 0.5), abs=0.02)
    qtbot.waitUntil(lambda: tools["rendered"](opened), timeout=5000)
    assert np.any(page._rendered.screen != before)
    sharp = np.abs(page._rendered.screen.astype(int) - page.album.current.screen).mean(axis=(0, 2))
    assert sharp[205:225].mean() < sharp[20:60].mean()


def test_every_change_can_be_undone_and_redone(opened: Window, qtbot: Any) -> None:
    page, document = opened.photo, opened.photo.album.current
    looks = [document.look]
    page.canvas.clicked.emit(0.2, 0.3)
    looks.append(document.look)
    page.panel.looks.shape.button("hexagon").click()
    looks.append(document.look)
    page.panel.looks.blur.slider.setValue(150)
    looks.append(document.look)
    page.panel.looks.renderer.setCurrentIndex(page.panel.looks.renderer.findData("classic"))
    looks.append(document.look)
    page.panel.looks.blur_method.setCurrentIndex(1)
    looks.append(document.look)
    assert len(set(map(str, looks))) == len(looks)
    for look in looks[-2::-1]:
        qtbot.keyClick(opened, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
        assert document.look == look == page.panel.looks.look
    assert not page.undo.canUndo()
    for look in looks[1:]:
        page.steps.redo.click()
        assert document.look == look


def test_every_option_of_the_look_can_be_set(opened: Window, qtbot: Any) -> None:
    page, looks = opened.photo, opened.photo.panel.looks
    # Photos have no past to remember; the far end is far away; the app does not measure doubt.
    left_out = {"caution", "far_distance_m", "remember_background"}
    options = set(DefocusOptions.model_fields) - left_out
    before = page.album.current.look.defocus
    looks.blur.slider.setValue(90)
    blur = page.album.current.look.defocus.blur
    looks.unit.button("lens").click()
    number = page.album.current.look.defocus.f_number
    assert number == pytest.approx(lens_f_number(DefocusOptions(blur=blur), (240, 180)), abs=1e-3)
    for slider in (looks.focal, looks.distance, looks.highlights, looks.cats_eye, looks.grain):
        slider.slider.setValue(60)
    looks.sensor.setCurrentIndex(1)
    looks.shape.button("octagon").click()
    looks.foreground.click()
    for box in (looks.renderer, looks.blur_method, looks.far_method):
        box.setCurrentIndex(box.count() - 1)
    looks.levels.slider.setValue(10)
    after = page.album.current.look.defocus
    DefocusOptions(**after.model_dump())
    changed = {name for name in options if getattr(before, name) != getattr(after, name)}
    assert changed == options
    looks.unit.button("blur").click()
    assert page.album.current.look.defocus.f_number is None
    while page.undo.canUndo():
        page.undo.undo()
    assert page.album.current.look.defocus == before


def test_a_zoomed_picture_is_moved_by_keys(opened: Window, qtbot: Any) -> None:
    canvas, look = opened.photo.canvas, opened.photo.album.current.look
    for _ in range(6):
        qtbot.keyClick(canvas, Qt.Key.Key_Plus)
    assert canvas.viewport.zoom > 2
    qtbot.keyClick(canvas, Qt.Key.Key_Right, Qt.KeyboardModifier.ShiftModifier)
    assert canvas.viewport.centre_x > 0.5
    qtbot.keyClick(canvas, Qt.Key.Key_Up, Qt.KeyboardModifier.ShiftModifier)
    assert canvas.viewport.centre_y < 0.5
    assert opened.photo.album.current.look == look


def test_a_drag_scrubs_and_the_wheel_blurs_as_one_change_each(
    opened: Window, qtbot: Any, tools: Any
) -> None:
    page, canvas = opened.photo, opened.photo.canvas
    start = tools["at"](canvas, 0.5, 0.3)
    qtbot.mousePress(canvas, LEFT, pos=start)
    for step in range(1, 8):
        qtbot.mouseMove(canvas, start + QPoint(0, 8 * step))
    qtbot.mouseRelease(canvas, LEFT, pos=start + QPoint(0, 64))
    assert page.album.current.look.focus.focus.startswith("disparity:")
    assert page.undo.count() == 1
    blur = page.album.current.look.defocus.blur
    for _ in range(3):
        _wheel(canvas, start, 120)
    assert page.album.current.look.defocus.blur > blur
    assert page.undo.count() == 2


def test_the_focus_can_be_moved_by_keys(opened: Window, qtbot: Any) -> None:
    page = opened.photo
    qtbot.keyClick(page.canvas, Qt.Key.Key_Right)
    qtbot.keyClick(page.canvas, Qt.Key.Key_Up)
    assert page.album.current.look.place == pytest.approx((0.52, 0.48))
    qtbot.waitUntil(lambda: page._rendered.look == page.album.current.look, timeout=5000)
    qtbot.keyClick(page.canvas, Qt.Key.Key_PageDown)
    assert page.album.current.look.focus.focus.startswith("disparity:")


def test_focus_and_split_are_moved_by_keys(opened: Window, qtbot: Any) -> None:
    canvas, heard = opened.photo.canvas, []
    canvas.clicked.connect(lambda x, y: heard.append(("click", x, y)))
    canvas.followed.connect(lambda x, y: heard.append(("follow", x, y)))
    canvas.set_mark((0.25, 0.75))
    qtbot.keyClick(canvas, Qt.Key.Key_T)
    qtbot.keyClick(canvas, Qt.Key.Key_Return)
    assert heard == [("follow", 0.25, 0.75), ("click", 0.25, 0.75)]
    qtbot.keyClick(canvas, Qt.Key.Key_S)
    qtbot.keyClick(canvas, Qt.Key.Key_Period)
    assert canvas.split == pytest.approx(0.52)
    for _ in range(30):
        qtbot.keyClick(canvas, Qt.Key.Key_Comma)
    assert canvas.split == 0


def test_who_comes_by_key_sees_where_he_is(opened: Window, qtbot: Any, tools: Any) -> None:
    canvas = opened.photo.canvas
    opened.photo.panel.save_result.setFocus()
    without = canvas.grab().toImage()
    canvas.setFocus(Qt.FocusReason.TabFocusReason)
    assert canvas.grab().toImage() != without
    qtbot.mousePress(canvas, Qt.MouseButton.RightButton, pos=tools["at"](canvas, 0.5, 0.5))
    assert canvas.grab().toImage() == without


def test_zoom_and_pan_leave_the_look_alone(opened: Window, qtbot: Any, tools: Any) -> None:
    canvas = opened.photo.canvas
    start = tools["at"](canvas, 0.5, 0.5)
    _wheel(canvas, start, 240, Qt.KeyboardModifier.ControlModifier)
    assert canvas.viewport.zoom > 1
    qtbot.mousePress(canvas, Qt.MouseButton.RightButton, pos=start)
    qtbot.mouseMove(canvas, start + QPoint(40, 10))
    qtbot.mouseRelease(canvas, Qt.MouseButton.RightButton, pos=start + QPoint(40, 10))
    assert canvas.viewport.centre_x < 0.5
    qtbot.keyClick(opened, Qt.Key.Key_0)
    assert canvas.viewport.zoom == 1
    assert opened.photo.undo.count() == 0


def test_views_split_and_before(opened: Window, qtbot: Any) -> None:
    page = opened.photo
    pictures = []
    for key in (Qt.Key.Key_1, Qt.Key.Key_2, Qt.Key.Key_3):
        qtbot.keyClick(opened, key)
        pictures.append(page.canvas.grab().toImage())
    qtbot.keyClick(opened, Qt.Key.Key_1)
    qtbot.keyClick(opened, Qt.Key.Key_S)
    assert page.canvas.split == 0.5
    pictures.append(page.canvas.grab().toImage())
    qtbot.keyPress(page.canvas, Qt.Key.Key_B)
    pictures.append(page.canvas.grab().toImage())
    qtbot.keyRelease(page.canvas, Qt.Key.Key_B)
    assert all(a != b for i, a in enumerate(pictures) for b in pictures[:i])
    page.canvas.hovered.emit((0.99, 0.5))
    assert "100 %" in page.value.text()


def test_saves_all_three_at_full_size_with_exif(opened: Window, tmp_path: Path, qtbot: Any) -> None:
    page = opened.photo
    files = [tmp_path / name for name in ("ö.jpg", "ö_depth.png", "ö.npy")]
    for kind, file in zip(("result", "depth", "disparity"), files, strict=True):
        with qtbot.waitSignal(page.darkroom.saving.done, timeout=10_000):
            page.results.save(kind, file)
    with Image.open(files[0]) as image:
        assert image.size == (240, 180)
        assert image.getexif()[0x0110] == "Test camera"
    with Image.open(files[1]) as image:
        assert image.size == (240, 180)
    assert np.load(files[2]).shape == (180, 240)
    assert "Saved" in page.foot.message.text()


def test_an_input_is_never_overwritten(opened: Window, photo: Path, qtbot: Any) -> None:
    content = photo.read_bytes()
    with qtbot.waitSignal(opened.photo.darkroom.saving.failed, timeout=10_000):
        opened.photo.results.save("result", photo)
    assert photo.read_bytes() == content
    assert "input itself" in opened.photo.foot.message.text()


def test_a_result_on_the_clipboard_can_be_pasted(opened: Window, qtbot: Any, tools: Any) -> None:
    QGuiApplication.clipboard().clear()
    opened.photo.results.copy()
    qtbot.waitUntil(lambda: not QGuiApplication.clipboard().image().isNull(), timeout=5000)
    qtbot.keyClick(opened, Qt.Key.Key_V, Qt.KeyboardModifier.ControlModifier)
    qtbot.waitUntil(lambda: tools["rendered"](opened), timeout=5000)
    assert opened.photo.album.current.name == "pasted"
    assert opened.photo.album.current.photo.bgr.shape == (180, 240, 3)


def test_several_photos_share_the_blur(
    window: Window, photo: Path, tmp_path: Path, picture: Any, qtbot: Any, tools: Any
) -> None:
    other = tmp_path / "other.png"
    Image.fromarray(picture[::-1]).save(other)
    tools["drop"](window, [photo, other])
    page = window.photo
    qtbot.waitUntil(lambda: tools["rendered"](window), timeout=10_000)
    assert page.strip.isVisible()
    assert page.strip.count() == 2
    page.canvas.turned.emit(2)
    page.strip.setCurrentRow(1)
    qtbot.waitUntil(lambda: tools["rendered"](window), timeout=10_000)
    assert page.album.current.path == other
    assert page.album.current.look.defocus == page.album.documents[0].look.defocus
    folder = tmp_path / "out"
    with qtbot.waitSignal(page.darkroom.saving.done, timeout=10_000):
        page.results.save_all(folder)
    assert len(list(folder.iterdir())) == 6


def test_a_damaged_photo_does_not_keep_others_from_being_saved(
    opened: Window, photo: Path, tmp_path: Path, picture: Any, qtbot: Any, tools: Any
) -> None:
    damaged, other, folder = tmp_path / "damaged.png", tmp_path / "other.png", tmp_path / "out"
    damaged.write_bytes(b"not a photo")
    Image.fromarray(picture).save(other)
    opened.open_files([photo, damaged, other])
    page = opened.photo
    qtbot.waitUntil(lambda: tools["rendered"](opened), timeout=10_000)
    page.results.save_all(folder)
    qtbot.waitUntil(lambda: page.foot.message.text().startswith("Saved"), timeout=10_000)
    assert page.foot.message.text().endswith("damaged: damaged.png")
    assert len(list(folder.iterdir())) == 6


def test_undo_gives_every_photo_its_own_blur_back(
    window: Window, photo: Path, tmp_path: Path, picture: Any, qtbot: Any, tools: Any
) -> None:
    other = tmp_path / "other.png"
    Image.fromarray(picture[::-1]).save(other)
    window.open_files([photo, other])
    page = window.photo
    qtbot.waitUntil(lambda: tools["rendered"](window), timeout=10_000)
    page.panel.shared.click()
    page.canvas.turned.emit(2)
    looks = page.album.looks()
    blurs = [look.defocus.blur for look in looks.values()]
    assert blurs[0] > blurs[1]
    page.panel.shared.click()
    page.panel.looks.shape.button("hexagon").click()
    assert page.album.documents[1].look.defocus.blur == blurs[0]
    page.undo.undo()
    assert page.album.looks() == looks


def test_the_photo_is_seen_while_its_depth_is_made(
    window: Window, photo: Path, quick_depth: Any, qtbot: Any
) -> None:
    page = window.photo
    quick_depth.gate.clear()
    window.open_files([photo])
    qtbot.waitUntil(lambda: "depth network" in page.stage.text, timeout=5000)
    assert page.canvas.isVisible()
    assert page.canvas.has_picture
    assert page.stage.cancel.isVisible()
    quick_depth.gate.set()
    qtbot.waitUntil(lambda: page.stage.text == "", timeout=5000)


def test_saving_tells_how_far_it_is_and_can_be_given_up(
    opened: Window,
    photo: Path,
    tmp_path: Path,
    picture: Any,
    quick_depth: Any,
    qtbot: Any,
    tools: Any,
) -> None:
    page, folder = opened.photo, tmp_path / "out"
    others = [tmp_path / f"{number}.png" for number in range(3)]
    for other in others:
        Image.fromarray(picture).save(other)
    opened.open_files([photo, *others])
    qtbot.waitUntil(lambda: tools["rendered"](opened), timeout=10_000)
    quick_depth.gate.clear()
    page.results.save_all(folder)
    qtbot.waitUntil(lambda: "0.png: Loading the depth network" in page.foot.message.text())
    assert page.panel.cancel.isVisible()
    assert page.panel.bar.value() == 25
    qtbot.keyClick(opened, Qt.Key.Key_Escape)
    quick_depth.gate.set()
    assert "cancelled" in page.foot.message.text()
    assert not page.panel.cancel.isVisible()
    page.results.copy()  # its turn comes when the other work has ended
    qtbot.waitUntil(lambda: page.foot.message.text() == "Copied at full size", timeout=5000)
    assert {file.name.split("_")[0] for file in folder.iterdir()} == {photo.stem}


def test_the_keys_of_the_strip_go_from_photo_to_photo(
    window: Window, photo: Path, tmp_path: Path, picture: Any, qtbot: Any, tools: Any
) -> None:
    others = [tmp_path / f"{number}.png" for number in range(2)]
    for other in others:
        Image.fromarray(picture).save(other)
    window.open_files([photo, *others])
    page = window.photo
    qtbot.waitUntil(lambda: tools["rendered"](window), timeout=10_000)
    assert page.canvas.hasFocus()
    page.strip.setFocus()
    for index in (1, 2):
        qtbot.keyClick(page.strip, Qt.Key.Key_Right)
        qtbot.waitUntil(lambda: tools["rendered"](window), timeout=10_000)
        assert page.album.index == index
        assert page.strip.hasFocus()


@pytest.mark.parametrize("content", [b"", b"not a photo", b"\x89PNG\r\n\x1a\n" + bytes(40)])
def test_a_damaged_file_is_a_line_in_place(
    window: Window, tmp_path: Path, content: bytes, qtbot: Any, tools: Any
) -> None:
    file = tmp_path / "broken.png"
    file.write_bytes(content)
    tools["drop"](window, [file])
    qtbot.waitUntil(lambda: "cannot be shown" in window.photo.stage.text, timeout=5000)
    assert "broken.png" in window.photo.stage.text
    assert "Traceback" not in window.photo.stage.text
    assert " object at " not in window.photo.stage.text
    focus = window.focusWidget()
    assert focus is not None
    assert focus.accessibleName() == "Open photo"
    assert not window.photo.panel.save_result.isEnabled()
    assert window._settings.recent == []


def test_depth_that_is_being_made_can_be_cancelled(
    window: Window, photo: Path, quick_depth: Any, qtbot: Any, tools: Any
) -> None:
    quick_depth.gate.clear()
    window.open_files([photo])
    qtbot.waitUntil(lambda: "depth network" in window.photo.stage.text, timeout=5000)
    qtbot.mouseClick(window.photo.stage.cancel, LEFT)
    assert "No photo is open" in window.photo.stage.text
    quick_depth.gate.set()
    qtbot.wait(100)
    assert window.photo.album.current is None
    window.open_files([photo])
    qtbot.waitUntil(lambda: tools["rendered"](window), timeout=5000)


def test_closing_during_work_ends_it(
    window: Window, photo: Path, quick_depth: Any, qtbot: Any
) -> None:
    quick_depth.gate.clear()
    window.open_files([photo, photo])
    qtbot.waitUntil(lambda: "depth network" in window.photo.stage.text, timeout=5000)
    quick_depth.gate.set()
    begin_s = time.monotonic()
    window.close()
    assert time.monotonic() - begin_s < 5
    assert not window.isVisible()


def test_best_answers_at_once_and_is_given_up_for_what_is_newer(
    opened: Window, qtbot: Any, tools: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = opened.photo
    given_up, finished = [], []

    class Slow(Renderer):
        def render(self, bgr: Any, _disparity: Any, _focus: Any) -> Any:
            raise AssertionError("whoever waits for long work watches it")

        def render_watched(self, bgr: Any, _d: Any, _f: Any, progress: Any, _plate: Any = None):
            try:
                while not given_up:
                    progress(0.3)
                    time.sleep(0.01)
            except Exception:
                given_up.append(True)
                raise
            finished.append(True)
            return bgr.copy()

    def create(options: DefocusOptions) -> Renderer:
        return Slow() if options.renderer == "best" else create_renderer(options)

    monkeypatch.setattr("streamdefocus.app.work.darkroom.create_renderer", create)
    page.panel.looks.renderer.setCurrentIndex(page.panel.looks.renderer.findData("best"))
    qtbot.waitUntil(lambda: page.foot.message.text() == "Rendering at full size: 30%", timeout=5000)
    assert page._rendered.look.defocus.renderer == "best"
    page.canvas.clicked.emit(0.9, 0.5)
    qtbot.waitUntil(lambda: bool(given_up), timeout=5000)
    qtbot.waitUntil(lambda: bool(finished), timeout=5000)


def _wheel(canvas: Any, at: QPoint, delta: int, keys: Any = None) -> None:
    event = QWheelEvent(
        QPointF(at),
        QPointF(canvas.mapToGlobal(at)),
        QPoint(),
        QPoint(0, delta),
        Qt.MouseButton.NoButton,
        keys or Qt.KeyboardModifier.NoModifier,
        Qt.ScrollPhase.NoScrollPhase,
        False,
    )
    QGuiApplication.sendEvent(canvas, event)
