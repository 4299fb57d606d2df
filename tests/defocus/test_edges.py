"""Where the blur changes: steep edges, at the place where the picture has them."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from streamdefocus.defocus.edges import sharpness, smooth_edges, snap_edges
from streamdefocus.defocus.matting import align_edges
from streamdefocus.defocus.scratch import Scratch
from streamdefocus.frames import BgrImage, FloatMap

LARGEST = 20.0


def step(at: int, far: float = -20.0, near: float = 0.0) -> FloatMap:
    radius = np.full((60, 100), far, np.float32)
    radius[:, at:] = near
    return radius


def two_colours(at: int, left: int, right: int) -> BgrImage:
    image = np.full((60, 100, 3), left, np.uint8)
    image[:, at:] = right
    return image


def aligned(radius: FloatMap, image: BgrImage) -> FloatMap:
    return align_edges(radius, np.stack(cv2.split(image)), (50, 30), LARGEST, Scratch())


def test_a_soft_edge_becomes_steep_with_nothing_half_way() -> None:
    soft = step(50)
    soft[:, 48:52] = np.linspace(-16, -4, 4, dtype=np.float32)
    snapped = snap_edges(soft, LARGEST)
    assert ((snapped <= -16) | (snapped >= -4)).all()
    assert ((soft > -16) & (soft < -4)).any()


def test_slopes_are_not_steps() -> None:
    slope = np.tile(np.linspace(-20, 20, 100, dtype=np.float32), (60, 1))
    np.testing.assert_array_equal(snap_edges(slope, LARGEST), slope)


@pytest.mark.parametrize("off", [-3, -2, 2, 3])
def test_an_edge_moves_to_where_the_colour_changes(off: int) -> None:
    radius = aligned(step(50 + off), two_colours(50, 40, 200))
    wrong = np.abs(radius - step(50)).max(axis=0) > 2
    assert wrong.sum() <= 1
    untouched = aligned(step(50 + off), two_colours(50, 120, 124))
    assert (np.abs(untouched - step(50)).max(axis=0) > 2).sum() >= abs(off) - 1


def test_without_edges_the_radius_is_what_it_was() -> None:
    slope = np.tile(np.linspace(-20, 20, 100, dtype=np.float32), (60, 1))
    noise = np.random.default_rng(0).integers(0, 256, (60, 100, 3), np.uint8)
    np.testing.assert_array_equal(aligned(slope, noise), slope)


def test_corrections_stay_near_the_edge_and_between_its_sides() -> None:
    noise = np.random.default_rng(0).integers(0, 256, (60, 100, 3), np.uint8)
    radius = aligned(step(50), noise)
    np.testing.assert_array_equal(radius[:, :44], -20)
    np.testing.assert_array_equal(radius[:, 56:], 0)
    assert radius.min() >= -20
    assert radius.max() <= 0


def test_shares_of_sharpness_add_up_and_fall_off() -> None:
    radius = np.tile(np.linspace(-10, 10, 101, dtype=np.float32), (9, 1))
    for has_front in (False, True):
        shares = sharpness(radius, 6.0, 2.0, has_front)
        total = shares.crisp.astype(int) + shares.medium + shares.soft
        np.testing.assert_array_equal(total, 255)
        assert shares.crisp[4, 50] == 255 or has_front  # its neighbour is slightly in front
        assert shares.crisp[4, 40] == 0
        assert shares.sharp[4, 35] == pytest.approx(128, abs=1)  # a radius of 3 px
        assert (shares.soft[:, :20] == 255).all()


def test_pixels_that_touch_the_front_are_not_sharp() -> None:
    radius = step(50, far=0.0, near=10.0)
    assert (sharpness(radius, 6.0, 2.0, True).sharp[:, 49] == 0).all()
    assert (sharpness(radius, 6.0, 2.0, True).sharp[:, 48] == 255).all()
    behind = step(50, far=-10.0, near=0.0)
    assert (sharpness(behind, 6.0, 2.0, True).sharp[:, 50] == 255).all()


def test_the_edge_of_a_mask_of_the_same_size_is_a_pixel_wide() -> None:
    y, x = np.mgrid[:40, :60]
    mask = np.where(x > 10 + y * 0.7, 255, 0).astype(np.uint8)
    smooth = smooth_edges(mask)
    assert smooth.shape == mask.shape
    mixed = (smooth > 0) & (smooth < 255)
    assert 1 <= mixed.sum(axis=1).mean() <= 3
    np.testing.assert_allclose(smooth.astype(float).mean(), mask.astype(float).mean(), rtol=0.01)


def test_an_enlarged_mask_has_no_stairs_and_keeps_what_is_sure() -> None:
    y, x = np.mgrid[:40, :60]
    mask = np.where(x > 10 + y * 0.7, 255, 0).astype(np.uint8)
    large, plain = (
        cv2.resize(each, (240, 160), interpolation=cv2.INTER_LINEAR)
        for each in (smooth_edges(mask), mask)
    )

    def roughness(image: np.ndarray) -> float:
        """Deviation of the edge from a straight line, px."""
        places = np.array([np.interp(127.5, row, np.arange(240)) for row in image.astype(float)])
        rows = np.arange(20, 140)
        line = np.polyfit(rows, places[20:140], 1)
        return float(np.std(places[20:140] - np.polyval(line, rows)))

    assert roughness(large) < 0.7 * roughness(plain)
    inside = cv2.erode(mask, np.ones((5, 5), np.uint8))
    outside = cv2.dilate(mask, np.ones((5, 5), np.uint8))
    assert (large[::4, ::4][inside == 255] == 255).all()
    assert (large[::4, ::4][outside == 0] == 0).all()
