"""Writing video files: time, sound, colour, size, and what is refused."""

from __future__ import annotations

import itertools
import logging
import os
import sys
from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path

import av
import media
import numpy as np
import pytest
from media import Sound, Tags

from streamdefocus.config import VideoOptions
from streamdefocus.errors import OutputError
from streamdefocus.frames import MICROSECONDS, BgrImage, Frame
from streamdefocus.sinks import NullSink, open_sink
from streamdefocus.sinks.video import VideoSink
from streamdefocus.sources import open_source
from streamdefocus.sources.video import VideoSource

FAST = VideoOptions(preset="ultrafast", quality=4)


def copy(source: Path, target: Path, frames: int | None = None) -> list[Fraction]:
    """Read and write; gives the times back."""
    times = []
    with VideoSource(source) as reader, VideoSink(target, reader, FAST) as writer:
        for frame in itertools.islice(reader, frames):
            writer.write(frame)
            times.append(frame.pts * frame.time_base)
    return times


def write(target: Path, frames: Sequence[Frame], options: VideoOptions = FAST) -> None:
    with VideoSink(target, options=options) as sink:
        for frame in frames:
            sink.write(frame)


def frames_of(pictures: Sequence[BgrImage], time_base: Fraction = Fraction(1, 25)) -> list[Frame]:
    return [Frame(bgr, i, i, time_base) for i, bgr in enumerate(pictures)]


def times_in(path: Path) -> list[Fraction]:
    with av.open(str(path)) as container:
        return [frame.pts * frame.time_base for frame in container.decode(video=0)]


def first(path: Path) -> BgrImage:
    with VideoSource(path) as source:
        return next(iter(source)).bgr


class TestTime:
    @pytest.mark.parametrize("suffix", [".mp4", ".mov", ".mkv"])
    def test_variable_rate_is_kept(self, tmp_path: Path, suffix: str) -> None:
        pts = [7, 40, 41, 200, 333, 1000, 1001, 1500]
        path = media.write_video(
            tmp_path / "in.mkv", media.moving(8), pts=pts, time_base=Fraction(1, 1000)
        )
        target = tmp_path / f"out{suffix}"
        copy(path, target)
        assert times_in(target) == [Fraction(ms, 1000) for ms in pts]

    def test_ntsc_rate_is_exact(self, tmp_path: Path) -> None:
        rate = Fraction(30000, 1001)
        path = media.write_video(
            tmp_path / "in.mp4", media.moving(31), time_base=1 / rate, rate=rate
        )
        target = tmp_path / "out.mp4"
        assert copy(path, target) == times_in(target) == [n / rate for n in range(31)]
        with av.open(str(target)) as container:
            assert container.streams.video[0].average_rate == rate

    @pytest.mark.parametrize("start", [1, 37, 12345])
    def test_a_late_start_is_exact(self, tmp_path: Path, start: int) -> None:
        pts = [start + 1001 * n for n in range(5)]
        base = Fraction(1, 30000)
        path = media.write_video(
            tmp_path / "in.mp4",
            media.moving(5),
            pts=pts,
            time_base=base,
            muxing={"movie_timescale": "30000"},
        )
        target = tmp_path / "out.mp4"
        copy(path, target)
        assert times_in(target) == [p * base for p in pts]

    def test_the_last_frame_lasts_as_long_as_it_did(self, tmp_path: Path) -> None:
        path = media.write_video(tmp_path / "in.mp4", media.moving(10))
        target = tmp_path / "out.mp4"
        copy(path, target)
        with av.open(str(target)) as container:
            video = container.streams.video[0]
            assert video.duration * video.time_base == Fraction(10, 25)

    def test_no_frame_stays_in_the_encoder(self, tmp_path: Path) -> None:
        write(tmp_path / "out.mp4", frames_of(media.moving(60)), VideoOptions(preset="medium"))
        assert len(times_in(tmp_path / "out.mp4")) == 60

    def test_a_clock_that_started_long_ago_starts_at_zero(self, tmp_path: Path) -> None:
        target = tmp_path / "out.mp4"
        start = 86_400_000_000
        pts = [start, start + 33_000, start + 70_000]
        write(target, [Frame(media.gradient(), i, p, MICROSECONDS) for i, p in enumerate(pts)])
        assert times_in(target) == [0, Fraction(33, 1000), Fraction(70, 1000)]

    def test_equal_times_move_on_by_a_tick(self, tmp_path: Path) -> None:
        target = tmp_path / "out.mp4"
        write(target, [Frame(media.gradient(), i, 0, Fraction(1, 1000)) for i in range(3)])
        assert times_in(target) == [0, Fraction(1, 1000), Fraction(2, 1000)]


