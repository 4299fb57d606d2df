from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from fractions import Fraction
from typing import Any

import cv2
import numpy as np
import pytest
from toys import DEVICE, LONG_S, QUICK, ToyCamera, ToyCapture

from streamdefocus.errors import CameraError
from streamdefocus.frames import BgrImage
from streamdefocus.sources.camera import CameraSource, Phase
from streamdefocus.sources.devices import CameraDevice


@pytest.fixture
def toy() -> Iterator[ToyCamera]:
    camera = ToyCamera()
    yield camera
    camera.unblock.set()


@pytest.fixture
def opened(toy: ToyCamera) -> Iterator[Callable[..., CameraSource]]:
    """Opens sources on the toy, and closes them."""
    sources = []

    def open_(**options: Any) -> CameraSource:
        source = CameraSource(patience=options.pop("patience", QUICK), system=toy.system, **options)
        sources.append(source)
        return source

    yield open_
    for source in sources:
        source.close()


def wait_for(condition: Callable[[], bool]) -> None:
    deadline_s = time.monotonic() + LONG_S
    while not condition():
        assert time.monotonic() < deadline_s, "waited in vain"
        time.sleep(0.002)


def in_phase(source: CameraSource, phase: Phase) -> Callable[[], bool]:
    return lambda: source.state.phase is phase


# --- a camera that works


def test_frames_are_numbered_stamped_and_of_the_size_that_info_tells(
    opened: Callable[..., CameraSource],
) -> None:
    source = opened()
    assert source.info.live
    assert (source.info.width, source.info.height) == (16, 8)
    assert source.info.frame_rate == Fraction(25)
    frames = [frame for _, frame in zip(range(20), source, strict=False)]
    assert [frame.index for frame in frames] == list(range(20))
    stamps = [frame.pts for frame in frames]
    assert stamps == sorted(set(stamps))
    assert stamps[0] >= 0
    assert all(frame.size_px == (16, 8) and frame.duration == 40_000 for frame in frames)
    assert source.state.phase is Phase.RUNNING
    assert "Toy Cam" in source.state.sentence
    assert source.name == "Toy Cam"


def test_pixels_that_were_handed_out_are_never_written_to(
    opened: Callable[..., CameraSource],
) -> None:
    frames = iter(opened())
    first = next(frames)
    before = first.bgr.copy()
    for _ in range(10):
        next(frames)
    assert np.array_equal(first.bgr, before)


def test_a_slow_consumer_gets_the_newest_frame_and_the_others_are_counted(
    toy: ToyCamera, opened: Callable[..., CameraSource]
) -> None:
    source = opened()
    frames = iter(source)
    next(frames)
    wait_for(lambda: source.dropped > 20)
    newest = toy.pictures
    assert next(frames).bgr[0, 0, 0] >= (newest - 1) % 251
    assert next(frames).index == 2


def test_what_waits_before_the_first_frame_is_taken_is_not_counted(
    toy: ToyCamera, opened: Callable[..., CameraSource]
) -> None:
    source = opened()
    wait_for(lambda: toy.pictures > 20)
    assert source.dropped == 0


def test_mirror_flips_left_and_right_at_any_time(
    toy: ToyCamera, opened: Callable[..., CameraSource]
) -> None:
    ramp = np.arange(16, dtype=np.uint8)

    def picture() -> BgrImage:
        toy.pictures += 1
        bgr = np.empty((8, 16, 3), np.uint8)
        bgr[:] = ramp[:, None] + np.uint8(toy.pictures % 100)
        return bgr

    toy.picture = picture  # type: ignore[method-assign]
    source = opened(mirror=True)
    frames = iter(source)
    row = next(frames).bgr[0, :, 0].astype(int)
    assert (np.diff(row) == -1).all()
    source.mirror = False
    row = next(frames).bgr[0, :, 0].astype(int)
    assert (np.diff(row) == 1).all()


