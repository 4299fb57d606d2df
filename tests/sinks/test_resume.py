"""A video that is interrupted and gone on with."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from media import tone, write_video

from streamdefocus.config import VideoOptions
from streamdefocus.errors import OutputError
from streamdefocus.frames import Frame
from streamdefocus.sinks import VideoSink
from streamdefocus.sources import VideoSource

COUNT = 120
TITLE = {"source": "a video", "options": {"blur": 2}}


@pytest.fixture
def source(tmp_path: Path) -> Path:
    """Frames at uneven times, of cuts that make key frames, with sound."""
    pictures = []
    for index in range(COUNT):
        rng = np.random.default_rng(index // 10)
        pictures.append(rng.integers(0, 255, (48, 64, 3), np.uint8))
    times = [2 * index + (index % 3 == 0) for index in range(COUNT)]
    base = Fraction(1, 50)
    return write_video(tmp_path / "in.mp4", pictures, pts=times, time_base=base, sounds=[tone(4.8)])


def copy(source: Path, out: Path, stop_at: int | None = None, title: object = TITLE) -> int:
    """Copy a video, or as much of it as an interruption allows; returns what was done before."""
    with VideoSource(source) as reader:
        sink = VideoSink(out, reader, VideoOptions(), title)  # type: ignore[arg-type]
        done = sink.done
        with sink:
            for frame in reader:
                if frame.index == stop_at:
                    sink.discard()
                    return done
                # What was encoded earlier need not be rendered again, whatever it looks like.
                spoilt = frame.index < done
                sink.write(frame.with_bgr(np.zeros_like(frame.bgr)) if spoilt else frame)
    return done


def contents(path: Path) -> tuple[list[Fraction], list[np.ndarray], list[int | None]]:
    with VideoSource(path) as reader:
        frames = list(reader)
    with av.open(str(path)) as container:
        sound = [packet.pts for packet in container.demux(audio=0) if packet.size]
    return [f.pts * f.time_base for f in frames], [f.bgr for f in frames], sound


def test_an_interrupted_video_is_gone_on_with(tmp_path: Path, source: Path) -> None:
    whole, out = tmp_path / "whole.mp4", tmp_path / "out.mp4"
    copy(source, whole)
    assert copy(source, out, stop_at=75) == 0
    assert not out.exists()
    done = copy(source, out, stop_at=110)
    assert 0 < done < 75
    again = copy(source, out)
    assert done <= again < 110
    times, pictures, sound = contents(out)
    expected_times, expected_pictures, expected_sound = contents(whole)
    assert times == expected_times
    assert sound == expected_sound
    for picture, expected in zip(pictures, expected_pictures, strict=True):
        assert np.abs(picture.astype(int) - expected).mean() < 12  # noise, compressed twice apart
    assert sorted(p.name for p in tmp_path.iterdir()) == ["in.mp4", "out.mp4", "whole.mp4"]


def test_a_journal_that_ends_in_the_middle_of_a_record_is_cut(tmp_path: Path, source: Path) -> None:
    out = tmp_path / "out.mp4"
    copy(source, out, stop_at=100)
    journal = tmp_path / ".out.mp4.journal"
    journal.write_bytes(journal.read_bytes()[:-7])
    copy(source, out)
    assert len(contents(out)[0]) == COUNT


def test_other_options_start_anew(
    tmp_path: Path, source: Path, caplog: pytest.LogCaptureFixture
) -> None:
    out = tmp_path / "out.mp4"
    copy(source, out, stop_at=100)
    assert copy(source, out, title={"source": "another"}) == 0
    assert "starting anew" in caplog.text
    assert len(contents(out)[0]) == COUNT


def test_without_a_title_nothing_is_kept(tmp_path: Path, source: Path) -> None:
    copy(source, tmp_path / "out.mp4", stop_at=100, title=None)
    assert [p.name for p in tmp_path.iterdir()] == ["in.mp4"]


def test_a_wrong_output_leaves_no_journal(tmp_path: Path) -> None:
    with pytest.raises(OutputError):
        VideoSink(tmp_path / "out.doc", resume_as=TITLE)
    assert not list(tmp_path.iterdir())


def test_frames_of_a_camera_can_be_kept_as_well(tmp_path: Path) -> None:
    out = tmp_path / "out.mkv"
    sink = VideoSink(out, resume_as=TITLE)
    sink.write(Frame(np.zeros((48, 64, 3), np.uint8)))
    sink.close()
    assert [p.name for p in tmp_path.iterdir()] == ["out.mkv"]


@pytest.mark.parametrize("suffix", [".mp4", ".mkv"])
@pytest.mark.parametrize("gap", [66, 500])
def test_a_gap_after_the_key_frame_does_not_keep_it_from_going_on(
    tmp_path: Path, suffix: str, gap: int
) -> None:
    """Encoders count back from their first frames how long they may hold them."""
    pictures = [
        np.random.default_rng(i // 249).integers(0, 255, (48, 64, 3), np.uint8) for i in range(300)
    ]
    times = [33 * i + (gap if i > 250 else 0) for i in range(300)]
    source = write_video(
        tmp_path / "in.mkv", pictures, pts=times, time_base=Fraction(1, 1000), sounds=[tone(4.8)]
    )
    whole, out = tmp_path / f"whole{suffix}", tmp_path / f"out{suffix}"
    copy(source, whole)
    copy(source, out, stop_at=295)
    assert copy(source, out) == 249
    assert contents(out)[0] == contents(whole)[0]


def test_a_journal_goes_when_the_video_is_written_without_it(tmp_path: Path, source: Path) -> None:
    out = tmp_path / "out.mp4"
    copy(source, out, stop_at=75)
    assert copy(source, out, title=None) == 0
    assert sorted(p.name for p in tmp_path.iterdir()) == ["in.mp4", "out.mp4"]


def test_a_long_name_can_be_gone_on_with(tmp_path: Path, source: Path) -> None:
    out = tmp_path / f"{'n' * 245}.mp4"
    copy(source, out, stop_at=75)
    assert copy(source, out) > 0
    assert sorted(p.name for p in tmp_path.iterdir()) == ["in.mp4", out.name]