class TestSound:
    @pytest.mark.parametrize("suffix", [".mp4", ".mkv", ".mov"])
    def test_packets_are_copied_to_the_byte(self, tmp_path: Path, suffix: str) -> None:
        path = media.write_video(tmp_path / "in.mp4", media.moving(50), sounds=[media.tone(2)])
        target = tmp_path / f"out{suffix}"
        copy(path, target)
        assert sound_packets(target) == sound_packets(path)

    @pytest.mark.parametrize(
        ("name", "codec", "suffix", "expected"),
        [
            ("in.mp4", "aac", ".mp4", "aac"),
            ("in.mp4", "aac", ".mkv", "aac"),
            ("in.mp4", "aac", ".webm", "opus"),
            ("in.ts", "mp2", ".mp4", "aac"),
            ("in.mkv", "libopus", ".mp4", "opus"),
            ("in.mkv", "libopus", ".mov", "aac"),
            ("in.mov", "pcm_s16le", ".mp4", "aac"),
            ("in.mov", "pcm_s16le", ".mov", "pcm_s16le"),
            ("in.mkv", "flac", ".webm", "opus"),
        ],
    )
    @pytest.mark.parametrize(("video_start", "sound_start_s"), [(0, 0.0), (12, 0.25)])
    def test_a_beep_stays_with_its_flash(
        self,
        tmp_path: Path,
        name: str,
        codec: str,
        suffix: str,
        expected: str,
        video_start: int,
        sound_start_s: float,
    ) -> None:
        path = flash_and_beep(tmp_path / name, codec, video_start, sound_start_s)
        target = tmp_path / f"out{suffix}"
        copy(path, target)
        before_s = media.beep_time_s(path) - media.flash_time_s(path)
        after_s = media.beep_time_s(target) - media.flash_time_s(target)
        assert after_s == pytest.approx(before_s, abs=0.0015)
        assert sound_codecs(target) == [expected]

    def test_all_tracks_are_carried_over(self, tmp_path: Path) -> None:
        hum = media.tone(1).samples
        sounds = [Sound(hum, language="eng"), Sound(hum, codec="ac3", language="deu")]
        path = media.write_video(tmp_path / "in.mp4", media.moving(25), sounds=sounds)
        target = tmp_path / "out.mp4"
        copy(path, target)
        assert sound_codecs(target) == ["aac", "ac3"]
        with av.open(str(target)) as container:
            assert [s.language for s in container.streams.audio] == ["eng", "deu"]

    def test_sound_that_outlasts_the_pictures_is_kept(self, tmp_path: Path) -> None:
        path = media.write_video(tmp_path / "in.mp4", media.moving(5), sounds=[media.tone(3)])
        target = tmp_path / "out.mp4"
        copy(path, target)
        assert sound_packets(target) == sound_packets(path)

    def test_sound_ends_with_the_pictures_where_reading_was_stopped(self, tmp_path: Path) -> None:
        path = media.write_video(tmp_path / "in.mp4", media.moving(75), sounds=[media.tone(3)])
        target = tmp_path / "out.mp4"
        copy(path, target, frames=25)
        assert len(times_in(target)) == 25
        packets = sound_packets(target)
        assert packets == sound_packets(path)[: len(packets)]
        assert len(packets) * 1024 / 48000 == pytest.approx(1, abs=0.05)

    def test_packets_of_sound_and_pictures_alternate(self, tmp_path: Path) -> None:
        path = media.write_video(tmp_path / "in.mp4", media.moving(250), sounds=[media.tone(10)])
        target = tmp_path / "out.mkv"
        copy(path, target)
        with av.open(str(target)) as container:
            times = {"audio": 0.0, "video": 0.0}
            for packet in container.demux():
                if packet.dts is not None:
                    times[packet.stream.type] = float(packet.dts * packet.time_base)
                    assert abs(times["audio"] - times["video"]) < 1

    def test_rounded_times_become_exact_again(self, tmp_path: Path) -> None:
        sound = Sound(media.tone(2, 44_100).samples, 44_100)
        path = media.write_video(tmp_path / "in.mkv", media.moving(50), sounds=[sound])
        target = tmp_path / "out.mp4"
        copy(path, target)
        with av.open(str(target)) as container:
            starts = [p.pts for p in container.demux(audio=0) if p.size]
        assert {b - a for a, b in itertools.pairwise(starts)} == {1024}

    def test_sound_that_nothing_can_decode_is_left_out(
        self, tmp_path: Path, caplog: pytest.LogCaptureFixture
    ) -> None:
        sound = Sound(media.tone(1).samples, codec="tta")
        path = media.write_video(tmp_path / "in.mkv", media.moving(5), sounds=[sound])
        caplog.set_level(logging.INFO, "streamdefocus")
        target = tmp_path / "out.mp4"
        copy(path, target)
        assert sound_codecs(target) == ["aac"]
        assert "tta sound is encoded anew" in caplog.text


