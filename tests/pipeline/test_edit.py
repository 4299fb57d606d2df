"""Keyframes and the part that is kept, and their file."""

from __future__ import annotations

from pathlib import Path

import pytest

from streamdefocus.errors import InputError, OutputError
from streamdefocus.pipeline import Edit, Keyframe, load_edit, sidecar


def test_keyframes_stay_in_order_and_on_disk(tmp_path: Path) -> None:
    video = tmp_path / "Käse 사진.mp4"
    edit = Edit().put(2.0, "auto").put(1.0, "0.1,0.2").put(2.01, "centre")
    edit.from_s(0.5).until_s(2.5).save(video)
    again = load_edit(video)
    assert again == Edit((Keyframe(1.0, "0.1,0.2"), Keyframe(2.01, "centre")), 0.5, 2.5)
    Edit().save(video)
    assert not sidecar(video).exists()
    assert load_edit(video) == Edit()


def test_the_active_keyframe_is_the_last_one_or_the_first() -> None:
    edit = Edit().put(1.0, "auto").put(2.0, "centre")
    for time_s, focus in ((0.0, "auto"), (1.5, "auto"), (2.0, "centre"), (9.0, "centre")):
        active = edit.active(time_s)
        assert active is not None
        assert active.focus == focus
    assert Edit().active(1) is None


def test_keyframes_are_found_moved_and_removed() -> None:
    edit = Edit().put(1.0, "auto").put(2.0, "centre")
    first, second = edit.keyframes
    assert edit.nearest(1.9, 0.2) == second
    assert edit.nearest(1.5, 0.2) is None
    assert edit.neighbour(1.0, 1) == second
    assert edit.neighbour(1.0, -1) is None
    assert edit.moved(first, 3.0).keyframes == (second, Keyframe(3.0, "auto"))
    assert edit.moved(second, -1.0).keyframes == (Keyframe(0.0, "centre"), first)
    assert edit.moved(first, 2.02).keyframes == (Keyframe(2.02, "auto"),)
    assert edit.without(first).keyframes == (second,)


def test_start_and_end_never_cross() -> None:
    part = Edit().from_s(1.0).until_s(2.0)
    assert (part.start_s, part.end_s) == (1.0, 2.0)
    later, earlier = part.from_s(3.0), part.until_s(0.5)
    assert (later.start_s, later.end_s) == (3.0, None)
    assert (earlier.start_s, earlier.end_s) == (None, 0.5)
    assert part.from_s(None).until_s(None) == Edit()


def test_a_file_from_before_there_were_parts_is_read(tmp_path: Path) -> None:
    video = tmp_path / "talk.mp4"
    sidecar(video).write_text('{"version": 1, "keyframes": [{"time_s": 1, "focus": "auto"}]}')
    assert load_edit(video) == Edit((Keyframe(1.0, "auto"),))


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        '{"keyframes": [{"time_s": 1, "focus": "nowhere"}]}',
        '{"keyframes": [{"time_s": -1, "focus": "auto"}]}',
        '{"keyframes": [{"time_s": NaN, "focus": "auto"}]}',
        '{"keyframes": [], "start_s": 2, "end_s": 1}',
    ],
)
def test_what_cannot_be_read_is_one_line(tmp_path: Path, text: str) -> None:
    video = tmp_path / "talk.mp4"
    sidecar(video).write_text(text)
    with pytest.raises(InputError, match="keyframes"):
        load_edit(video)


def test_a_folder_that_cannot_be_written_to(tmp_path: Path) -> None:
    with pytest.raises(OutputError, match="cannot write"):
        Edit().put(1.0, "auto").save(tmp_path / "missing" / "talk.mp4")