def test_the_pixel_format_is_asked_for_before_the_size(
    toy: ToyCamera, opened: Callable[..., CameraSource]
) -> None:
    opened(size=(640, 480), frame_rate=60)
    properties = [property_ for property_, _ in toy.asked]
    assert properties.index(cv2.CAP_PROP_FOURCC) < properties.index(cv2.CAP_PROP_FRAME_WIDTH)
    asked = dict(toy.asked)
    assert asked[cv2.CAP_PROP_FRAME_WIDTH] == 640
    assert asked[cv2.CAP_PROP_FRAME_HEIGHT] == 480
    assert asked[cv2.CAP_PROP_FPS] == 60


def test_what_was_asked_and_what_came_is_logged(
    opened: Callable[..., CameraSource], caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.INFO, "streamdefocus"):
        opened()
        opened(size=(640, 480))
    asked_nothing, asked = caplog.records
    assert asked_nothing.levelno == logging.INFO
    assert asked.levelno == logging.WARNING
    expected = "camera /dev/video0 (Toy Cam): asked for 640x480 at 30 fps, got 16x8 at 25 fps"
    assert asked.getMessage().startswith(expected)


@pytest.mark.parametrize("rate", [0.0, float("nan"), -1.0, 1e9])
def test_a_rate_that_makes_no_sense_is_unknown(
    rate: float, toy: ToyCamera, opened: Callable[..., CameraSource]
) -> None:
    toy.rate = rate
    source = opened()
    assert source.info.frame_rate is None
    assert next(iter(source)).duration == 0


# --- a camera that does not start


def test_a_camera_that_does_not_open_is_an_error_that_says_what_to_try(
    toy: ToyCamera, opened: Callable[..., CameraSource]
) -> None:
    toy.plugged = False
    with pytest.raises(CameraError) as caught:
        opened()
    assert str(caught.value) == (
        "camera /dev/video0 (Toy Cam) cannot be opened: it is full of sand; shake it"
    )
    assert toy.opened == toy.released == 1


@pytest.mark.parametrize(
    ("mode", "trouble"),
    [
        ("fail", "gives no picture:"),
        ("empty", "gives no picture:"),
        ("block", "gives no picture:"),
        ("raise", "failed (the driver is upset):"),
    ],
)
def test_a_camera_that_gives_no_first_picture_is_an_error(
    mode: str, trouble: str, toy: ToyCamera, opened: Callable[..., CameraSource]
) -> None:
    toy.mode = mode
    with pytest.raises(CameraError) as caught:
        opened()
    assert trouble in str(caught.value)
    assert "\n" not in str(caught.value)
    toy.unblock.set()
    wait_for(lambda: toy.released == 1)


def test_a_camera_whose_opening_blocks_is_an_error(toy: ToyCamera) -> None:
    def block(_camera: CameraDevice) -> ToyCapture:
        toy.unblock.wait(LONG_S)
        return ToyCapture(toy)

    with pytest.raises(CameraError, match="does not open"):
        CameraSource(patience=QUICK, system=replace(toy.system, open=block))
    toy.unblock.set()
    wait_for(lambda: toy.released == 1)


# --- a camera that fails on the way


@pytest.mark.parametrize("mode", ["fail", "empty", "repeat", "raise", "block"])
def test_a_camera_that_stops_is_opened_again_and_goes_on(
    mode: str,
    toy: ToyCamera,
    opened: Callable[..., CameraSource],
    caplog: pytest.LogCaptureFixture,
) -> None:
    source = opened()
    frames = iter(source)
    for _ in range(20):
        last = next(frames)
    toy.mode = mode
    wait_for(in_phase(source, Phase.LOST))
    assert "trying again in 0.01 s" in source.state.sentence
    toy.mode = "run"
    wait_for(in_phase(source, Phase.RUNNING))
    for _ in range(20):
        frame = next(frames)
        assert frame.index == last.index + 1
        assert frame.pts >= last.pts
        last = frame
    assert toy.opened >= 2
    assert [r.getMessage() for r in caplog.records if "is back" in r.getMessage()]


def test_a_camera_is_looked_for_where_it_was_plugged_in_again(
    toy: ToyCamera, opened: Callable[..., CameraSource]
) -> None:
    source = opened()
    toy.plugged = False
    wait_for(lambda: toy.opened > 4)
    assert source.state.phase is Phase.LOST
    assert toy.found[0] == DEVICE
    toy.plugged = True
    wait_for(in_phase(source, Phase.RUNNING))
    assert source.state.sentence == "camera /dev/video1 (Toy Cam) is running"


