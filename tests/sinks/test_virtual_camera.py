"""Virtual cameras with a backend that only pretends, and Linux' devices without any device."""

from __future__ import annotations

import errno
import logging
import os
import sys
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import pytest

from streamdefocus.errors import OutputError
from streamdefocus.frames import Frame
from streamdefocus.sinks import virtual_camera
from streamdefocus.sinks.virtual_camera import VirtualCameraSink

pyvirtualcam = pytest.importorskip("pyvirtualcam")
linux_only = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="devices of Linux")

SIZE = (64, 48)


class FakeBackend:
    """What pyvirtualcam asks of a backend; remembers what it was given."""

    made: ClassVar[list[FakeBackend]] = []
    refuses: ClassVar[Exception | None] = None

    def __init__(self, **options: Any) -> None:
        if self.refuses:
            raise self.refuses
        self.options = options
        self.sent: list[np.ndarray] = []
        self.closed = 0
        self.breaks: Exception | None = None
        FakeBackend.made.append(self)

    def send(self, frame: np.ndarray) -> None:
        if self.breaks:
            raise self.breaks
        self.sent.append(frame.copy())

    def close(self) -> None:
        self.closed += 1

    def device(self) -> str:
        return self.options["device"] or "Fake Camera"

    def native_fourcc(self) -> None:
        return None