def flash_and_beep(path: Path, codec: str, video_start: int, sound_start_s: float) -> Path:
    """Two seconds at 25 fps: the 20th frame is white, and a beep begins with it."""
    black = np.zeros((48, 64, 3), np.uint8)
    pictures = [black + np.uint8(235 if index == 20 else 0) for index in range(50)]
    at_s = (20 + video_start) / 25
    samples = media.beep(at_s, at_s + 1.2, start_s=sound_start_s)
    return media.write_video(
        path,
        pictures,
        pts=[index + video_start for index in range(50)],
        sounds=[Sound(samples, codec=codec, start_s=sound_start_s)],
    )


def sound_packets(path: Path) -> list[bytes]:
    with av.open(str(path)) as container:
        return [bytes(packet) for packet in container.demux(audio=0) if packet.size]


def sound_codecs(path: Path) -> list[str]:
    with av.open(str(path)) as container:
        return [s.codec_context.codec.canonical_name for s in container.streams.audio]


class TestPicture:
    @pytest.mark.parametrize("full", [False, True])
    @pytest.mark.parametrize("matrix", [media.BT601, media.BT709, media.BT2020])
    @pytest.mark.parametrize(
        ("suffix", "codec"), [(".mp4", "h264"), (".mp4", "hevc"), (".webm", "vp9")]
    )
    def test_colours_come_back_and_are_tagged(
        self, tmp_path: Path, matrix: int, full: bool, suffix: str, codec: str
    ) -> None:
        picture = media.quadrants(128, 96)
        range_ = media.FULL if full else media.LIMITED
        tags = Tags(matrix, range_, transfer=matrix if matrix != 9 else 14, primaries=matrix)
        path = media.write_video(
            tmp_path / "in.mkv", [picture] * 2, codec="libx264", tags=tags, options={"crf": "0"}
        )
        target = tmp_path / f"out{suffix}"
        options = VideoOptions(codec=codec, preset="ultrafast", quality=4)
        with VideoSource(path) as reader, VideoSink(target, reader, options) as writer:
            for frame in reader:
                writer.write(frame)
        with av.open(str(target)) as container:
            frame = next(container.decode(video=0))
        said = (frame.colorspace, frame.color_range, frame.color_trc, frame.color_primaries)
        assert said == (matrix, range_, tags.transfer, tags.primaries)
        for y, x in ((24, 32), (24, 96), (72, 32), (72, 96)):
            by_the_book = media.bgr_of(frame, y, x, matrix, full)
            assert np.abs(by_the_book - picture[y, x]).max() <= 4
            assert np.abs(first(target)[y, x].astype(int) - picture[y, x]).max() <= 4

    def test_chroma_does_not_move(self, tmp_path: Path) -> None:
        # Half a pixel of shift leaves a colour fringe at every edge, and adds up when repeated.
        x, y = np.arange(128)[None, :], np.arange(96)[:, None]
        blob = np.exp(-((x - 63.5) ** 2 + (y - 47.5) ** 2) / 200)
        picture = np.dstack((120 - 60 * blob, 120 + 0 * blob, 120 + 60 * blob)).astype(np.uint8)
        target = tmp_path / "out.mp4"
        write(target, frames_of([picture]), VideoOptions(quality=0))
        result = first(target).astype(float)
        redness = np.abs(result[..., 2] - result[..., 0])
        assert (redness * x).sum() / redness.sum() == pytest.approx(63.5, abs=0.1)

    @pytest.mark.parametrize("size", [(63, 47), (64, 47), (63, 48), (1, 1), (314, 273)])
    @pytest.mark.parametrize(("suffix", "is_exact"), [(".mp4", False), (".webm", True)])
    def test_odd_sizes(
        self, tmp_path: Path, size: tuple[int, int], suffix: str, is_exact: bool
    ) -> None:
        picture = media.gradient(*size)
        target = tmp_path / f"out{suffix}"
        write(target, frames_of([picture] * 2))
        result = first(target)
        width, height = size
        expected = size if is_exact else (width + width % 2, height + height % 2)
        assert result.shape[1::-1] == expected
        if min(size) > 1:
            assert media.psnr_db(result[:height, :width], picture) > 35
            assert np.abs(result[-1].astype(int) - result[height - 1]).max() <= 8

    @pytest.mark.parametrize("suffix", [".mp4", ".mov", ".mkv"])
    def test_the_shape_of_pixels_is_kept(self, tmp_path: Path, suffix: str) -> None:
        tags = Tags(aspect=Fraction(4, 3))
        path = media.write_video(tmp_path / "in.mp4", media.moving(3), tags=tags)
        target = tmp_path / f"out{suffix}"
        copy(path, target)
        with av.open(str(target)) as container:
            assert container.streams.video[0].sample_aspect_ratio == Fraction(4, 3)

    def test_webm_has_square_pixels(self, tmp_path: Path) -> None:
        tags = Tags(aspect=Fraction(4, 3))
        path = media.write_video(tmp_path / "in.mp4", media.moving(3, 96, 48), tags=tags)
        target = tmp_path / "out.webm"
        copy(path, target)
        assert first(target).shape == (48, 128, 3)

    def test_a_turned_video_becomes_upright_without_a_tag(self, tmp_path: Path) -> None:
        stored = np.ascontiguousarray(np.rot90(media.quadrants()))
        path = media.write_video(tmp_path / "in.mp4", [stored] * 3, tags=Tags(rotation=-90))
        target = tmp_path / "out.mp4"
        copy(path, target)
        with av.open(str(target)) as container:
            frame = next(container.decode(video=0))
        assert (frame.width, frame.height, frame.rotation) == (64, 48, 0)
        assert media.psnr_db(first(target), media.quadrants()) > 20

    def test_ffv1_is_lossless(self, tmp_path: Path) -> None:
        noise = np.random.default_rng(0).integers(0, 256, (33, 51, 3), np.uint8)
        target = tmp_path / "out.mkv"
        write(target, frames_of([noise] * 2), VideoOptions(codec="ffv1"))
        np.testing.assert_array_equal(first(target), noise)

    def test_an_encoder_without_constant_quality_still_looks_good(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("streamdefocus.sinks.encoders._ENCODERS", {"h264": ("none", "mpeg4")})
        picture = media.gradient(320, 240)
        write(tmp_path / "out.mp4", frames_of([picture] * 3))
        assert media.psnr_db(first(tmp_path / "out.mp4"), picture) > 38

    def test_lower_quality_is_smaller(self, tmp_path: Path) -> None:
        noise = np.random.default_rng(0).integers(0, 256, (10, 96, 128, 3), np.uint8)
        for codec, suffix in (
            ("h264", ".mp4"),
            ("hevc", ".mp4"),
            ("vp9", ".webm"),
            ("av1", ".mkv"),
        ):
            sizes = []
            for quality in (10, 40):
                target = tmp_path / f"{codec}{quality}{suffix}"
                write(target, frames_of(noise), VideoOptions(codec=codec, quality=quality))
                sizes.append(target.stat().st_size)
            assert sizes[0] > 1.5 * sizes[1]


class TestMetadata:
    def test_titles_and_chapters_are_kept(self, tmp_path: Path) -> None:
        chapters = [
            {
                "id": 1,
                "start": 0,
                "end": 500,
                "time_base": Fraction(1, 1000),
                "metadata": {"title": "A"},
            },
            {
                "id": 2,
                "start": 500,
                "end": 1000,
                "time_base": Fraction(1, 1000),
                "metadata": {"title": "B"},
            },
        ]
        said = {"title": "A film", "creation_time": "2020-01-02T03:04:05.000000Z"}
        path = media.write_video(
            tmp_path / "in.mp4", media.moving(25), metadata=said, chapters=chapters
        )
        target = tmp_path / "out.mp4"
        copy(path, target)
        with av.open(str(target)) as container:
            assert {key: container.metadata[key] for key in said} == said
            assert [c["metadata"]["title"] for c in container.chapters()] == ["A", "B"]

    def test_hevc_carries_the_tag_that_apple_plays(self, tmp_path: Path) -> None:
        target = tmp_path / "out.mp4"
        write(target, frames_of(media.moving(3)), VideoOptions(codec="hevc", preset="ultrafast"))
        with av.open(str(target)) as container:
            assert container.streams.video[0].codec_context.codec_tag == "hvc1"


class TestRefusals:
    @pytest.mark.parametrize(
        ("name", "codec", "message"),
        [
            ("out", None, "extension '' is unknown; known are .mp4"),
            ("out.xyz", None, "extension '.xyz' is unknown"),
            ("out.jpg", None, "extension '.jpg' is unknown"),
            ("out.webm", "h264", "a .webm file cannot hold h264 video; write h264 to .mp4"),
            ("nowhere/out.mp4", None, "folder .* does not exist"),
            ("file.txt/out.mp4", None, "folder .* does not exist"),
            ("folder.mp4", None, "is a folder"),
        ],
    )
    def test_before_anything_is_touched(
        self, tmp_path: Path, name: str, codec: str | None, message: str
    ) -> None:
        (tmp_path / "file.txt").write_text("")
        (tmp_path / "folder.mp4").mkdir()
        before = sorted(tmp_path.rglob("*"))
        with pytest.raises(OutputError, match=message) as caught:
            VideoSink(tmp_path / name, options=VideoOptions(codec=codec))
        assert "\n" not in str(caught.value)
        assert sorted(tmp_path.rglob("*")) == before

    @pytest.mark.skipif(not sys.platform.startswith("linux"), reason="needs /proc")
    def test_a_folder_that_cannot_be_written_to(self) -> None:
        with pytest.raises(OutputError, match="cannot write to the folder /proc"):
            VideoSink(Path("/proc/out.mp4"))

    @pytest.mark.parametrize("link", ["same", "symbolic", "hard"])
    def test_the_input_is_never_overwritten(self, tmp_path: Path, link: str) -> None:
        path = media.write_video(tmp_path / "in.mp4", media.moving(3))
        target = path if link == "same" else tmp_path / "link.mp4"
        if link == "symbolic":
            target.symlink_to(path)
        elif link == "hard":
            os.link(path, target)
        content = path.read_bytes()
        with VideoSource(path) as reader, pytest.raises(OutputError, match="is the input itself"):
            VideoSink(target, reader)
        assert path.read_bytes() == content

    def test_frames_must_have_one_size(self, tmp_path: Path) -> None:
        sink = VideoSink(tmp_path / "out.mp4", options=FAST)
        sink.write(Frame(media.gradient(64, 48)))
        with pytest.raises(OutputError, match=r"one size. Received: \(32, 48\) after \(64, 48\)"):
            sink.write(Frame(media.gradient(32, 48), 1, 1))
        assert list(tmp_path.iterdir()) == []

    def test_nothing_to_write_is_an_error(self, tmp_path: Path) -> None:
        with pytest.raises(OutputError, match="no frame"):
            VideoSink(tmp_path / "out.mp4").close()
        assert list(tmp_path.iterdir()) == []

    @pytest.mark.skipif(sys.platform == "win32", reason="limits of a process")
    @pytest.mark.parametrize(("suffix", "kept"), [(".mkv", True), (".mp4", False)])
    def test_a_full_disk(self, tmp_path: Path, suffix: str, kept: bool) -> None:
        """What was live is kept up to there, where it can be played without its end."""
        import resource

        noise = np.random.default_rng(0).integers(0, 256, (8, 240, 320, 3), np.uint8)
        soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
        out = tmp_path / f"out{suffix}"
        sink = VideoSink(out, options=FAST)
        try:
            resource.setrlimit(resource.RLIMIT_FSIZE, (1_000_000, hard))
            with pytest.raises(OutputError, match=r"cannot write .*out\.\w+: File too l") as error:
                for frame in frames_of(list(noise) * 20):
                    sink.write(frame)
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
        sink.discard()
        assert ("before is kept there" in str(error.value)) == kept
        assert [path.name for path in tmp_path.iterdir()] == [out.name] * kept
        if kept:
            with VideoSource(out) as reader:
                assert len(list(reader)) >= 3


class TestPartFile:
    def test_the_final_name_appears_when_complete(self, tmp_path: Path) -> None:
        target = tmp_path / "out.mp4"
        target.write_text("an older result")
        sink = VideoSink(target, options=FAST)
        for frame in frames_of(media.moving(5)):
            sink.write(frame)
        assert target.read_text() == "an older result"
        assert [path.name.startswith(".") for path in tmp_path.iterdir() if path != target] == [
            True
        ]
        sink.close()
        assert list(tmp_path.iterdir()) == [target]
        assert len(times_in(target)) == 5

    def test_two_sinks_of_one_name_do_not_mix(self, tmp_path: Path) -> None:
        target = tmp_path / "out.mp4"
        sinks = [VideoSink(target, options=FAST) for _ in range(2)]
        for count, sink in enumerate(sinks, start=1):
            for frame in frames_of(media.moving(count)):
                sink.write(frame)
        for count, sink in enumerate(sinks, start=1):
            sink.close()
            assert len(times_in(target)) == count
        assert list(tmp_path.iterdir()) == [target]

    def test_a_long_name(self, tmp_path: Path) -> None:
        target = tmp_path / ("ü" * 120 + ".mp4")
        write(target, frames_of(media.moving(2)))
        assert list(tmp_path.iterdir()) == [target]

    def test_discarding_keeps_an_older_result(self, tmp_path: Path) -> None:
        target = tmp_path / "out.mp4"
        target.write_text("an older result")
        sink = VideoSink(target, options=FAST)
        sink.write(Frame(media.gradient()))
        sink.discard()
        assert target.read_text() == "an older result"
        assert list(tmp_path.iterdir()) == [target]


class TestOpenSink:
    def test_null(self) -> None:
        assert isinstance(open_sink("null"), NullSink)

    def test_a_file(self, tmp_path: Path) -> None:
        path = media.write_video(tmp_path / "in.mp4", media.moving(5), sounds=[media.tone(0.2)])
        target = tmp_path / "out.MKV"
        with open_source(str(path)) as reader, open_sink(str(target), reader, FAST) as writer:
            for frame in reader:
                writer.write(frame)
        assert sound_codecs(target) == ["aac"]
