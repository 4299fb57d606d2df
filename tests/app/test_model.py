"""What the app knows; no Qt needed."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from streamdefocus.app.model.album import Album, Document
from streamdefocus.app.model.look import Look, share_of
from streamdefocus.app.model.recent import is_video, photos_in, with_recent
from streamdefocus.app.model.viewport import MOST_ZOOM, Viewport
from streamdefocus.config import parse_focus
from streamdefocus.frames import DisparityMap, Frame


def test_a_look_is_always_a_valid_focus() -> None:
    assert Look().at(1.7, -3).place == (1.0, 0.0)
    assert parse_focus(Look().at_share(2).focus.focus) == ("disparity", (1.0,))
    assert Look().place == (0.5, 0.5)
    assert Look().focused("auto").place is None


def test_the_wheel_stays_within_bounds() -> None:
    look = Look()
    assert look.with_blur_steps(1).defocus.blur > look.defocus.blur
    assert look.with_blur_steps(1000).defocus.blur == 10
    assert look.with_blur_steps(-1000).defocus.blur > 0


def test_the_plane_of_a_still_picture() -> None:
    ramp = np.tile(np.linspace(0, 1, 64, dtype=np.float32), (32, 1))
    disparity = DisparityMap(ramp, 0.0, 1.0)
    frame = Frame(np.zeros((32, 64, 3), np.uint8))
    assert share_of(Look().at(0.9, 0.5).plane(frame, disparity), disparity) == pytest.approx(
        0.9, abs=0.06
    )
    assert share_of(Look().at_share(0.25).plane(frame, disparity), disparity) == pytest.approx(0.25)


def test_zoom_keeps_the_point_under_the_cursor() -> None:
    view = Viewport(widget_px=(800, 600), image_px=(4000, 3000))
    before = view.image_point(300, 200)
    view.zoom_at(300, 200, 4)
    after = view.image_point(300, 200)
    assert before == pytest.approx(after)
    view.pan(1e6, 1e6)
    assert view.image_point(0, 0) == pytest.approx((0, 0))
    view.zoom_at(0, 0, 1e9)
    assert view.zoom == MOST_ZOOM
    view.fit()
    assert view.rect() == pytest.approx((0, 0, 800, 600))


def test_points_beside_the_picture_are_none() -> None:
    view = Viewport(widget_px=(800, 600), image_px=(100, 100))
    assert view.image_point(1, 300) is None
    assert view.widget_point(*view.image_point(400, 300) or (0, 0)) == pytest.approx((400, 300))


def test_the_blur_is_shared_and_the_focus_is_not() -> None:
    album = Album()
    one, two = Document("one"), Document("two")
    album.open([one, two])
    album.wear(album.looks_with(one, Look().at(0.1, 0.2).with_defocus(blur=5.0)))
    assert two.look.defocus.blur == 5.0
    assert two.look.focus.focus == "centre"
    album.shared = False
    album.wear(album.looks_with(one, one.look.with_defocus(blur=1.0)))
    assert two.look.defocus.blur == 5.0
    album.shared, before = True, album.looks()
    album.wear(album.looks_with(one, one.look.with_defocus(blur=2.0)))
    assert two.look.defocus.blur == 2.0
    album.wear(before)
    assert (one.look.defocus.blur, two.look.defocus.blur) == (1.0, 5.0)


def test_recent_files_are_few_and_unique(tmp_path: Path) -> None:
    paths: list[Path] = []
    for number in range(12):
        paths = with_recent(paths, tmp_path / f"{number}.png")
    paths = with_recent(paths, tmp_path / "9.png")
    assert paths[0].name == "9.png"
    assert len(paths) == len(set(paths)) == 8


def test_a_folder_stands_for_its_photos(tmp_path: Path) -> None:
    for name in ("b.jpg", "a.png", "notes.txt", "talk.mp4"):
        (tmp_path / name).touch()
    found = photos_in([tmp_path, tmp_path / "talk.mp4", Path("c")])
    assert [p.name for p in found] == ["a.png", "b.jpg", "c"]
    assert is_video(Path("Film.MP4"))


def test_results_of_several_photos_overwrite_nothing(tmp_path: Path) -> None:
    pytest.importorskip("PySide6")
    from streamdefocus.app.work.saving import stems_of

    names = ["cat.jpg", "cat.png", "cat.png", "dog.jpg", "dog_depth.png"]
    inputs = {tmp_path / name for name in names}
    stems = stems_of(names, tmp_path, inputs)
    assert [s.name for s in stems] == ["cat", "cat_png", "cat-2", "dog_jpg", "dog_depth"]
    assert stems_of(["dog.jpg"], tmp_path / "out", inputs) == [tmp_path / "out" / "dog"]
