"""What every source guarantees (streamdefocus.sources.base).

A new source joins by a row in SOURCES: a name and a function that makes one in a folder, with at
least FRAMES frames.
"""

from __future__ import annotations

import itertools
import threading
from collections.abc import Callable
from pathlib import Path

import media
import numpy as np
import pytest
import toys

from streamdefocus.sources import VideoSource
from streamdefocus.sources.base import Source
from streamdefocus.sources.camera import CameraSource
from streamdefocus.sources.playback import Playback
from streamdefocus.sources.synthetic import SyntheticSource

FRAMES = 10


def _video(folder: Path) -> Source:
    return VideoSource(media.write_video(folder / "video.mp4", media.moving(FRAMES)))


def _turned_video(folder: Path) -> Source:
    tags = media.Tags(rotation=90)
    return VideoSource(media.write_video(folder / "v.mp4", media.moving(FRAMES), tags=tags))


def _camera(_folder: Path) -> Source:
    return CameraSource(patience=toys.QUICK, system=toys.ToyCamera().system)


SOURCES: dict[str, Callable[[Path], Source]] = {
    "video": _video,
    "turned video": _turned_video,
    "synthetic": lambda _: SyntheticSource(64, 48, frames=FRAMES),
    "synthetic, live": lambda _: SyntheticSource(64, 48, frame_rate=200, frames=None, live=True),
    "video as a camera": lambda folder: Playback(lambda: _video(folder)),
    "camera": _camera,
    "camera, mirrored": lambda _: CameraSource(
        mirror=True, patience=toys.QUICK, system=toys.ToyCamera().system
    ),
}


@pytest.fixture(params=SOURCES.values(), ids=list(SOURCES))
def source(request: pytest.FixtureRequest, tmp_path: Path) -> Source:
    return request.param(tmp_path)


def test_frames_come_in_order_and_have_the_stated_size(source: Source) -> None:
    with source:
        frames = list(itertools.islice(source, FRAMES))
    assert [frame.index for frame in frames] == list(range(FRAMES))
    times = [frame.pts * frame.time_base for frame in frames]
    assert times == sorted(times)
    assert {frame.size_px for frame in frames} == {(source.info.width, source.info.height)}
    assert all(frame.bgr.flags.c_contiguous for frame in frames)


def test_pixels_stay_as_they_were_handed_out(source: Source) -> None:
    with source:
        frames = iter(source)
        kept = [next(frames) for _ in range(3)]
        copies = [frame.bgr.copy() for frame in kept]
        for _ in itertools.islice(frames, FRAMES - 3):
            pass
        for frame, copy in zip(kept, copies, strict=True):
            np.testing.assert_array_equal(frame.bgr, copy)


def test_a_second_iteration_continues(source: Source) -> None:
    with source:
        first = [frame.index for frame in itertools.islice(source, 3)]
        second = [frame.index for frame in itertools.islice(source, 3)]
    assert first + second == list(range(6))


def test_the_number_of_frames_is_about_what_was_stated(source: Source) -> None:
    with source:
        if source.info.frame_count is None:
            assert source.info.live
            return
        assert sum(1 for _ in source) == pytest.approx(source.info.frame_count, abs=1)
        assert list(source) == []


def test_closing_ends_the_iteration(source: Source) -> None:
    frames = iter(source)
    next(frames)
    source.close()
    source.close()
    assert list(itertools.islice(frames, FRAMES)) == []
    assert list(itertools.islice(source, FRAMES)) == []


def test_closing_before_the_first_frame(source: Source) -> None:
    source.close()
    assert list(itertools.islice(source, 1)) == []


def test_closing_from_another_thread(source: Source) -> None:
    started = threading.Event()
    seen = []

    def read() -> None:
        for frame in source:
            seen.append(frame.index)
            started.set()

    reader = threading.Thread(target=read, name="streamdefocus-test-reader")
    reader.start()
    assert started.wait(10)
    source.close()
    reader.join(10)
    assert not reader.is_alive()
    assert seen == list(range(len(seen)))
