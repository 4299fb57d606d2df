from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest

from streamdefocus.cli.main import run
from streamdefocus.errors import OutputError
from streamdefocus.frames import Frame
from streamdefocus.pipeline import Defocuser, Shot
from streamdefocus.sinks import VideoSink
from streamdefocus.sources import VideoSource

FRAMES = 30


@pytest.fixture
def video(tmp_path: Path) -> Path:
    """A short video with a bright square that moves over noise."""
    file = tmp_path / "in.mp4"
    noise = np.random.default_rng(0).integers(60, 120, (96, 128, 3), np.uint8)
    with VideoSink(file) as sink:
        for index in range(FRAMES):
            picture = noise.copy()
            picture[30:60, 3 * index : 3 * index + 30] = 230
            sink.write(Frame(picture, index, index, Fraction(1, 25), 1))
    return file


def times(file: Path) -> list[float]:
    with VideoSource(file) as source:
        return [frame.time_s for frame in source]


def test_every_frame_comes_out_with_its_time(video: Path, tmp_path: Path) -> None:
    before = video.read_bytes()
    out, report = tmp_path / "out.mp4", tmp_path / "report.json"
    assert run(["video", str(video), str(out), "--report", str(report), "-q"]) == 0
    assert times(out) == times(video)
    assert video.read_bytes() == before
    content = json.loads(report.read_text())
    assert content["frames"] == {"in": FRAMES, "out": FRAMES, "dropped": 0}
    assert {"decode", "depth", "smoothing", "focus", "defocus", "encode"} <= set(content["stages"])
    assert content["engine"] == "openvino on CPU"
    assert content["model"] == "compact"
    assert content["size"] == [128, 96]


def test_the_result_is_not_the_input(video: Path, tmp_path: Path) -> None:
    out = tmp_path / "out.mp4"
    assert run(["video", str(video), str(out), "--blur", "6", "-q"]) == 0
    with VideoSource(video) as a, VideoSource(out) as b:
        before, after = next(iter(a)).bgr, next(iter(b)).bgr
    assert np.abs(before.astype(int) - after).max() > 30


def test_everything_sharp_changes_nothing_but_the_compression(video: Path, tmp_path: Path) -> None:
    out = tmp_path / "out.mp4"
    assert run(["video", str(video), str(out), "--blur", "0", "--quality", "1", "-q"]) == 0
    with VideoSource(video) as a, VideoSource(out) as b:
        for before, after in zip(a, b, strict=True):
            assert np.abs(before.bgr.astype(int) - after.bgr).mean() < 3


def no_video(tmp_path: Path) -> dict[str, Path]:
    """Inputs that are no videos, by what the message says of them."""
    files = {
        "does not exist": tmp_path / "none.mp4",
        "is a folder": tmp_path,
        "is empty": tmp_path / "empty.mp4",
        "is not a video": tmp_path / "letter.mp4",
        "holds no video": tmp_path / "sound.m4a",
    }
    files["is empty"].touch()
    files["is not a video"].write_text("Dear reader, this is a letter.\n" * 50)
    with av.open(str(files["holds no video"]), "w") as container:
        stream = container.add_stream("aac", rate=8000, layout="mono")
        sound = av.AudioFrame.from_ndarray(np.zeros((1, 1024), np.float32), "fltp", "mono")
        sound.sample_rate = 8000
        for packet in [*stream.encode(sound), *stream.encode(None)]:
            container.mux(packet)
    return files


@pytest.mark.parametrize(
    "expected",
    ["does not exist", "is a folder", "is empty", "is not a video", "holds no video"],
)
def test_what_is_no_video_gives_one_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], expected: str
) -> None:
    source = no_video(tmp_path)[expected]
    out = tmp_path / "out.mp4"
    assert run(["video", str(source), str(out)]) == 1
    shown = capsys.readouterr().err.strip()
    assert shown.startswith("error: ")
    assert expected in shown
    assert str(source) in shown
    assert "\n" not in shown
    assert not out.exists()
    assert not list(tmp_path.glob(".*part*"))


