"""Reading video files: order, time, orientation, colour, damage."""

from __future__ import annotations

import logging
from fractions import Fraction
from pathlib import Path

import av
import cv2
import media
import numpy as np
import pytest

from streamdefocus.errors import InputError
from streamdefocus.frames import BgrImage, Frame
from streamdefocus.media.timing import Timeline
from streamdefocus.sources import open_source
from streamdefocus.sources.video import VideoSource

LOSSLESS = {"crf": "0"}


def read(path: Path) -> list[Frame]:
    with VideoSource(path) as source:
        return list(source)


def first(path: Path) -> BgrImage:
    return read(path)[0].bgr


class TestTime:
    def test_variable_rate_is_kept_to_the_tick(self, tmp_path: Path) -> None:
        pts = [0, 40, 41, 200, 333, 1000]
        path = media.write_video(
            tmp_path / "v.mkv", media.moving(6), pts=pts, time_base=Fraction(1, 1000)
        )
        frames = read(path)
        assert [frame.pts * frame.time_base for frame in frames] == [
            Fraction(ms, 1000) for ms in pts
        ]

    def test_ntsc_rate_is_exact(self, tmp_path: Path) -> None:
        path = media.write_video(
            tmp_path / "v.mp4",
            media.moving(31),
            time_base=Fraction(1001, 30000),
            rate=Fraction(30000, 1001),
        )
        with VideoSource(path) as source:
            assert source.info.frame_rate == Fraction(30000, 1001)
            assert source.info.frame_count == 31
            times = [frame.pts * frame.time_base for frame in source]
        assert times == [Fraction(1001 * n, 30000) for n in range(31)]

    def test_the_first_time_need_not_be_zero(self, tmp_path: Path) -> None:
        path = media.write_video(tmp_path / "v.mp4", media.moving(5), pts=[50, 51, 52, 53, 54])
        assert [frame.time_s for frame in read(path)] == [2.0, 2.04, 2.08, 2.12, 2.16]

    def test_frames_reordered_by_the_codec_come_in_order(self, tmp_path: Path) -> None:
        path = media.write_video(tmp_path / "v.mp4", media.moving(16), options={"bf": "3"})
        means = [frame.bgr.mean() for frame in read(path)]
        assert means == sorted(means)

    def test_frames_know_how_long_they_last(self, tmp_path: Path) -> None:
        path = media.write_video(tmp_path / "v.mp4", media.moving(4))
        assert {frame.duration * frame.time_base for frame in read(path)} == {Fraction(1, 25)}


class TestTimeline:
    def test_sound_times_are_left_alone(self) -> None:
        timeline = Timeline(Fraction(1, 1000), 40)
        assert [timeline.place(pts, 0) for pts in (-5, 0, 1, 5000)] == [-5, 0, 1, 5000]
        assert timeline.repaired == 0

    def test_missing_times_follow_from_durations(self) -> None:
        timeline = Timeline(Fraction(1, 1000), 40)
        placed = [timeline.place(None, 0), timeline.place(None, 25), timeline.place(None, 25)]
        assert placed == [0, 40, 65]

    def test_equal_and_slightly_earlier_times_move_on_by_a_tick(self) -> None:
        timeline = Timeline(Fraction(1, 1000), 40)
        assert [timeline.place(pts, 40) for pts in (0, 40, 40, 30, 120)] == [0, 40, 41, 42, 120]
        assert timeline.repaired == 2

    def test_a_joined_recording_continues(self) -> None:
        timeline = Timeline(Fraction(1, 1000), 40)
        placed = [timeline.place(pts, 40) for pts in (9000, 9040, 0, 40, 80)]
        assert placed == [9000, 9040, 9080, 9120, 9160]


class TestOrientation:
    @pytest.mark.parametrize("hflip", [False, True])
    @pytest.mark.parametrize("degrees", [0, 90, 180, 270])
    def test_pictures_come_upright(self, tmp_path: Path, degrees: int, hflip: bool) -> None:
        upright = media.quadrants()
        stored = _stored(upright, degrees, hflip)
        tags = media.Tags(rotation=degrees, hflip=hflip)
        path = media.write_video(tmp_path / "v.mp4", [stored] * 3, tags=tags, options=LOSSLESS)
        with VideoSource(path) as source:
            assert (source.info.width, source.info.height) == (64, 48)
            assert media.psnr_db(next(iter(source)).bgr, upright) > 25

    def test_pixel_aspect_turns_with_the_picture(self, tmp_path: Path) -> None:
        tags = media.Tags(rotation=90, aspect=Fraction(4, 3))
        path = media.write_video(tmp_path / "v.mp4", media.moving(2), tags=tags)
        with VideoSource(path) as source:
            assert source.traits.sample_aspect_ratio == Fraction(3, 4)


