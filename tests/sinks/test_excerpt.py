"""A part of a video file: its frames, its sound and its chapters, from zero."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import av
import media
import numpy as np
import pytest

from streamdefocus.config import VideoOptions
from streamdefocus.errors import InputError
from streamdefocus.sinks import VideoSink
from streamdefocus.sources import open_source

RATE = 25
FRAMES = 100
BEEP_S = 2.0
MS = Fraction(1, 1000)
CHAPTERS = ((0, 1000, "one"), (1000, 3000, "two"), (3000, 4000, "three"))


@pytest.fixture(params=[".mkv", ".mp4"])
def source(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    return media.write_video(
        tmp_path / f"in{request.param}",
        media.moving(FRAMES),
        time_base=Fraction(1, RATE),
        rate=Fraction(RATE),
        sounds=[media.Sound(media.beep(BEEP_S, FRAMES / RATE), 48_000)],
        chapters=[
            {"id": n, "start": a, "end": b, "time_base": MS, "metadata": {"title": title}}
            for n, (a, b, title) in enumerate(CHAPTERS)
        ],
    )


def cut(source: Path, target: Path, start_s: float, end_s: float | None) -> Path:
    fast = VideoOptions(preset="ultrafast", quality=4)
    with open_source(source, start_s, end_s) as reader, VideoSink(target, reader, fast) as writer:
        for frame in reader:
            writer.write(frame)
    return target


def test_an_excerpt_has_its_frames_alone(source: Path) -> None:
    with open_source(source) as whole:
        frames = list(whole)
    with open_source(source, 1.0, 3.0) as reader:
        excerpt = list(reader)
        assert reader.info.frame_count == 50
        assert reader.first_s == frames[0].time_s
        assert not reader.is_exhausted
    assert [frame.index for frame in excerpt] == list(range(50))
    assert [frame.time_s for frame in excerpt] == [frame.time_s for frame in frames[25:75]]
    for got, wanted in zip(excerpt, frames[25:75], strict=True):
        assert np.array_equal(got.bgr, wanted.bgr)


def test_bounds_are_those_of_the_nearest_frames(source: Path) -> None:
    with open_source(source, 0.0401, 0.1199) as reader:
        assert [round(frame.time_s, 3) for frame in reader] == [0.04, 0.08]


def test_what_is_written_begins_at_zero_and_ends_with_its_sound(
    source: Path, tmp_path: Path
) -> None:
    target = cut(source, tmp_path / f"out{source.suffix}", 1.0, 3.0)
    with av.open(str(target)) as container:
        times = [float(f.pts * f.time_base) for f in container.decode(video=0)]
    assert times == pytest.approx([n / RATE for n in range(50)], abs=1e-3)
    assert media.beep_time_s(target) == pytest.approx(BEEP_S - 1.0, abs=0.03)
    with av.open(str(target)) as container:
        sound = [p for p in container.demux(container.streams.audio[0]) if p.size]
        ends_s = [float((p.pts + p.duration) * p.time_base) for p in sound]
    assert float(sound[0].pts * sound[0].time_base) == pytest.approx(0, abs=0.03)
    assert ends_s[-1] == pytest.approx(2.0, abs=0.06)


def test_an_open_end_keeps_all_sound_that_is_left(source: Path, tmp_path: Path) -> None:
    before, after = (_sound(f) for f in (source, cut(source, tmp_path / "out.mkv", 1.0, None)))
    assert after == before[-len(after) :]
    assert len(after) / len(before) == pytest.approx(0.75, abs=0.03)


def test_chapters_move_with_the_pictures(source: Path, tmp_path: Path) -> None:
    target = cut(source, tmp_path / "out.mkv", 1.48, None)
    with av.open(str(target)) as container:
        found = [
            (float(c["start"] * c["time_base"]), c["metadata"]["title"])
            for c in container.chapters()
        ]
    assert found == [(0.0, "two"), (pytest.approx(1.52, abs=0.01), "three")]


@pytest.mark.parametrize(("start_s", "end_s"), [(2.0, 1.0), (9.0, None), (-1.0, None), (0.0, 0.0)])
def test_an_impossible_excerpt_is_one_line(
    source: Path, start_s: float, end_s: float | None
) -> None:
    with pytest.raises(InputError, match=r"lasts 4\.0 s|start must lie before"):
        open_source(source, start_s, end_s)


def test_winding_goes_to_any_moment(source: Path) -> None:
    with open_source(source) as video:
        list(video)
        for time_s in (3.0, 0.0, 1.52):
            video.seek(time_s)
            frames = list(video)
            assert frames[0].time_s <= video.first_s + time_s
            assert any(abs(f.time_s - video.first_s - time_s) < 1e-3 for f in frames)


def _sound(path: Path) -> list[bytes]:
    with av.open(str(path)) as container:
        return [bytes(p) for p in container.demux(container.streams.audio[0]) if p.size]
