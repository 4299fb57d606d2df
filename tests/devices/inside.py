"""Runs inside the virtual machine, on real devices: see machine.py and test_devices.py.

The webcam is the kernel's vivid; what is done to it here (faults, unplugging) it does itself.
Programs run slowly in there, hence the patience.
"""

from __future__ import annotations

import fcntl
import logging
import os
import signal
import struct
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from streamdefocus.doctor import media
from streamdefocus.errors import CameraError
from streamdefocus.frames import Frame
from streamdefocus.sources import v4l2
from streamdefocus.sources.camera import CameraSource, Phase
from streamdefocus.sources.devices import CameraDevice, list_cameras
from streamdefocus.sources.watchdog import Patience

pytestmark = [pytest.mark.devices, pytest.mark.timeout(400)]

VIRTUAL = Path("/dev/video20")
MODEL = Path("/out/brightness.xml")
"""A network whose disparity is the brightness; put there by test_devices.py."""

SLOW = Patience(first_s=60, silence_s=6, repeat_s=20, back_off_s=(0.5, 1))
LONG_S = 90.0


_DRIVER = Path("/sys/bus/platform/drivers/vivid")
_SET_CONTROL = 0xC008561C  # VIDIOC_S_CTRL

# Controls of vivid, from drivers/media/test-drivers/vivid/vivid-ctrls.c.
_VIVID = 0x00F0F000
DROPPED_PERCENT = _VIVID + 64
DISCONNECT = _VIVID + 65
BAD_BUFFER = _VIVID + 66
FATAL_ERROR = _VIVID + 70


def webcam() -> CameraDevice:
    (camera,) = [camera for camera in list_cameras() if camera.driver == "vivid"]
    return camera


def tell(control: int, value: int = 1) -> None:
    """Set a control of the webcam."""
    device = os.open(str(webcam().address), os.O_RDWR)
    try:
        fcntl.ioctl(device, _SET_CONTROL, struct.pack("=Ii", control, value))
    finally:
        os.close(device)


def plug(state: str) -> None:
    """Take the webcam off its bus ("unbind"), or put it back ("bind")."""
    (_DRIVER / state).write_text("vivid.0")


def wait_for(condition: Callable[[], bool]) -> None:
    deadline_s = time.monotonic() + LONG_S
    while not condition():
        assert time.monotonic() < deadline_s, "waited in vain"
        time.sleep(0.05)


def in_phase(source: CameraSource, phase: Phase) -> Callable[[], bool]:
    return lambda: source.state.phase is phase


def some(source: CameraSource, count: int) -> list[Frame]:
    return [frame for _, frame in zip(range(count), source, strict=False)]


@contextmanager
def opened(size: tuple[int, int] = (320, 180)) -> Iterator[CameraSource]:
    with CameraSource(webcam().address, size, patience=SLOW) as source:
        yield source


# --- the webcam


def test_cameras_are_listed_with_their_formats() -> None:
    (camera,) = list_cameras()
    assert (camera.address, camera.name, camera.driver) == ("/dev/video0", "vivid", "vivid")
    sizes = {offer.size_px for offer in camera.formats}
    assert {(320, 180), (640, 480), (1280, 720), (1920, 1080)} <= sizes
    assert {"YUYV", "NV12"} <= {offer.fourcc for offer in camera.formats}
    assert 30.0 in next(o for o in camera.formats if o.size_px == (640, 360)).rates
    assert not v4l2.capability(VIRTUAL).capture