def _stored(upright: BgrImage, degrees: int, hflip: bool) -> BgrImage:
    """What turns upright when a player rotates it counterclockwise and then mirrors it."""
    mirrored = upright[:, ::-1] if hflip else upright
    return np.ascontiguousarray(np.rot90(mirrored, -degrees // 90))


class TestColour:
    @pytest.mark.parametrize("full", [False, True])
    @pytest.mark.parametrize("matrix", [media.BT601, media.BT709, media.BT2020])
    @pytest.mark.parametrize("layout", ["yuv420p", "yuv444p", "yuv420p10le"])
    def test_matrix_and_range_are_honoured(
        self, tmp_path: Path, matrix: int, full: bool, layout: str
    ) -> None:
        picture = media.quadrants()
        frame = media.yuv_frame(picture, matrix, full, layout)
        tags = media.Tags(matrix=matrix, range=media.FULL if full else media.LIMITED)
        path = media.write_video(
            tmp_path / "v.mkv", [frame], codec="ffv1", pixel_format=layout, tags=tags
        )
        difference = np.abs(first(path).astype(int) - picture)
        inner = np.ones(picture.shape[:2], bool)
        inner[22:26], inner[:, 30:34] = False, False  # chroma is interpolated over the edges
        assert difference[inner].max() <= (2 if layout != "yuv420p10le" else 1)

    @pytest.mark.parametrize(
        ("size", "matrix"), [((64, 48), media.BT601), ((64, 720), media.BT709)]
    )
    def test_a_file_that_does_not_say_is_601_below_hd(
        self, tmp_path: Path, size: tuple[int, int], matrix: int
    ) -> None:
        picture = np.full((size[1], size[0], 3), (40, 90, 220), np.uint8)
        frame = media.yuv_frame(picture, matrix, False)
        frame.colorspace, frame.color_range = 2, 0
        path = media.write_video(tmp_path / "v.mkv", [frame], codec="ffv1", pixel_format="yuv444p")
        assert np.abs(first(path).astype(int) - picture).max() <= 2

    def test_alpha_is_ignored(self, tmp_path: Path) -> None:
        bgra = np.dstack((media.gradient(), np.full((48, 64), 128, np.uint8)))
        frame = av.VideoFrame.from_ndarray(bgra, "bgra")
        path = media.write_video(tmp_path / "v.mkv", [frame], codec="ffv1", pixel_format="bgra")
        np.testing.assert_array_equal(first(path), bgra[..., :3])

    @pytest.mark.parametrize("transfer", [media.PQ, media.HLG])
    def test_hdr_white_is_bright_and_not_clipped(
        self, tmp_path: Path, transfer: int, caplog: pytest.LogCaptureFixture
    ) -> None:
        # Reference white, 203 nits, is 58 % of PQ's and 75 % of HLG's scale (BT.2408, table 1).
        white = 0.58 if transfer == media.PQ else 0.75
        picture = np.zeros((48, 64, 3), np.uint8)
        for column, share in enumerate((0.2, 0.5, 1.0, 1.0)):
            picture[:, 16 * column : 16 * column + 16] = round(255 * white * share)
        picture[:, 48:] = 255
        frame = media.yuv_frame(picture, media.BT2020, False, "yuv420p10le")
        tags = media.Tags(media.BT2020, media.LIMITED, transfer, media.BT2020)
        path = media.write_video(
            tmp_path / "v.mkv", [frame], codec="ffv1", pixel_format="yuv420p10le", tags=tags
        )
        dark, middle, bright, peak = first(path)[24, 8::16].astype(int)
        assert (np.ptp([dark, middle, bright, peak], axis=1) <= 1).all()  # grey stays grey
        assert dark[1] < middle[1] < bright[1] < peak[1]
        assert 200 <= bright[1] <= 240
        assert peak[1] >= 250
        assert "HDR" in caplog.text


class TestStreams:
    def test_a_cover_picture_is_not_the_video(self, tmp_path: Path) -> None:
        plain = media.write_video(tmp_path / "plain.mp4", media.moving(5))
        path = _with_cover(plain, tmp_path / "cover.mp4")
        with av.open(str(path)) as container:
            assert len(container.streams.video) == 2
        assert len(read(path)) == 5

    def test_sound_alone_is_refused(self, tmp_path: Path) -> None:
        path = media.write_sound_only(tmp_path / "s.mp4", media.tone(0.5))
        with pytest.raises(InputError, match="holds no video; it holds sound only"):
            VideoSource(path)

    def test_a_change_of_size_is_scaled(
        self, tmp_path: Path, caplog: pytest.LogCaptureFixture
    ) -> None:
        small = media.write_video(tmp_path / "a.ts", media.moving(5, 64, 48))
        large = media.write_video(tmp_path / "b.ts", media.moving(5, 128, 96))
        path = tmp_path / "joined.ts"
        path.write_bytes(small.read_bytes() + large.read_bytes())
        frames = read(path)
        assert len(frames) == 10
        assert {frame.size_px for frame in frames} == {(64, 48)}
        assert caplog.text.count("changes its size") == 1
        times = [frame.pts for frame in frames]
        assert times == sorted(set(times))


def _with_cover(plain: Path, path: Path) -> Path:
    jpeg = cv2.imencode(".jpg", media.quadrants())[1].tobytes()
    with av.open(str(plain)) as source, av.open(str(path), "w") as target:
        cover = target.add_mux_stream("mjpeg", width=64, height=48)
        cover.disposition = av.stream.Disposition.attached_pic
        cover.time_base = Fraction(1, 90000)
        video = target.add_stream_from_template(source.streams.video[0])
        packet = av.Packet(jpeg)
        packet.stream, packet.pts, packet.dts, packet.is_keyframe = cover, 0, 0, True
        packet.time_base = Fraction(1, 90000)
        target.mux(packet)
        for moved in source.demux(video=0):
            if moved.dts is not None:
                moved.stream = video
                target.mux(moved)
    return path


class TestBadInput:
    @pytest.mark.parametrize(
        ("name", "content", "message"),
        [
            ("empty.mp4", b"", "is empty"),
            ("text.mp4", b"not a video\n" * 100, "is not a video"),
            ("art.txt", b"\x1b[31mred\x1b[0m\n" * 50, "is not a video"),
            ("list.m3u8", b"#EXTM3U\n#EXTINF:1,\nv.ts\n", "is not a video"),
            ("cut.mp4", b"\0\0\0\x18ftypisom" + bytes(500), "without its index"),
            ("drm.mp4", b"\0\0\0\x18ftypisom" + bytes(50) + b"encvsinf", "is encrypted"),
        ],
    )
    def test_one_clear_line(self, tmp_path: Path, name: str, content: bytes, message: str) -> None:
        path = tmp_path / name
        path.write_bytes(content)
        with pytest.raises(InputError, match=message) as caught:
            open_source(path)
        assert "\n" not in str(caught.value)
        assert str(path) in str(caught.value)

    def test_a_missing_file(self, tmp_path: Path) -> None:
        with pytest.raises(InputError, match="does not exist"):
            open_source(tmp_path / "nowhere.mp4")

    def test_a_folder(self, tmp_path: Path) -> None:
        with pytest.raises(InputError, match="is a folder"):
            open_source(tmp_path)

    def test_a_photo_is_sent_to_the_right_command(self, tmp_path: Path) -> None:
        path = tmp_path / "photo.mp4"  # judged by its content
        path.write_bytes(cv2.imencode(".jpg", media.gradient())[1].tobytes())
        with pytest.raises(InputError, match="streamdefocus photo"):
            open_source(path)

    def test_a_colon_in_the_name_is_no_protocol(self, tmp_path: Path) -> None:
        plain = media.write_video(tmp_path / "v.mp4", media.moving(2))
        odd = plain.rename(tmp_path / "http: 12:30 ü%d.mp4")
        assert len(read(odd)) == 2


class TestDamage:
    @pytest.mark.parametrize("suffix", [".mp4", ".mkv"])
    def test_what_is_left_of_a_cut_file_comes_out(
        self, tmp_path: Path, suffix: str, caplog: pytest.LogCaptureFixture
    ) -> None:
        muxing = {"movflags": "faststart"} if suffix == ".mp4" else {}
        pictures = media.moving(75, 160, 120)
        path = media.write_video(tmp_path / f"v{suffix}", pictures, muxing=muxing)
        path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
        frames = read(path)
        assert 10 < len(frames) < 75
        assert "is cut short" in caplog.text
        assert [frame.index for frame in frames] == list(range(len(frames)))

    def test_damage_in_the_middle_is_survived(
        self, tmp_path: Path, caplog: pytest.LogCaptureFixture
    ) -> None:
        path = media.write_video(
            tmp_path / "v.mp4", media.moving(60, 160, 120), options={"g": "10"}
        )
        data = bytearray(path.read_bytes())
        middle = len(data) // 3
        data[middle : middle + 2000] = np.random.default_rng(0).bytes(2000)
        path.write_bytes(data)
        assert 20 < len(read(path)) <= 60
        assert "is damaged" in caplog.text

    def test_a_healthy_file_says_nothing(
        self, tmp_path: Path, caplog: pytest.LogCaptureFixture
    ) -> None:
        caplog.set_level(logging.DEBUG, "streamdefocus")
        read(media.write_video(tmp_path / "v.mp4", media.moving(5), sounds=[media.tone(0.2)]))
        assert caplog.text == ""

    def test_the_input_is_not_touched(self, tmp_path: Path) -> None:
        path = media.write_video(tmp_path / "v.mp4", media.moving(5))
        path.chmod(0o444)
        before = path.read_bytes()
        read(path)
        assert path.read_bytes() == before
        assert list(tmp_path.iterdir()) == [path]
