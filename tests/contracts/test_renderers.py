"""What every renderer guarantees (defocus/base.py)."""

from __future__ import annotations

from typing import Any, get_args

import cv2
import numpy as np
import pytest

from streamdefocus.config import BlurMethod, DefocusOptions
from streamdefocus.defocus import create_renderer
from streamdefocus.frames import BgrImage, DisparityMap, FocusPlane

FAST: list[dict[str, Any]] = [
    *({"renderer": "fast", "aperture_shape": s} for s in ("disc", "hexagon", "octagon")),
    {"renderer": "fast", "cats_eye": 1.0},
    {"renderer": "fast", "aperture_shape": "hexagon", "cats_eye": 0.5},
    {"renderer": "fast", "highlights": 0.0},
]
BEST: list[dict[str, Any]] = [
    *({"renderer": "best", "aperture_shape": s} for s in ("disc", "hexagon", "octagon")),
    {"renderer": "best", "cats_eye": 1.0},
    {"renderer": "best", "highlights": 0.0},
]
PARTIAL: list[dict[str, Any]] = [
    {"renderer": renderer, **option}
    for renderer in ("fast", "best", "classic")
    for option in ({"foreground_blur": False}, {"grain": 1.0})
]
"""Looks in which a blurred area is not always calmer: left out where that is tested."""
CLASSIC: list[dict[str, Any]] = [
    *({"renderer": "classic", "blur_method": method} for method in get_args(BlurMethod)),
    {"renderer": "classic", "blur_method": "gaussian", "far_blur_method": "disc"},
]
SIZES = [
    (64, 48),
    (65, 49),
    (213, 120),
    (360, 640),
    (641, 363),
    (8, 8),
    (200, 7),
    (1, 1),
    (1281, 721),
]


def picture(width: int, height: int, seed: int = 0) -> BgrImage:
    """Smooth colours with fine noise."""
    rng = np.random.default_rng(seed)
    coarse = rng.integers(20, 230, (5, 7, 3), np.uint8)
    image = cv2.resize(coarse, (width, height), interpolation=cv2.INTER_LINEAR).astype(np.int16)
    image += rng.integers(-20, 21, image.shape, np.int16)
    return np.clip(image, 0, 255).astype(np.uint8)