@pytest.mark.parametrize(
    ("out", "arguments", "code", "expected"),
    [
        ("in.mp4", [], 1, "is the input itself"),
        ("missing/out.mp4", [], 1, "does not exist; create it first"),
        ("out.doc", [], 1, ".doc"),
        ("out.mp4", ["--codec", "mpeg1"], 2, "is not one of"),
        ("out.webm", ["--codec", "h264"], 1, "webm"),
        ("out.mp4", ["--focus", "0.5"], 2, "focus must be X,Y"),
        ("out.mp4", ["--smoothing", "2"], 2, "is not in the range"),
        ("out.mp4", ["--report", "missing/report.json"], 1, "cannot write the report"),
    ],
)
def test_wrong_outputs_and_options_give_one_line_and_touch_nothing(
    video: Path,
    capsys: pytest.CaptureFixture[str],
    out: str,
    arguments: list[str],
    code: int,
    expected: str,
) -> None:
    before = {file: file.read_bytes() for file in video.parent.iterdir()}
    assert run(["video", str(video), str(video.parent / out), *arguments]) == code
    shown = capsys.readouterr().err
    assert expected in shown
    assert "Traceback" not in shown
    assert {file: file.read_bytes() for file in video.parent.iterdir()} == before


def test_an_unknown_key_in_a_configuration(video: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = video.parent / "my.toml"
    file.write_text("[defocus]\nbokeh = 3\n")
    out = video.parent / "out.mp4"
    assert run(["video", str(video), str(out), "--config", str(file)]) == 2
    assert "unknown option 'defocus.bokeh'" in capsys.readouterr().err


def test_resume_goes_on_from_what_is_done(
    video: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole, out = tmp_path / "whole.mkv", tmp_path / "out.mkv"
    options = ["--codec", "ffv1", "-q"]  # with a key frame every 12 frames
    assert run(["video", str(video), str(whole), *options]) == 0

    def interrupted(self: VideoSink, frame: Frame) -> None:
        if frame.index == 20:
            raise OutputError("no space left")
        write(self, frame)

    write = VideoSink.write
    monkeypatch.setattr(VideoSink, "write", interrupted)
    assert run(["video", str(video), str(out), "--resume", *options]) == 1
    monkeypatch.undo()
    assert not out.exists()
    rendered: list[int] = []
    render = Defocuser.render

    def watched(self: Defocuser, shot: Shot) -> Frame:
        if shot.frame.index >= self.first_to_render:
            rendered.append(shot.frame.index)
        return render(self, shot)

    monkeypatch.setattr(Defocuser, "render", watched)
    assert run(["video", str(video), str(out), "--resume", *options]) == 0
    assert 0 < rendered[0] < 20
    with VideoSource(whole) as a, VideoSource(out) as b:
        for expected, frame in zip(a, b, strict=True):
            assert frame.time_s == expected.time_s
            np.testing.assert_array_equal(frame.bgr, expected.bgr)


@pytest.mark.skipif(os.name == "nt", reason="Windows has no SIGINT for one process")
@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM])
def test_ctrl_c_ends_at_once_and_leaves_nothing(tmp_path: Path, how: signal.Signals) -> None:
    if signal.getsignal(how) is signal.SIG_IGN:
        pytest.skip(f"{how.name} is ignored here, as in a shell's background job")
    long = tmp_path / "long.mp4"
    noise = np.random.default_rng(0).integers(0, 255, (360, 640, 3), np.uint8)
    with VideoSink(long) as sink:
        for index in range(400):
            sink.write(Frame(noise, index, index, Fraction(1, 25), 1))
    out = tmp_path / "out.mp4"
    command = [sys.executable, "-m", "streamdefocus", "video", str(long), str(out)]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as process:
        while process.poll() is None and not any(
            part.stat().st_size for part in tmp_path.glob(".out.part*")
        ):
            time.sleep(0.02)
        process.send_signal(how)
        try:
            _, shown = process.communicate(timeout=90)
        finally:
            process.kill()  # nothing is left to the tests that follow
    assert process.returncode == 130, shown
    assert "with --resume" in shown
    assert "Traceback" not in shown
    assert sorted(p.name for p in tmp_path.iterdir()) == ["long.mp4"]