@pytest.fixture
def fake(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    monkeypatch.setattr(FakeBackend, "made", [])
    pyvirtualcam.register_backend("fake", FakeBackend)
    yield "fake"
    del pyvirtualcam.camera.BACKENDS["fake"]


def picture(value: int = 7, size: tuple[int, int] = SIZE) -> Frame:
    return Frame(np.full((size[1], size[0], 3), value, np.uint8))


def test_it_states_what_other_programs_find(fake: str, caplog: pytest.LogCaptureFixture) -> None:
    with (
        caplog.at_level(logging.INFO),
        VirtualCameraSink(SIZE, Fraction(30000, 1001), backend=fake) as sink,
    ):
        assert (sink.info.width, sink.info.height) == SIZE
        assert sink.info.frame_rate == pytest.approx(30000 / 1001)
        assert str(sink.info) == "Fake Camera: 64x48 at 29.97 fps"
    assert "Fake Camera: 64x48" in caplog.text


def test_a_device_that_is_asked_for_is_taken(fake: str) -> None:
    with VirtualCameraSink(SIZE, 30, "/dev/video9", fake) as sink:
        assert sink.info.device == "/dev/video9"
    assert FakeBackend.made[0].options["device"] == "/dev/video9"


def test_frames_arrive_as_they_are(fake: str) -> None:
    frame = Frame(np.random.default_rng(0).integers(0, 256, (48, 64, 3), np.uint8))
    with VirtualCameraSink(SIZE, 30, backend=fake) as sink:
        sink.write(frame)
        sink.write(Frame(frame.bgr[:, ::-1]))  # mirrored: not contiguous
    first, second = (sent.reshape(48, 64, 3) for sent in FakeBackend.made[0].sent)
    np.testing.assert_array_equal(first, frame.bgr)
    np.testing.assert_array_equal(second, frame.bgr[:, ::-1])


def test_a_frame_of_another_size_is_refused(fake: str) -> None:
    with (
        VirtualCameraSink(SIZE, 30, backend=fake) as sink,
        pytest.raises(OutputError, match=r"64x48.*Received: 48x64"),
    ):
        sink.write(picture(size=(48, 64)))


@pytest.mark.parametrize("size", [(63, 48), (64, 47)])
def test_an_odd_column_or_row_is_left_out(fake: str, size: tuple[int, int]) -> None:
    frame = picture(size=size)
    with VirtualCameraSink(size, 30, backend=fake) as sink:
        sink.write(frame)
        assert (sink.info.width, sink.info.height) == (size[0] // 2 * 2, size[1] // 2 * 2)
    (sent,) = FakeBackend.made[0].sent
    width, height = sink.info.width, sink.info.height
    expected = frame.bgr[:height, :width]
    np.testing.assert_array_equal(sent.ravel(), expected.ravel())


def test_a_write_error_is_noticed(fake: str) -> None:
    with VirtualCameraSink(SIZE, 30, backend=fake) as sink:
        FakeBackend.made[0].breaks = OSError(errno.ENODEV, "No such device")
        with pytest.raises(OutputError, match=r"Fake Camera did not take a frame.*No such device"):
            sink.write(picture())


def test_closing_is_done_once_and_nothing_is_taken_afterwards(fake: str) -> None:
    sink = VirtualCameraSink(SIZE, 30, backend=fake)
    sink.close()
    sink.close()
    sink.discard()
    assert FakeBackend.made[0].closed == 1
    with pytest.raises(OutputError, match="closed"):
        sink.write(picture())


def test_an_exception_closes(fake: str) -> None:
    with pytest.raises(KeyboardInterrupt), VirtualCameraSink(SIZE, 30, backend=fake):
        raise KeyboardInterrupt
    assert FakeBackend.made[0].closed == 1


@pytest.mark.parametrize(
    ("platform", "said", "advice"),
    [
        ("win32", "OBS Virtual Camera device not found!", "install OBS Studio 30"),
        ("win32", "virtual camera output could not be started", "another program sends"),
        ("darwin", "OBS Virtual Camera is not installed", "allow its extension"),
        ("darwin", "Couldn't start stream", "another program sends"),
    ],
)
def test_what_to_do_depends_on_the_system_and_on_what_is_wrong(
    fake: str, monkeypatch: pytest.MonkeyPatch, platform: str, said: str, advice: str
) -> None:
    monkeypatch.setattr(FakeBackend, "refuses", RuntimeError(said))
    monkeypatch.setattr(virtual_camera.sys, "platform", platform)
    with pytest.raises(OutputError) as caught:
        VirtualCameraSink(SIZE, 30, backend=fake)
    assert said in str(caught.value)
    assert advice in str(caught.value)
    assert "\n" not in str(caught.value)


def test_where_the_system_cannot_tell_nobody_counts_readers(fake: str) -> None:
    with VirtualCameraSink(SIZE, 30, backend=fake) as sink:
        assert sink.readers() is None


# Linux: what can be tested without a device. tests/devices has the rest.


def sysfs(folder: Path, **labels: str) -> Path:
    for name, label in labels.items():
        device = folder / "devices/virtual/video4linux" / name
        device.mkdir(parents=True)
        (device / "name").write_text(f"{label}\n")
        if label != "another driver":
            (device / "max_openers").write_text("10\n")
    return folder


@linux_only
def test_loopbacks_are_found_ours_first(tmp_path: Path) -> None:
    from streamdefocus.sinks.loopback_devices import list_loopbacks

    sysfs(tmp_path, video3="OBS", video10="streamdefocus", video2="Dummy", video1="another driver")
    found = [(device.path, device.label) for device in list_loopbacks(tmp_path)]
    assert found == [
        ("/dev/video10", "streamdefocus"),
        ("/dev/video2", "Dummy"),
        ("/dev/video3", "OBS"),
    ]


@linux_only
def test_the_advice_knows_how_far_the_user_got(tmp_path: Path) -> None:
    from streamdefocus.sinks.loopback_devices import no_loopback_advice

    system, modules = tmp_path / "sys", tmp_path / "modules"
    assert "apt install v4l2loopback-dkms" in no_loopback_advice(system, modules)
    place = modules / os.uname().release / "updates/dkms"
    place.mkdir(parents=True)
    (place / "v4l2loopback.ko.xz").touch()
    installed = no_loopback_advice(system, modules)
    assert "installed, but not loaded" in installed
    assert "exclusive_caps=1 card_label=streamdefocus" in installed
    (system / "module/v4l2loopback").mkdir(parents=True)
    assert "modprobe -r" in no_loopback_advice(system, modules)


@linux_only
def test_without_any_device_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    from streamdefocus.sinks import loopback_devices

    monkeypatch.setattr(loopback_devices, "list_loopbacks", list)
    with pytest.raises(OutputError, match=r"no virtual camera: .*modprobe v4l2loopback"):
        VirtualCameraSink(SIZE, 30)


@linux_only
def test_a_device_that_does_not_exist_is_said_so() -> None:
    with pytest.raises(OutputError, match=r"/dev/video987: there is no such device"):
        VirtualCameraSink(SIZE, 30, "/dev/video987")


@linux_only
def test_a_file_is_no_camera(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(OutputError, match="not a video device"):
        VirtualCameraSink(SIZE, 30, str(tmp_path / "file"))


@linux_only
@pytest.mark.parametrize(
    ("number", "advice"), [(errno.EACCES, "usermod -aG video"), (errno.EBUSY, "fuser -v")]
)
def test_a_device_that_does_not_open_is_explained(
    monkeypatch: pytest.MonkeyPatch, number: int, advice: str
) -> None:
    from streamdefocus.sinks import loopback_devices

    def refuse(*_: object) -> int:
        raise OSError(number, os.strerror(number))

    with monkeypatch.context() as patch:
        patch.setattr(loopback_devices.os, "open", refuse)
        with pytest.raises(OutputError, match=advice):
            VirtualCameraSink(SIZE, 30, "/dev/video987")


class FakeDriver:
    """Answers as a device of v4l2loopback does, over an ordinary file."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, path: Path) -> None:
        from streamdefocus.sinks import loopback, loopback_devices

        path.touch()
        self.driver, self.capabilities = "v4l2 loopback", 0x2
        self.size: tuple[int, int] | None = None
        self.calls: list[tuple[str, Any]] = []
        monkeypatch.setattr(loopback_devices, "query_capabilities", self._query)
        for module in (loopback, loopback_devices):
            monkeypatch.setattr(module, "start_stream", lambda _: self.calls.append(("start", 0)))
        monkeypatch.setattr(loopback, "set_i420", self._set_size)
        monkeypatch.setattr(loopback, "set_rate", lambda _, r: self.calls.append(("rate", r)))

    def _query(self, _device: int) -> tuple[str, int]:
        return self.driver, self.capabilities

    def _set_size(self, _device: int, width: int, height: int) -> tuple[int, int]:
        self.calls.append(("size", (width, height)))
        return self.size or (width, height)


@pytest.fixture
def driver(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> FakeDriver:
    return FakeDriver(monkeypatch, tmp_path / "video20")


@linux_only
def test_a_loopback_is_told_size_and_rate_and_started(driver: FakeDriver, tmp_path: Path) -> None:
    VirtualCameraSink(SIZE, 30000 / 1001, str(tmp_path / "video20")).close()
    assert driver.calls == [("size", SIZE), ("rate", Fraction(30000, 1001)), ("start", 0)]


@linux_only
def test_a_loopback_gets_planar_yuv(driver: FakeDriver, tmp_path: Path) -> None:
    with VirtualCameraSink(SIZE, 30, str(tmp_path / "video20")) as sink:
        sink.write(Frame(np.full((48, 64, 3), (40, 80, 200), np.uint8)))
    planes = np.frombuffer((tmp_path / "video20").read_bytes(), np.uint8)
    luma, blue, red = np.split(planes, [64 * 48, 64 * 48 * 5 // 4])
    assert planes.size == 64 * 48 * 3 // 2
    # BT.601: 16 + 0.257 R + 0.504 G + 0.098 B, and so on.
    assert (luma.mean(), blue.mean(), red.mean()) == pytest.approx((112, 93, 184), abs=1)


@linux_only
def test_a_size_that_a_reader_holds_is_noticed(driver: FakeDriver, tmp_path: Path) -> None:
    driver.size = (640, 480)
    with pytest.raises(OutputError, match=r"held at 640x480.*Received: 64x48.*--size 640x480"):
        VirtualCameraSink(SIZE, 30, str(tmp_path / "video20"))


@linux_only
def test_a_loopback_that_somebody_writes_to_is_taken(driver: FakeDriver, tmp_path: Path) -> None:
    driver.capabilities = 0x1
    with pytest.raises(OutputError, match="is taken: another program"):
        VirtualCameraSink(SIZE, 30, str(tmp_path / "video20"))


@linux_only
def test_a_loopback_that_was_left_behind_is_cured(driver: FakeDriver, tmp_path: Path) -> None:
    driver.capabilities = 0
    VirtualCameraSink(SIZE, 30, str(tmp_path / "video20")).close()
    assert [call for call, _ in driver.calls] == ["start", "size", "rate", "start"]


@linux_only
def test_a_webcam_is_not_written_to(driver: FakeDriver, tmp_path: Path) -> None:
    driver.driver = "uvcvideo"
    with pytest.raises(OutputError, match="device of 'uvcvideo'"):
        VirtualCameraSink(SIZE, 30, str(tmp_path / "video20"))


@linux_only
def test_a_full_device_is_noticed(driver: FakeDriver) -> None:
    with (
        VirtualCameraSink(SIZE, 30, "/dev/full") as sink,
        pytest.raises(OutputError, match="No space left"),
    ):
        sink.write(picture())


@linux_only
def test_what_is_wrong_with_a_device(driver: FakeDriver, tmp_path: Path) -> None:
    from streamdefocus.sinks.loopback_devices import loopback_trouble

    path = str(tmp_path / "video20")
    assert loopback_trouble(path) is None
    driver.capabilities = 0x1 | 0x2
    assert "exclusive_caps=1" in str(loopback_trouble(path))
    assert "no such device" in str(loopback_trouble("/dev/video987"))


@linux_only
def test_no_file_stays_open_after_a_refusal(driver: FakeDriver, tmp_path: Path) -> None:
    before = len(list(Path("/proc/self/fd").iterdir()))
    driver.size = (640, 480)
    for capabilities in (0x2, 0x1, 0x0):
        driver.capabilities = capabilities
        with pytest.raises(OutputError):
            VirtualCameraSink(SIZE, 30, str(tmp_path / "video20"))
    assert len(list(Path("/proc/self/fd").iterdir())) == before


@linux_only
def test_readers_are_counted_by_what_they_have_open(tmp_path: Path) -> None:
    from streamdefocus.sinks.readers import count_readers

    device = tmp_path / "video20"
    for process, targets in {
        str(os.getpid()): [device],
        "17": [device, device],
        "18": ["/dev/null"],
        "19": ["/dev/null", device],
        "20": [],
        "self": [device],
    }.items():
        folder = tmp_path / "proc" / process / "fd"
        folder.mkdir(parents=True)
        for number, target in enumerate(targets):
            (folder / str(number)).symlink_to(target)
    assert count_readers(str(device), tmp_path / "proc") == 2


@linux_only
def test_without_a_list_of_processes_nobody_can_tell(tmp_path: Path) -> None:
    from streamdefocus.sinks.readers import count_readers

    assert count_readers("/dev/video987", tmp_path) is None
    assert count_readers("/dev/video987", tmp_path / "missing") is None


@linux_only
def test_a_driver_that_tells_is_believed(monkeypatch: pytest.MonkeyPatch) -> None:
    from streamdefocus.sinks import readers

    monkeypatch.setattr(readers, "current_count", lambda _path, _event: 1)
    assert readers.count_readers("/dev/video987") == 1
