from __future__ import annotations

import errno
import sys
from pathlib import Path

import pytest

from streamdefocus.errors import CameraError
from streamdefocus.sources import devices
from streamdefocus.sources.devices import CameraDevice, CameraFormat, find_again, find_camera

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="asks a Linux kernel")

FORMATS = (CameraFormat("MJPG", (1280, 720), (30.0,)),)
DESK = CameraDevice("/dev/video0", "HD Pro Webcam C920", "uvcvideo", "usb-1", FORMATS)
LID = CameraDevice("/dev/video2", "Integrated Camera", "uvcvideo", "usb-2", FORMATS)
SECOND = CameraDevice("/dev/video4", "HD Pro Webcam C920", "uvcvideo", "usb-3", FORMATS)


@pytest.fixture
def plugged(monkeypatch: pytest.MonkeyPatch) -> list[CameraDevice]:
    cameras = [DESK, LID, SECOND]
    monkeypatch.setattr(devices, "list_cameras", lambda: cameras)
    return cameras


def test_a_name_is_found_by_a_part_of_it_in_any_case(plugged: list[CameraDevice]) -> None:
    assert find_camera("integrated") == LID
    assert find_camera("c920") == DESK
    plugged.append(CameraDevice("/dev/video6", "C920"))
    assert find_camera("c920").address == "/dev/video6"


def test_a_name_that_is_unknown_names_those_that_are(plugged: list[CameraDevice]) -> None:
    with pytest.raises(
        CameraError,
        match=r"called 'logi', and no such file is there; cameras here: /dev/video0 \(HD Pro",
    ):
        find_camera("logi")
    plugged.clear()
    with pytest.raises(CameraError, match="there is no camera here; see `streamdefocus doctor`"):
        find_camera("logi")


@pytest.mark.parametrize("wanted", [99, "99", "/dev/video99"])
def test_a_number_or_a_path_is_taken_as_it_is(wanted: int | str) -> None:
    assert find_camera(wanted) == CameraDevice("/dev/video99", "video99")


def test_a_link_is_followed(tmp_path: Path) -> None:
    link = tmp_path / "by-id"
    link.symlink_to("/dev/video99")
    assert find_camera(str(link)).address == "/dev/video99"


def test_a_camera_is_found_again_in_its_place_then_by_its_plug_then_by_its_name(
    plugged: list[CameraDevice],
) -> None:
    assert find_again(DESK) == DESK
    moved = CameraDevice("/dev/video8", DESK.name, DESK.driver, DESK.bus)
    plugged[:] = [SECOND, LID, moved]
    assert find_again(DESK) == moved
    plugged[:] = [LID, SECOND]
    assert find_again(DESK) == SECOND
    plugged[:] = [LID]
    assert find_again(DESK) == DESK


@pytest.mark.parametrize(
    ("number", "told"),
    [
        (errno.ENOENT, "it is not there; plug it in. Otherwise cameras here: /dev/video0"),
        (errno.EACCES, "try: sudo usermod -aG video $USER"),
        (errno.ENODEV, "it was unplugged"),
        (errno.ENOTTY, "it is not a camera"),
    ],
)
def test_why_a_camera_does_not_open(
    number: int, told: str, plugged: list[CameraDevice], monkeypatch: pytest.MonkeyPatch
) -> None:
    from streamdefocus.sources import v4l2

    def refuse(_node: Path) -> v4l2.Capability:
        raise OSError(number, "no")

    monkeypatch.setattr(v4l2, "capability", refuse)
    assert told in devices.why_not(DESK)


@pytest.mark.parametrize(
    ("capture", "output", "busy", "told"),
    [
        (True, False, True, "it is in use by another program"),
        (False, True, False, "a virtual camera that no program writes to"),
        (True, False, False, "unplug it and plug it in again"),
    ],
)
def test_why_a_camera_gives_nothing(
    capture: bool, output: bool, busy: bool, told: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    from streamdefocus.sources import v4l2

    capability = v4l2.Capability(devices.LOOPBACK_DRIVER, "", "", capture, output)
    monkeypatch.setattr(v4l2, "capability", lambda _node: capability)
    monkeypatch.setattr(v4l2, "is_busy", lambda _node: busy)
    monkeypatch.setattr(v4l2, "users_of", lambda _node: [])
    monkeypatch.setattr(v4l2, "formats", lambda _node: list(FORMATS))
    assert told in devices.why_not(DESK)


def test_the_kernels_numbers() -> None:
    """As linux/videodev2.h defines them: direction, size of the struct, 'V', number."""
    from streamdefocus.sources import v4l2

    assert v4l2._QUERY_CAPABILITY == 0x80685600
    assert v4l2._ENUM_FORMAT == 0xC0405602
    assert v4l2._ENUM_SIZES == 0xC02C564A
    assert v4l2._ENUM_INTERVALS == 0xC034564B
    assert v4l2._REQUEST_BUFFERS == 0xC0145608


def test_formats_are_read_from_discrete_lists_and_from_ranges(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from streamdefocus.sources import v4l2

    monkeypatch.setattr(v4l2.fcntl, "ioctl", _driver)
    node = tmp_path / "video0"
    node.touch()
    assert v4l2.formats(node) == [
        CameraFormat("MJPG", (1280, 720), (60.0, 30.0)),
        CameraFormat("MJPG", (640, 480), (60.0, 30.0)),
        CameraFormat("YUYV", (640, 480), (30.0, 5.0)),
        CameraFormat("YUYV", (640, 360), (30.0, 5.0)),
        CameraFormat("YUYV", (320, 240), (30.0, 5.0)),
    ]


def _driver(_device: int, request: int, answer: bytearray) -> None:
    """A camera with two sizes of MJPG, and with any YUYV size up to 800x600 in steps of 16."""
    from streamdefocus.sources import v4l2

    mjpg, yuyv = (int.from_bytes(code, "little") for code in (b"MJPG", b"YUYV"))
    index, fourcc = int.from_bytes(answer[:4], "little"), int.from_bytes(answer[4:8], "little")
    made: bytes | None = None
    if request == v4l2._ENUM_FORMAT and index < 2:
        made = v4l2._FORMAT.pack(index, 1, 0, b"", (mjpg, yuyv)[index], 0)
    elif request == v4l2._ENUM_SIZES and fourcc == mjpg and index < 2:
        size = [(1280, 720), (640, 480)][index]
        made = v4l2._SIZE.pack(index, fourcc, 1, *size, 0, 0, 0, 0)
    elif request == v4l2._ENUM_SIZES and fourcc == yuyv and index == 0:
        made = v4l2._SIZE.pack(index, fourcc, 3, 160, 800, 16, 120, 600, 8)
    elif request == v4l2._ENUM_INTERVALS and fourcc == mjpg and index < 2:
        made = v4l2._INTERVAL.pack(index, fourcc, 0, 0, 1, 1, (30, 60)[index], 0, 0, 0, 0)
    elif request == v4l2._ENUM_INTERVALS and fourcc == yuyv and index == 0:
        made = v4l2._INTERVAL.pack(index, fourcc, 0, 0, 3, 1, 30, 1, 5, 1, 30)
    if made is None:
        raise OSError(errno.EINVAL, "end of the list")
    answer[:] = made