@pytest.mark.parametrize("size", [(320, 180), (640, 480), (1280, 720)])
def test_frames_of_several_sizes(size: tuple[int, int]) -> None:
    with opened(size) as source:
        assert (source.info.width, source.info.height) == size
        assert source.info.frame_rate
        frames = some(source, 5)
    assert {frame.size_px for frame in frames} == {size}
    assert [frame.index for frame in frames] == list(range(5))
    stamps = [frame.pts for frame in frames]
    assert stamps == sorted(set(stamps))
    bars = frames[0].bgr[size[1] // 2].astype(int)
    assert bars[5].min() > 150, "the first of vivid's colour bars is white"
    assert bars[-5].max() < 60, "the last is black"


def test_a_camera_is_found_by_its_number_and_by_its_name() -> None:
    for device in (0, "0", "VIVI"):
        with CameraSource(device, (320, 180), patience=SLOW) as source:
            assert source.name == "vivid"


def test_a_size_that_is_not_offered_is_told(caplog: pytest.LogCaptureFixture) -> None:
    with opened((800, 600)) as source:
        assert (source.info.width, source.info.height) != (800, 600)
    (record,) = [r for r in caplog.records if "asked for 800x600" in r.getMessage()]
    assert record.levelno == logging.WARNING


def test_a_missing_camera() -> None:
    with pytest.raises(CameraError, match=r"video7.*it is not there.*here: /dev/video0 \(vivid\)"):
        CameraSource(7)


def test_a_virtual_camera_that_nobody_feeds() -> None:
    with pytest.raises(CameraError, match="no program writes to"):
        CameraSource(str(VIRTUAL))


def test_a_busy_camera_names_who_has_it() -> None:
    camera = webcam()
    reading, writing = os.pipe()
    child = os.fork()
    if not child:
        device = os.open(str(camera.address), os.O_RDWR)
        fcntl.ioctl(device, v4l2._REQUEST_BUFFERS, bytearray(struct.pack("=IIIII", 2, 1, 1, 0, 0)))
        os.write(writing, b"!")
        time.sleep(LONG_S)
        os._exit(0)
    try:
        os.read(reading, 1)
        with pytest.raises(CameraError, match=rf"in use by .*\({child}\); close that"):
            CameraSource(camera.address, (320, 180), patience=SLOW)
        (finding,) = media.check_cameras()
        assert finding.status == "warn"
        assert f"({child})" in finding.detail
    finally:
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)


def test_a_camera_that_is_not_permitted() -> None:
    reading, writing = os.pipe()
    child = os.fork()
    if not child:
        os.setuid(65534)
        try:
            CameraSource("/dev/video0", patience=SLOW)
            told = "it was opened"
        except BaseException as error:
            told = f"{type(error).__name__}: {error}"
        told += f" {[finding.fix for finding in media._locked_cameras()]}"
        os.write(writing, told.encode())
        os._exit(0)
    os.waitpid(child, 0)
    told = os.read(reading, 4096).decode()
    assert told.startswith("CameraError: camera /dev/video0")
    assert "you may not open it; try: sudo usermod -aG video $USER" in told
    assert told.count("usermod") == 3, "once in the error, and once for each device by the doctor"


def test_the_doctor_likes_both_devices() -> None:
    (camera,) = media.check_cameras()
    (virtual,) = media.check_virtual_cameras()
    assert (camera.status, camera.name) == ("ok", "camera /dev/video0")
    assert (virtual.status, virtual.name) == ("ok", "virtual camera /dev/video20")


# --- the webcam in trouble


def test_bad_and_dropped_buffers_do_not_stop_it() -> None:
    with opened() as source:
        some(source, 3)
        tell(BAD_BUFFER)
        some(source, 5)
        tell(DROPPED_PERCENT, 60)
        some(source, 10)
        tell(DROPPED_PERCENT, 0)
        some(source, 5)
        assert source.state.phase is Phase.RUNNING


@pytest.mark.parametrize("trouble", [FATAL_ERROR, DISCONNECT], ids=["fatal-error", "disconnect"])
def test_a_camera_that_breaks_off_is_reopened(trouble: int) -> None:
    """After a disconnect, vivid is there again as soon as nobody holds it any more."""
    with opened() as source:
        before = some(source, 5)[-1]
        tell(trouble)
        wait_for(in_phase(source, Phase.LOST))
        assert "trying again" in source.state.sentence
        wait_for(in_phase(source, Phase.RUNNING))
        after = some(source, 5)
    assert after[0].index == before.index + 1
    assert after[0].pts > before.pts


def test_a_camera_that_stays_away_for_a_while_is_waited_for() -> None:
    with opened() as source:
        some(source, 3)
        plug("unbind")
        wait_for(in_phase(source, Phase.LOST))
        time.sleep(3)
        assert source.state.phase is Phase.LOST
        plug("bind")
        wait_for(in_phase(source, Phase.RUNNING))
        assert len(some(source, 5)) == 5


def test_a_camera_that_comes_back_under_another_path_is_followed() -> None:
    with opened() as source:
        some(source, 3)
        held = os.open(str(webcam().address), os.O_RDWR)  # so that its number is not free
        try:
            plug("unbind")
            plug("bind")
            wait_for(in_phase(source, Phase.LOST))
            wait_for(in_phase(source, Phase.RUNNING))
            assert len(some(source, 5)) == 5
            assert "/dev/video1 (vivid)" in source.state.sentence
        finally:
            os.close(held)
    plug("unbind")
    plug("bind")  # to its old number, for the next test


