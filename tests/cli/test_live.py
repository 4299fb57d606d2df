from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from streamdefocus.cli.live import open_camera
from streamdefocus.cli.main import run
from streamdefocus.config import LiveOptions
from streamdefocus.frames import Frame
from streamdefocus.sinks import VideoSink
from streamdefocus.sources import VideoSource

SMALL = ["--camera", "synthetic", "--size", "320x180"]


@pytest.mark.parametrize("depth", ["auto", "decoupled", "every-frame"])
def test_the_report_of_a_short_run(tmp_path: Path, depth: str) -> None:
    report = tmp_path / "report.json"
    arguments = ["--output", "null", "--seconds", "3", "--report", str(report), "--depth", depth]
    assert run(["live", *SMALL, *arguments, "-q"]) == 0
    content = json.loads(report.read_text())
    assert content["frames"]["out"] > 10
    assert content["frames"]["in"] >= content["frames"]["out"]
    assert content["size"] == [320, 180]
    assert content["latency_ms"]["median"] > 0
    assert {"capture", "depth", "smoothing", "focus", "defocus"} <= set(content["stages"])


def test_several_outputs_and_a_file_with_the_times_of_capture(tmp_path: Path) -> None:
    files = [tmp_path / "a.mp4", tmp_path / "b.mkv"]
    outputs = [part for file in files for part in ("--output", str(file))]
    assert run(["live", *SMALL, *outputs, "--seconds", "3", "-q"]) == 0
    for file in files:
        with VideoSource(file) as video:
            times_s = [frame.time_s for frame in video]
        assert len(times_s) > 10
        assert times_s == sorted(set(times_s))
        assert 1 < times_s[-1] - times_s[0] < 4


def test_nothing_raw_comes_out(tmp_path: Path) -> None:
    """Before the first disparity everything is blurred; afterwards everything out of focus is."""
    file = tmp_path / "out.mkv"
    options = ["--output", str(file), "--seconds", "2", "--blur", "6", "--focus", "disparity:1"]
    assert run(["live", *SMALL, *options, "--codec", "ffv1", "-q"]) == 0
    with open_camera(LiveOptions(camera="synthetic", size="320x180")) as camera:
        raw = float(np.abs(np.diff(next(iter(camera)).bgr[:60].astype(int), axis=1)).mean())
    with VideoSource(file) as video:
        shown = [float(np.abs(np.diff(f.bgr[:60].astype(int), axis=1)).mean()) for f in video]
    assert max(shown) < 0.7 * raw  # of the far wall and its lights


def test_a_video_file_stands_in_for_a_camera_and_is_looped(tmp_path: Path) -> None:
    file = tmp_path / "in.mp4"
    with VideoSink(file) as sink:
        for index in range(10):
            pixels = np.full((64, 96, 3), 20 * index, np.uint8)
            sink.write(Frame(pixels, index, index, Fraction(1, 20), 1))
    report = tmp_path / "report.json"
    options = ["--output", "null", "--seconds", "2", "--report", str(report)]
    assert run(["live", "--camera", str(file), *options, "-q"]) == 0
    assert json.loads(report.read_text())["frames"]["out"] > 15


@pytest.mark.parametrize(
    ("arguments", "code", "expected"),
    [
        (["--camera", "/dev/video99"], 1, "/dev/video99"),
        (["--camera", "No such camera"], 1, "No such camera"),
        (["--camera", "none.mp4"], 1, "'none.mp4', and no such file is there"),
        (["--size", "big"], 2, "live.size: must be like 1280x720"),
        (["--output", "screen"], 2, "window, virtual-camera, null or a file such as talk.mp4"),
        (["--output", "missing/out.mp4"], 1, "does not exist; create it first"),
        (["--output", "out.doc"], 1, ".doc"),
        (["--depth", "never"], 2, "'never' is not one of"),
        (["--fps", "0"], 2, "live.fps"),
        (["--seconds", "0"], 2, "--seconds"),
    ],
)
def test_what_cannot_be_gives_one_line(
    capsys: pytest.CaptureFixture[str], arguments: list[str], code: int, expected: str
) -> None:
    camera = [] if "--camera" in arguments else ["--camera", "synthetic"]
    output = [] if "--output" in arguments else ["--output", "null"]
    assert run(["live", *camera, *output, *arguments]) == code
    shown = capsys.readouterr().err
    assert expected in shown
    assert "Traceback" not in shown


@pytest.mark.skipif(os.name == "nt", reason="Windows has no SIGINT for one process")
def test_ctrl_c_is_how_a_live_run_ends_and_keeps_what_was_recorded(tmp_path: Path) -> None:
    file, report = tmp_path / "out.mkv", tmp_path / "report.json"
    options = ["--output", str(file), "--report", str(report)]
    command = [sys.executable, "-m", "streamdefocus", "live", *SMALL, *options]
    process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
    while process.poll() is None and not any(
        part.stat().st_size for part in tmp_path.glob(".out.part*")
    ):
        time.sleep(0.02)
    time.sleep(1)
    process.send_signal(signal.SIGINT)
    _, shown = process.communicate(timeout=20)
    assert process.returncode == 0, shown
    assert "Traceback" not in shown
    with VideoSource(file) as video:
        assert len(list(video)) > 5
    assert json.loads(report.read_text())["frames"]["out"] > 5


def test_without_a_screen_the_window_says_what_to_do() -> None:
    command = [sys.executable, "-m", "streamdefocus", "live", *SMALL]
    if not sys.platform.startswith("linux"):
        pytest.skip("only Linux can be without a screen")
    done = subprocess.run(
        command, env={"PATH": "/usr/bin"}, capture_output=True, text=True, check=False, timeout=60
    )
    assert done.returncode == 1
    assert done.stderr.startswith("error: ")
    assert "--output" in done.stderr