def slope(width: int = 64, height: int = 32) -> DisparityMap:
    """Far at the top left, near at the bottom right, with a step in the middle."""
    y, x = np.mgrid[:height, :width]
    values = (0.05 + 0.1 * (x / width + y / height) + 0.05 * (x > width // 2)).astype(np.float32)
    return DisparityMap(values, 0.05, 0.3)


def named(options: dict[str, Any]) -> str:
    return "-".join(f"{value}" for value in options.values())


@pytest.fixture(params=FAST + BEST + CLASSIC + PARTIAL, ids=named)
def options(request: pytest.FixtureRequest) -> dict[str, Any]:
    return dict(request.param)


@pytest.fixture(params=FAST + BEST + CLASSIC, ids=named)
def blurring(request: pytest.FixtureRequest) -> dict[str, Any]:
    return dict(request.param)


@pytest.mark.parametrize("size", SIZES, ids=lambda size: "x".join(map(str, size)))
def test_keeps_shape_and_dtype_and_leaves_its_input_alone(
    options: dict[str, Any], size: tuple[int, int]
) -> None:
    image, disparity = picture(*size), slope()
    before, values = image.copy(), disparity.values.copy()
    result = create_renderer(DefocusOptions(**options)).render(image, disparity, FocusPlane(0.15))
    assert result.shape == image.shape
    assert result.dtype == np.uint8
    assert not np.shares_memory(result, image)
    np.testing.assert_array_equal(image, before)
    np.testing.assert_array_equal(disparity.values, values)


def test_read_only_and_strided_input_is_fine(options: dict[str, Any]) -> None:
    renderer = create_renderer(DefocusOptions(**options))
    image = picture(160, 90)
    expected = renderer.render(image, slope(), FocusPlane(0.15))
    wide = np.zeros((90, 320, 3), np.uint8)
    wide[:, ::2] = image
    view = wide[:, ::2]
    view.setflags(write=False)
    np.testing.assert_array_equal(renderer.render(view, slope(), FocusPlane(0.15)), expected)


def test_a_result_is_the_callers_and_no_picture_leaves_traces(options: dict[str, Any]) -> None:
    renderer = create_renderer(DefocusOptions(**options))
    first = renderer.render(picture(160, 90), slope(), FocusPlane(0.15))
    kept = first.copy()
    renderer.render(picture(160, 90, seed=1), slope(), FocusPlane(0.3))
    renderer.render(picture(90, 160, seed=2), slope(), FocusPlane(0.05))
    np.testing.assert_array_equal(first, kept)
    again = renderer.render(picture(160, 90), slope(), FocusPlane(0.15))
    np.testing.assert_array_equal(again, kept)


def test_no_blur_returns_the_picture(options: dict[str, Any]) -> None:
    image = picture(160, 90)
    renderer = create_renderer(DefocusOptions(**options, blur=0))
    np.testing.assert_array_equal(renderer.render(image, slope(), FocusPlane(0.05)), image)


def test_everything_in_focus_returns_the_picture(options: dict[str, Any]) -> None:
    image = picture(160, 90)
    renderer = create_renderer(DefocusOptions(**options, blur=4))
    result = renderer.render(image, slope(), FocusPlane(0.175, half_range=0.3))
    np.testing.assert_array_equal(result, image)
    flat = DisparityMap(np.full((32, 64), 0.2, np.float32), 0.05, 0.3)
    np.testing.assert_array_equal(renderer.render(image, flat, FocusPlane(0.2)), image)


@pytest.mark.parametrize("shape", [(18, 32), (90, 160), (45, 81), (256, 512), (360, 640), (2, 2)])
def test_takes_disparity_of_any_resolution(
    blurring: dict[str, Any], shape: tuple[int, int]
) -> None:
    renderer = create_renderer(DefocusOptions(**blurring, blur=3))
    image = picture(160, 90)
    values = np.tile(np.linspace(0.05, 0.3, shape[1], dtype=np.float32), (shape[0], 1))
    result = renderer.render(image, DisparityMap(values, 0.05, 0.3), FocusPlane(0.05))
    # Noise is left at the far side, which is in focus, and gone at the near side.
    assert noise_of(result[:, :16]) > 2 * noise_of(result[:, -40:])


def noise_of(image: BgrImage) -> float:
    """Mean difference between neighbours."""
    return float(np.abs(np.diff(image.astype(np.int16), axis=0)).mean())


@pytest.mark.parametrize("focus", [0.05, 0.17, 0.3])
@pytest.mark.parametrize("blur", [0.5, 2, 10])
@pytest.mark.parametrize("value", [0, 3, 128, 233, 250, 255])
def test_a_uniform_picture_stays_uniform_to_the_border(
    options: dict[str, Any], focus: float, blur: float, value: int
) -> None:
    image = np.full((90, 160, 3), (value, value // 2, 255 - value), np.uint8)
    renderer = create_renderer(DefocusOptions(**options, blur=blur))
    result = renderer.render(image, slope(), FocusPlane(focus))
    assert np.abs(result.astype(int) - image).max() <= 1


def test_farther_from_the_focus_is_more_blurred(blurring: dict[str, Any]) -> None:
    noise = np.random.default_rng(0).integers(60, 200, (180, 320, 3), np.uint8)
    renderer = create_renderer(DefocusOptions(**blurring, blur=3))
    left_over = []
    for disparity in np.linspace(0.05, 0.3, 6):
        flat = DisparityMap(np.full((16, 32), disparity, np.float32), 0.05, 0.3)
        left_over.append(noise_of(renderer.render(noise, flat, FocusPlane(0.05))))
    assert left_over[0] == noise_of(noise)
    assert left_over == sorted(left_over, reverse=True)
    assert left_over[-1] < 0.6 * left_over[0]


def test_the_focus_range_stays_sharp(blurring: dict[str, Any]) -> None:
    image = picture(320, 180)
    values = np.tile(np.linspace(0.05, 0.3, 64, dtype=np.float32), (32, 1))
    disparity = DisparityMap(values, 0.05, 0.3)
    renderer = create_renderer(DefocusOptions(**blurring, blur=3))
    result = renderer.render(image, disparity, FocusPlane(0.05, half_range=0.1))
    # 0.1 of 0.25 is 40 % of the width; the last columns of it touch pixels that are blurred.
    np.testing.assert_array_equal(result[:, :115], image[:, :115])
    assert noise_of(result[:, -40:]) < 0.6 * noise_of(image[:, -40:])
