"""What every sink guarantees (streamdefocus.sinks.base).

A new sink joins by a row in SINKS: a name, a function that makes one which writes into a folder,
and one that says how many frames its result holds. A sink that keeps pixels on purpose says so.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import av
import media
import numpy as np
import pytest

from streamdefocus.config import VideoOptions
from streamdefocus.errors import OutputError
from streamdefocus.frames import Frame
from streamdefocus.sinks import MemorySink, NullSink, Sink, VideoSink

COUNT = 6


@dataclass(frozen=True)
class Row:
    make: Callable[[Path], Sink]
    count: Callable[[Sink, Path], int]
    keeps_pixels: bool = False


def _video(name: str, codec: str | None = None) -> Row:
    def make(folder: Path) -> Sink:
        return VideoSink(folder / name, options=VideoOptions(codec=codec, preset="ultrafast"))

    def count(_: Sink, folder: Path) -> int:
        with av.open(str(folder / name)) as container:
            return sum(1 for _ in container.decode(video=0))

    return Row(make, count)


SINKS = {
    "memory": Row(
        lambda _: MemorySink(), lambda sink, _: len(getattr(sink, "frames", [])), keeps_pixels=True
    ),
    "null": Row(lambda _: NullSink(), lambda sink, _: getattr(sink, "count", 0)),
    "mp4": _video("out.mp4"),
    "mov, hevc": _video("out.mov", "hevc"),
    "mkv, ffv1": _video("out.mkv", "ffv1"),
    "webm": _video("out.webm"),
    "mp4, av1": _video("out.mp4", "av1"),
}


@pytest.fixture(params=SINKS.values(), ids=list(SINKS))
def row(request: pytest.FixtureRequest) -> Row:
    return request.param


def frames(count: int = COUNT) -> list[Frame]:
    pictures = media.moving(count, 64, 64)
    return [Frame(bgr, i, i, Fraction(1, 25), 1) for i, bgr in enumerate(pictures)]


def test_every_frame_is_in_the_result(row: Row, tmp_path: Path) -> None:
    with row.make(tmp_path) as sink:
        for frame in frames():
            sink.write(frame)
    assert row.count(sink, tmp_path) == COUNT


def test_one_frame_is_enough(row: Row, tmp_path: Path) -> None:
    with row.make(tmp_path) as sink:
        sink.write(frames(1)[0])
    assert row.count(sink, tmp_path) == 1


def test_frames_are_not_changed(row: Row, tmp_path: Path) -> None:
    given = frames()
    copies = [frame.bgr.copy() for frame in given]
    with row.make(tmp_path) as sink:
        for frame in given:
            frame.bgr.setflags(write=False)
            sink.write(frame)
    for frame, copy in zip(given, copies, strict=True):
        np.testing.assert_array_equal(frame.bgr, copy)


def test_pixels_may_change_after_they_were_written(row: Row, tmp_path: Path) -> None:
    if row.keeps_pixels:
        pytest.skip("keeps pixels on purpose")
    results = []
    for is_spoilt in (False, True):
        folder = tmp_path / str(is_spoilt)
        folder.mkdir()
        with row.make(folder) as sink:
            for frame in frames():
                sink.write(frame)
                if is_spoilt:
                    frame.bgr[:] = 0
        results.append([path.stat().st_size for path in folder.iterdir()])
    assert results[0] == results[1]


def test_closing_twice_and_discarding_afterwards(row: Row, tmp_path: Path) -> None:
    sink = row.make(tmp_path)
    for frame in frames():
        sink.write(frame)
    sink.close()
    sink.close()
    sink.discard()
    assert row.count(sink, tmp_path) == COUNT


def test_a_closed_sink_takes_no_more(row: Row, tmp_path: Path) -> None:
    sink = row.make(tmp_path)
    sink.write(frames(1)[0])
    sink.close()
    with pytest.raises(OutputError, match="closed"):
        sink.write(frames(1)[0])


def test_discarding_leaves_nothing(row: Row, tmp_path: Path) -> None:
    sink = row.make(tmp_path)
    sink.write(frames(1)[0])
    sink.discard()
    sink.discard()
    sink.close()
    assert list(tmp_path.iterdir()) == []


def test_discarding_before_the_first_frame_leaves_nothing(row: Row, tmp_path: Path) -> None:
    row.make(tmp_path).discard()
    assert list(tmp_path.iterdir()) == []


def test_an_exception_discards(row: Row, tmp_path: Path) -> None:
    with pytest.raises(KeyboardInterrupt), row.make(tmp_path) as sink:
        sink.write(frames(1)[0])
        raise KeyboardInterrupt
    assert list(tmp_path.iterdir()) == []
