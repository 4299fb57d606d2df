"""What is painted into the window, without any window."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from streamdefocus.frames import DisparityMap, FocusPlane, Frame, View
from streamdefocus.sinks.viewer import FocusMark, Quit, Snapshot, Status
from streamdefocus.sinks.viewer.actions import Back, ToggleDisparity, ToggleHelp, ToggleHud
from streamdefocus.sinks.viewer.painter import Painter, disparity_picture, text_size_px
from streamdefocus.sinks.viewer.text import Cell, panel, text_width, wrap
from streamdefocus.sinks.viewer.viewer import Scene, Viewer, figures

CANVAS = (640, 480)
FULL = Status(29.97, 41.2, 3, "compact", "openvino", 1.8, "disc", 0.6, "centre")
LATER_S = 60.0


def grey_view(value: int = 90, width: int = 320, height: int = 240) -> View:
    disparity = np.tile(np.linspace(0.0, 0.2, 64, dtype=np.float32), (32, 1))
    bgr = np.full((height, width, 3), value, np.uint8)
    return View(Frame(bgr), DisparityMap(disparity, 0.0, 0.2), FocusPlane(0.1, 0.02))


def words(scene: Scene) -> str:
    return " ".join(cell.text for row in (*scene.hud, *scene.help) for cell in row)


def test_the_figures_are_shown_and_can_be_turned_off() -> None:
    viewer = Viewer()
    assert "30.0 fps" in words(viewer.scene(FULL, CANVAS, 0))
    for part in ("41 ms", "3 dropped", "compact", "openvino", "1.8 %", "disc", "0.60", "centre"):
        assert part in words(viewer.scene(FULL, CANVAS, 0))
    assert viewer.obey(ToggleHud()) is None
    assert viewer.scene(FULL, CANVAS, 0).hud == ()


def test_what_is_not_known_is_not_shown() -> None:
    assert Viewer().scene(Status(), CANVAS, 0).hud == ()
    assert [cell.text for row in figures(Status(dropped=0)) for cell in row] == ["0 dropped"]


def test_figures_hold_still_long_enough_to_be_read() -> None:
    viewer = Viewer()
    first = viewer.scene(FULL, CANVAS, 10.0)
    assert viewer.scene(replace(FULL, fps=12.0), CANVAS, 10.2).hud == first.hud
    assert "12.0 fps" in words(viewer.scene(replace(FULL, fps=12.0), CANVAS, 10.3))


def test_settings_follow_at_once() -> None:
    viewer = Viewer()
    viewer.scene(FULL, CANVAS, 10.0)
    assert "2.5 %" in words(viewer.scene(replace(FULL, blur=2.5), CANVAS, 10.01))


def test_the_help_names_all_keys_and_back_leaves_it() -> None:
    viewer = Viewer()
    viewer.obey(ToggleHelp())
    assert "double click" in words(viewer.scene(FULL, CANVAS, 0))
    assert viewer.obey(Back()) is None
    assert viewer.scene(FULL, CANVAS, 0).help == ()
    assert viewer.obey(Back()) == Quit()


def test_quitting_quits_even_while_the_help_is_shown() -> None:
    viewer = Viewer()
    viewer.obey(ToggleHelp())
    assert viewer.obey(Quit()) == Quit()


def test_other_actions_are_for_the_program() -> None:
    assert Viewer().obey(Snapshot()) == Snapshot()


def test_a_toast_goes_by_itself() -> None:
    viewer = Viewer()
    viewer.toast("saved", 10.0)
    assert viewer.scene(FULL, CANVAS, 11.0).toast == "saved"
    assert viewer.scene(FULL, CANVAS, 12.0).toast == ""


def test_a_hint_is_shown_in_the_beginning_only() -> None:
    viewer = Viewer()
    assert "help" in viewer.scene(FULL, CANVAS, 0.0).toast
    assert viewer.scene(FULL, CANVAS, LATER_S).toast == ""


def test_a_mark_glows_when_it_is_set_and_not_while_it_is_carried() -> None:
    viewer, mark = Viewer(), FocusMark(0.5, 0.5)
    assert viewer.scene(FULL, CANVAS, 0).glow == 0
    assert viewer.scene(replace(FULL, mark=mark), CANVAS, 1.0).glow == 1
    assert viewer.scene(replace(FULL, mark=mark), CANVAS, 3.0).glow == 0
    following = replace(mark, following=True)
    assert viewer.scene(replace(FULL, mark=following), CANVAS, 4.0).glow == 1
    moved = replace(following, x=0.6)
    assert viewer.scene(replace(FULL, mark=moved), CANVAS, 6.0).glow == 0


def test_scenes_are_equal_while_nothing_changes() -> None:
    viewer = Viewer()
    viewer.scene(FULL, CANVAS, 0.0)
    assert viewer.scene(FULL, CANVAS, LATER_S) == viewer.scene(FULL, CANVAS, LATER_S + 0.01)


def test_the_picture_fills_its_pane_and_the_rest_is_dark() -> None:
    canvas, layout = Painter().paint(grey_view(90), Scene((800, 480)))
    (pane,) = layout.panes
    assert canvas.shape == (480, 800, 3)
    assert (canvas[pane.slices] == 90).all()
    assert (canvas[:, : pane.left] < 30).all()
    assert (canvas[:, pane.left + pane.width :] < 30).all()


def test_a_view_is_not_changed_by_what_is_painted_over_it() -> None:
    view = grey_view(90, *CANVAS)
    scene = Viewer().scene(replace(FULL, mark=FocusMark(0.5, 0.5)), CANVAS, 0)
    canvas, _ = Painter().paint(view, scene)
    assert not (canvas == 90).all()
    assert (view.frame.bgr == 90).all()


def test_nothing_of_the_last_picture_stays() -> None:
    painter = Painter()
    painter.paint(grey_view(250), Scene(CANVAS, toast="x" * 30, message="y" * 30))
    first = painter.paint(grey_view(90), Scene((800, 480)))[0].copy()
    painter.paint(grey_view(250, 240, 320), Scene((800, 480), toast="gone"))
    np.testing.assert_array_equal(painter.paint(grey_view(90), Scene((800, 480)))[0], first)


def test_disparity_lies_beside_the_image() -> None:
    canvas, layout = Painter().paint(grey_view(90), Scene(CANVAS, disparity_beside=True))
    image, disparity = layout.panes
    assert (canvas[image.slices] == 90).all()
    brightness = canvas[disparity.slices].mean(axis=(0, 2))
    assert brightness[-5:].mean() > brightness[:5].mean() + 60


def test_before_the_first_disparity_its_pane_is_empty() -> None:
    view = View(grey_view().frame)
    canvas, layout = Painter().paint(view, Scene(CANVAS, disparity_beside=True))
    assert (canvas[layout.panes[1].slices] < 30).all()


def test_what_is_in_focus_is_green_in_the_disparity() -> None:
    view = grey_view()
    assert view.disparity is not None
    picture = disparity_picture(view.disparity, view.focus, (200, 100)).astype(int)
    green = (picture[..., 1] > picture[..., 0] + 50) & (picture[..., 1] > picture[..., 2] + 30)
    columns = np.flatnonzero(green.all(axis=0)) / 200
    assert columns.min() == pytest.approx(0.4, abs=0.03)
    assert columns.max() == pytest.approx(0.6, abs=0.03)


@pytest.mark.parametrize("place", [(0.3, 0.7), (0.0, 0.0), (1.0, 1.0), (-0.2, 1.3)])
@pytest.mark.parametrize("panes", [False, True])
def test_the_mark_is_a_ring_around_its_place(place: tuple[float, float], panes: bool) -> None:
    mark = FocusMark(*place, following=True)
    view = grey_view(90)
    with_mark, layout = Painter().paint(view, Scene(CANVAS, panes, mark=mark))
    without, _ = Painter().paint(view, Scene(CANVAS, panes))
    rows, columns = np.nonzero((with_mark != without).any(axis=2))
    pane = layout.panes[0]
    x, y = pane.left + place[0] * pane.width, pane.top + place[1] * pane.height
    in_first = columns < pane.left + pane.width + 1 if panes else columns >= 0
    far = np.hypot(columns[in_first] - x, rows[in_first] - y)
    assert far.size == 0 or far.max() < 0.09 * pane.height
    if 0 < place[0] < 1:
        assert np.abs(columns[in_first].mean() - x) < 1
        assert np.abs(rows[in_first].mean() - y) < 1


def test_nothing_to_show_yet_is_said() -> None:
    canvas, _ = Painter().paint(None, Scene(CANVAS, message="waiting for the camera"))
    assert canvas[200:260].max() > 200


@pytest.mark.parametrize("canvas_px", [(320, 240), (640, 480), (1280, 720), (1920, 1080)])
def test_all_panels_lie_inside_the_canvas(canvas_px: tuple[int, int]) -> None:
    viewer = Viewer()
    viewer.obey(ToggleHelp())
    viewer.obey(ToggleDisparity())
    long = "depth failed, everything is blurred: the network and its engine do not agree"
    viewer.toast(f"not saved: {long}", 0)
    status = replace(FULL, recording=True, message=long)
    scene = viewer.scene(status, canvas_px, 0)
    canvas, _ = Painter().paint(None, scene)
    assert canvas.max() > 200
    border = np.concatenate([canvas[0], canvas[-1], canvas[:, 0], canvas[:, -1]])
    assert border.max() < 60


@pytest.mark.parametrize(
    ("canvas_px", "least", "most"),
    [((640, 480), 12, 14), ((1920, 1080), 22, 27), ((99, 99), 8, 12)],
)
def test_text_is_legible(canvas_px: tuple[int, int], least: int, most: int) -> None:
    assert least <= text_size_px(canvas_px) <= most


def test_a_panel_is_as_wide_as_its_text_needs() -> None:
    short, long = panel(((Cell("a"),),), 16), panel(((Cell("a, but longer"),),), 16)
    assert long.size_px[0] - short.size_px[0] == text_width("a, but longer", 16) - text_width(
        "a", 16
    )
    assert long.size_px[1] == short.size_px[1]


def test_sentences_are_broken_between_words() -> None:
    sentence = "waiting for the camera to come back"
    lines = [cell.text for (cell,) in wrap(sentence, 20, 180)]
    assert " ".join(lines) == sentence
    assert len(lines) > 1
    assert panel(wrap(sentence, 20, 180), 20).size_px[0] <= 180
    assert [cell.text for (cell,) in wrap("indivisible", 20, 10)] == ["indivisible"]
    assert wrap("", 20, 100) == ()


def test_a_panel_is_drawn_once() -> None:
    rows = ((Cell("the same"),),)
    assert panel(rows, 16) is panel(rows, 16)


def test_white_text_is_readable_on_a_white_wall() -> None:
    canvas = np.full((60, 300, 3), 255, np.uint8)
    panel(((Cell("hello"),),), 20).stamp(canvas, 10, 5)
    paper = canvas[8, 40]
    assert paper.max() < 120
    assert canvas[5:45, 10:80].max() > 235
    assert (canvas[:, 200:] == 255).all()


def test_a_patch_that_sticks_out_is_cut_off() -> None:
    canvas = np.full((40, 40, 3), 255, np.uint8)
    patch = panel(((Cell("much too long for this"),),), 20)
    patch.stamp(canvas, 20, 30)
    patch.stamp(canvas, -30, -10)
    patch.stamp(canvas, 100, 100)
    assert canvas.min() < 200