def test_pauses_grow_while_a_camera_stays_away_and_only_the_loss_is_said_aloud(
    toy: ToyCamera, opened: Callable[..., CameraSource], caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.DEBUG, "streamdefocus"):
        opened()
        toy.plugged = False
        wait_for(lambda: toy.opened > 4)
    told = [record for record in caplog.records if "trying again" in record.getMessage()]
    assert [record.levelno == logging.WARNING for record in told][:3] == [True, False, False]
    assert "in 0.01 s" in told[0].getMessage()
    assert all("in 0.02 s" in record.getMessage() for record in told[1:])


def test_frames_keep_their_size_when_the_camera_comes_back_with_another(
    toy: ToyCamera, opened: Callable[..., CameraSource]
) -> None:
    source = opened()
    frames = iter(source)
    next(frames)
    toy.plugged = False
    wait_for(in_phase(source, Phase.LOST))
    toy.size_px, toy.plugged = (64, 48), True
    wait_for(in_phase(source, Phase.RUNNING))
    frame = next(frames)
    while frame.index < 10:
        frame = next(frames)
        assert frame.size_px == (16, 8)


def test_a_picture_that_never_moved_is_believed(
    toy: ToyCamera, opened: Callable[..., CameraSource]
) -> None:
    toy.mode = "repeat"
    source = opened()
    frames = iter(source)
    begin_s = time.monotonic()
    while time.monotonic() - begin_s < 2 * QUICK.repeat_s:
        next(frames)
    assert toy.opened == 1


def test_a_picture_that_froze_is_reopened_once_and_then_believed(
    toy: ToyCamera, opened: Callable[..., CameraSource]
) -> None:
    source = opened()
    wait_for(lambda: toy.pictures > 20)
    toy.mode = "repeat"
    wait_for(in_phase(source, Phase.LOST))
    assert "repeats one picture" in source.state.sentence
    wait_for(in_phase(source, Phase.RUNNING))
    time.sleep(2 * QUICK.repeat_s)
    assert toy.opened == 2


def test_no_more_threads_than_three_are_risked_in_a_driver_that_swallows_them(
    toy: ToyCamera, opened: Callable[..., CameraSource]
) -> None:
    source = opened()
    toy.mode = "block"
    wait_for(lambda: toy.opened == 3)
    wait_for(in_phase(source, Phase.LOST))
    time.sleep(1.5 * QUICK.first_s)
    assert toy.opened <= 3
    toy.mode = "run"
    toy.unblock.set()
    wait_for(in_phase(source, Phase.RUNNING))
    wait_for(lambda: toy.released == toy.opened - 1)


# --- the end


def test_close_ends_the_iteration_of_another_thread(
    toy: ToyCamera, opened: Callable[..., CameraSource]
) -> None:
    source = opened()
    toy.plugged = False
    wait_for(in_phase(source, Phase.LOST))
    counted: list[int] = []
    reader = threading.Thread(target=lambda: counted.append(sum(1 for _ in source)))
    reader.start()
    source.close()
    reader.join(LONG_S)
    assert counted
    assert source.state.phase is Phase.CLOSED
    source.close()
    assert list(source) == []


def test_close_does_not_wait_for_a_thread_that_is_stuck_in_the_driver(
    toy: ToyCamera, opened: Callable[..., CameraSource], caplog: pytest.LogCaptureFixture
) -> None:
    source = opened(patience=replace(QUICK, silence_s=LONG_S))
    toy.mode = "block"
    time.sleep(0.02)
    begin_s = time.monotonic()
    with caplog.at_level(logging.DEBUG, "streamdefocus"):
        source.close()
    assert time.monotonic() - begin_s < 1
    assert "left a thread behind" in caplog.text
    assert toy.released == 0
    toy.unblock.set()
    wait_for(lambda: toy.released == 1)


def test_nothing_is_delivered_or_revived_after_close(
    toy: ToyCamera, opened: Callable[..., CameraSource]
) -> None:
    source = opened()
    frames = iter(source)
    next(frames)
    source.close()
    assert next(frames, None) is None
    assert toy.opened == toy.released == 1
