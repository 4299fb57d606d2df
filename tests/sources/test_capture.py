from __future__ import annotations

import cv2
import numpy as np
import pytest

from streamdefocus.sources.capture import Terms, Wish, as_bgr, fitted, negotiate


class Forgetful:
    """A driver that offers 640x480 only, and forgets the pixel format when the size changes."""

    def __init__(self) -> None:
        self.values: dict[int, float] = {}
        self.calls: list[int] = []

    def isOpened(self) -> bool:  # noqa: N802
        return True

    def read(self) -> tuple[bool, object]:
        return False, None

    def get(self, property_: int, /) -> float:
        return self.values.get(property_, 0)

    def set(self, property_: int, value: float, /) -> bool:
        self.calls.append(property_)
        if property_ == cv2.CAP_PROP_FRAME_WIDTH:
            self.values.pop(cv2.CAP_PROP_FOURCC, None)
            value = 640
        if property_ == cv2.CAP_PROP_FRAME_HEIGHT:
            value = 480
        if property_ == cv2.CAP_PROP_FPS:
            value = 30.00003
        self.values[property_] = value
        return True

    def release(self) -> None: ...


def test_a_driver_that_forgets_the_format_is_told_twice_and_everything_is_read_back() -> None:
    driver = Forgetful()
    terms = negotiate(driver, Wish((1920, 1080), 60))
    assert driver.calls.count(cv2.CAP_PROP_FOURCC) == 2
    assert terms == Terms((640, 480), terms.rate, "MJPG")
    assert str(terms) == "640x480 at 30 fps as MJPG"


def test_a_camera_that_tells_nothing() -> None:
    assert str(Terms((0, 0), None, "")) == "0x0 at a rate that it does not tell"


@pytest.mark.parametrize(
    "picture",
    [None, np.empty((0, 0, 3), np.uint8), np.zeros((2, 2, 2), np.uint8), np.zeros((2, 2, 3))],
)
def test_what_is_no_picture(picture: object) -> None:
    assert as_bgr(picture) is None


@pytest.mark.parametrize(
    "picture",
    [
        np.full((4, 6), 50, np.uint8),
        np.full((4, 6, 1), 50, np.uint8),
        np.full((4, 6, 4), 50, np.uint8),
        np.full((4, 6), 50 * 256 + 7, np.uint16),
        np.full((4, 6, 3), 50, np.uint8),
    ],
)
def test_grey_transparent_and_deep_pictures_become_bgr(picture: object) -> None:
    bgr = as_bgr(picture)
    assert bgr is not None
    assert bgr.shape == (4, 6, 3)
    assert bgr.dtype == np.uint8
    assert (bgr == 50).all()


def test_fitted_keeps_what_fits() -> None:
    bgr = np.zeros((8, 16, 3), np.uint8)
    assert fitted(bgr, (16, 8)) is bgr


@pytest.mark.parametrize(("width", "height"), [(320, 240), (90, 160), (1920, 1080), (17, 9)])
def test_fitted_cuts_the_edges_and_does_not_distort(width: int, height: int) -> None:
    bgr = np.zeros((height, width, 3), np.uint8)
    radius = min(width, height) // 4
    cv2.circle(bgr, (width // 2, height // 2), radius, (255, 255, 255), -1)
    result = fitted(bgr, (160, 90))
    assert result.shape == (90, 160, 3)
    lit = result[:, :, 0] > 127
    wide, high = lit.any(axis=0).sum(), lit.any(axis=1).sum()
    if min(width, height) > 50:
        assert abs(int(wide) - int(high)) <= 3