# --- the whole way: webcam, streamdefocus live, virtual camera, and a reader that is not ours


@contextmanager
def live(size: tuple[int, int]) -> Iterator[subprocess.Popen[bytes]]:
    """``streamdefocus live`` from the webcam to the virtual camera, far things in focus."""
    command = [
        *(sys.executable, "-m", "streamdefocus", "live", "-v", "--camera", "vivid"),
        *("--size", "x".join(map(str, size)), "--output", f"virtual-camera:{VIRTUAL}"),
        *("--model", str(MODEL), "--depth", "every-frame", "--smoothing", "0"),
        *("--focus", "disparity:0", "--focus-range", "0", "--blur", "4"),
    ]
    process = subprocess.Popen(command)
    try:
        wait_for(lambda: process.poll() is not None or v4l2.capability(VIRTUAL).capture)
        assert process.poll() is None, f"live ended with {process.returncode}"
        yield process
    finally:
        process.kill()
        process.wait()


def shown() -> Iterator[NDArray[np.uint8]]:
    """What a program that is not ours sees in the virtual camera."""
    import av

    with av.open(str(VIRTUAL), format="v4l2", timeout=LONG_S) as camera:
        for picture in camera.decode(video=0):
            yield picture.to_ndarray(format="bgr24")


def detail_of(bgr: NDArray[np.uint8]) -> float:
    """How much fine structure a picture has."""
    return float(cv2.Laplacian(bgr, cv2.CV_32F).std())


def raw_detail(size: tuple[int, int]) -> float:
    with opened(size) as source:
        return detail_of(some(source, 2)[-1].bgr)


def watch_until_rendered(size: tuple[int, int], raw: float) -> NDArray[np.uint8]:
    """The first picture that is rendered and not the curtain; no picture until then is raw."""
    pictures = shown()
    curtain = next(pictures)
    deadline_s = time.monotonic() + 2 * LONG_S
    for picture in pictures:
        assert picture.shape == (size[1], size[0], 3)
        assert detail_of(picture) < 0.5 * raw
        if detail_of(picture) > 1.5 * detail_of(curtain):
            return picture
        assert time.monotonic() < deadline_s, "nothing but the curtain was shown"
    raise AssertionError("the virtual camera ended")


def edge(bgr: NDArray[np.uint8], bar: int) -> int:
    """How hard the edge to the right of a colour bar is: the largest step of blue, 0..255.

    Between the first two bars blue falls as far as between the last two.
    """
    width = bgr.shape[1]
    begin, end = (round(width * (bar + share) / 8) for share in (0.6, 1.4))
    bottom = bgr[-5, begin:end, 0].astype(int)  # vivid writes its text above
    return int(np.abs(np.diff(bottom)).max())


@pytest.mark.parametrize("size", [(320, 180), (640, 480), (1280, 720)])
def test_live_shows_defocused_frames_of_the_right_size(size: tuple[int, int]) -> None:
    raw = raw_detail(size)
    with live(size) as process:
        picture = watch_until_rendered(size, raw)
        cv2.imwrite(f"/out/live-{size[0]}.png", picture)
        assert edge(picture, 6) > 1.5 * edge(picture, 0), "dark = far = sharp, bright = near = soft"
        (finding,) = media.check_virtual_cameras()
        assert "taken" in finding.detail
        process.send_signal(signal.SIGINT)
        assert process.wait(LONG_S) in (0, 130)
    assert v4l2.capability(VIRTUAL).output, "the virtual camera is free again"


def test_live_survives_a_bad_webcam_and_the_virtual_camera_stays_alive() -> None:
    size = (320, 180)
    raw = raw_detail(size)
    with live(size) as process:
        watch_until_rendered(size, raw)
        tell(BAD_BUFFER)
        tell(DROPPED_PERCENT, 50)
        seen = taken(5)
        tell(DROPPED_PERCENT, 0)
        plug("unbind")
        time.sleep(10)
        unplugged = taken(5)
        plug("bind")
        wait_for(lambda: not np.array_equal(*taken(2)))
        seen += unplugged + taken(5)
        assert process.poll() is None
    for picture in seen:
        assert picture.shape == (180, 320, 3)
        assert detail_of(picture) < 0.5 * raw
    assert np.array_equal(unplugged[0], unplugged[-1]), "the last picture is held"


def taken(count: int) -> list[NDArray[np.uint8]]:
    return [picture for _, picture in zip(range(count), shown(), strict=False)]
