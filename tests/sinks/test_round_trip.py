"""Real files, read and written: the media beside the checkout, where they are at hand."""

from __future__ import annotations

import importlib.util
import sys
from fractions import Fraction
from pathlib import Path
from types import ModuleType

import av
import pytest

from streamdefocus.config import VideoOptions
from streamdefocus.sinks.video import VideoSink
from streamdefocus.sources.video import VideoSource

ROOT = Path(__file__).resolve().parents[2]
SHARED = ROOT.parent / "shared" / "data"
FORMATS = SHARED / "formats"

SMALL_PX = 800 * 600
FRAMES_OF_LARGE = 4
CLIPS = (
    "clips/webcam/asl_woman_yellow_640x480_30fps.mp4",
    "clips/talkers/GRID_bbaf2n.mpg",
    "clips/mdn/flower.mp4",
)


def _load_formats() -> ModuleType:
    spec = importlib.util.spec_from_file_location("formats", ROOT / "benchmarks" / "formats.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["formats"] = module  # dataclasses look their module up
    spec.loader.exec_module(module)
    return module


formats = _load_formats()
FILES = formats.media_in(FORMATS) if FORMATS.is_dir() else {}


@pytest.mark.skipif(not FILES, reason="no real media beside this checkout")
@pytest.mark.parametrize(("name", "expected"), FILES.items(), ids=list(FILES))
def test_every_file_gives_a_copy_or_one_line(name: str, expected: str, tmp_path: Path) -> None:
    frames = _frames_to_read(FORMATS / name, expected)
    row = formats.examine(FORMATS / name, name, tmp_path, ".mp4", frames)
    assert row.problem(".mp4") == ""
    assert list(tmp_path.iterdir()) == []
    if row.error:
        assert expected in ("", "0"), row.error
        assert "\n" not in row.error
        assert Path(name).name in row.error
    elif frames is None:
        assert len(row.times) == int(expected)
    else:
        assert len(row.times) == frames


def _frames_to_read(path: Path, expected: str) -> int | None:
    """All of a small file, and the beginning of a large one, to be done in time."""
    if expected in ("", "0"):
        return None
    with av.open(str(path)) as container:
        video = container.streams.video[0]
        is_small = video.width * video.height <= SMALL_PX and int(expected) <= 130
    return None if is_small else min(FRAMES_OF_LARGE, int(expected))


@pytest.mark.parametrize("name", CLIPS)
@pytest.mark.parametrize("suffix", [".mp4", ".mkv"])
def test_clips_keep_frames_times_and_sound(name: str, suffix: str, tmp_path: Path) -> None:
    path, target = SHARED / name, tmp_path / f"out{suffix}"
    if not path.is_file():
        pytest.skip("no real media beside this checkout")
    times = []
    options = VideoOptions(preset="ultrafast")
    with VideoSource(path) as reader, VideoSink(target, reader, options) as writer:
        for frame in reader:
            writer.write(frame)
            times.append(frame.pts * frame.time_base)
    copied = _times(target)
    assert len(copied) == len(times)
    if suffix == ".mp4":
        assert copied == times
    else:  # Matroska counts in milliseconds
        assert all(abs(a - b) <= Fraction(1, 1000) for a, b in zip(copied, times, strict=True))
    _check_sound(path, target)


def _times(path: Path) -> list[Fraction]:
    with av.open(str(path)) as container:
        return [frame.pts * frame.time_base for frame in container.decode(video=0)]


def _check_sound(path: Path, target: Path) -> None:
    """The same packets to the byte, or the same length where another codec was needed."""
    before, after = _packets(path), _packets(target)
    if _codecs(path) == _codecs(target):
        assert after == before
        return
    assert (_codecs(path), _codecs(target)) == (["mp2"], ["aac"])
    assert _seconds(target) == pytest.approx(_seconds(path), abs=0.05)


def _packets(path: Path) -> list[bytes]:
    with av.open(str(path)) as container:
        if not container.streams.audio:
            return []
        return [bytes(packet) for packet in container.demux(audio=0) if packet.size]


def _codecs(path: Path) -> list[str]:
    with av.open(str(path)) as container:
        return [s.codec_context.codec.canonical_name for s in container.streams.audio]


def _seconds(path: Path) -> float:
    with av.open(str(path)) as container:
        return sum(frame.samples / frame.sample_rate for frame in container.decode(audio=0))
