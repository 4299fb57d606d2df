"""A real device of v4l2loopback: what other programs see of it, and who may write to it.

Skipped where there is none; make one with
``sudo modprobe v4l2loopback exclusive_caps=1 card_label=streamdefocus``.
"""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import cv2  # noqa: F401  (before av)
import numpy as np
import pytest

from streamdefocus.errors import OutputError
from streamdefocus.frames import Frame
from streamdefocus.sinks.virtual_camera import VirtualCameraSink

BGR = (40, 80, 200)
PATIENCE_S = 60.0

READER = """
import av, sys
with av.open(sys.argv[1], format="v4l2") as camera:
    frames = camera.decode(video=0)
    for _ in range(int(sys.argv[2])):
        picture = next(frames).to_ndarray(format="bgr24")
        print(*picture.shape, *picture.mean(axis=(0, 1)).round(), flush=True)
    if len(sys.argv) > 3:
        sys.stdin.read()
"""


@pytest.fixture
def device() -> str:
    if not sys.platform.startswith("linux"):
        pytest.skip("v4l2loopback is Linux'")
    from streamdefocus.sinks.loopback_devices import list_loopbacks, loopback_trouble

    devices = list_loopbacks()
    if not devices:
        pytest.skip("no virtual camera here; see the head of this file")
    path = devices[0].path
    assert loopback_trouble(path) is None
    return path


def picture(size: tuple[int, int]) -> Frame:
    return Frame(np.full((size[1], size[0], 3), BGR, np.uint8))


@contextmanager
def showing(device: str, size: tuple[int, int]) -> Iterator[VirtualCameraSink]:
    """A virtual camera that is written to all the time."""
    ended = threading.Event()
    with VirtualCameraSink(size, 15, device) as sink:

        def write() -> None:
            while not ended.wait(1 / 15):
                sink.write(picture(size))

        sink.write(picture(size))
        thread = threading.Thread(target=write)
        thread.start()
        try:
            yield sink
        finally:
            ended.set()
            thread.join()


@contextmanager
def reading(device: str, count: int) -> Iterator[subprocess.Popen[str]]:
    """Another program that reads some frames and keeps the device open."""
    command = [sys.executable, "-c", READER, device, str(count), "stay"]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
    with subprocess.Popen(command, text=True, **pipes) as reader:
        try:
            yield reader
        finally:
            assert reader.stdin
            reader.stdin.close()
            reader.wait(PATIENCE_S)


@pytest.mark.parametrize("size", [(640, 480), (1280, 720)])
def test_another_program_sees_the_frames(device: str, size: tuple[int, int]) -> None:
    with showing(device, size), reading(device, 2) as reader:
        assert reader.stdout
        for _ in range(2):
            height, width, _channels, *bgr = map(float, reader.stdout.readline().split())
            assert (width, height) == size
            assert bgr == pytest.approx(BGR, abs=3)


def test_readers_are_counted(device: str) -> None:
    with showing(device, (640, 480)) as sink:
        assert sink.readers() == 0
        with reading(device, 1) as reader:
            assert reader.stdout
            reader.stdout.readline()
            assert sink.readers() == 1
        assert sink.readers() == 0


def test_a_second_writer_is_refused_and_told_why(device: str) -> None:
    with showing(device, (640, 480)), pytest.raises(OutputError, match="is taken"):
        VirtualCameraSink((640, 480), 30, device)


def test_a_size_that_a_reader_holds_is_not_written_over(device: str) -> None:
    with showing(device, (640, 480)):
        reader = os.open(device, os.O_RDWR)
    try:
        with pytest.raises(OutputError, match=r"held at 640x480.*Received: 1280x720"):
            VirtualCameraSink((1280, 720), 30, device)
    finally:
        os.close(reader)


def test_it_can_be_opened_again_and_again(device: str) -> None:
    for size in ((640, 480), (320, 240), (1280, 720)):
        with VirtualCameraSink(size, 30, device) as sink:
            sink.write(picture(size))


def test_it_can_be_opened_after_a_program_that_left_it_unusable(device: str) -> None:
    import pyvirtualcam

    camera = pyvirtualcam.Camera(640, 480, 30, device=device, backend="v4l2loopback")
    camera.send(np.zeros((480, 640, 3), np.uint8))
    camera.close()
    with VirtualCameraSink((640, 480), 30, device) as sink:
        sink.write(picture((640, 480)))
    time.sleep(0.1)
    with VirtualCameraSink((640, 480), 30, device) as sink:
        sink.write(picture((640, 480)))


@pytest.mark.skipif(not Path("/dev/video0").exists(), reason="no webcam here")
def test_a_webcam_is_refused_and_the_virtual_camera_named(device: str) -> None:
    with pytest.raises(OutputError, match=rf"/dev/video0 is not a virtual camera.*{device}"):
        VirtualCameraSink((640, 480), 30, "/dev/video0")
