from __future__ import annotations

import numpy as np
import pytest

from streamdefocus.defocus.aperture import (
    CORNERS,
    ApertureFilter,
    ApertureShape,
    Extract,
    aperture_kernel,
    aperture_points,
    separable_factors,
)

SHAPES: list[ApertureShape] = list(CORNERS)


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("radius", [0.5, 1.3, 4.0, 7.75])
def test_kernels_have_sum_one_and_the_area_of_the_disc(shape: ApertureShape, radius: float) -> None:
    kernel = aperture_kernel(shape, radius)
    assert kernel.sum() == pytest.approx(1, abs=1e-5)
    assert 1 / kernel.max() == pytest.approx(np.pi * radius**2, rel=0.03, abs=0.5)
    np.testing.assert_allclose(kernel, kernel[::-1, ::-1], atol=1e-6)


def test_shapes_differ() -> None:
    reach = {shape: np.abs(aperture_points(shape, 4000)) for shape in SHAPES}
    # The hexagon is wider than high; the corners of both stick out of the disc of the same area.
    assert reach["hexagon"].max(axis=0) == pytest.approx([1.1, 0.952], abs=0.03)
    assert reach["octagon"].max(axis=0) == pytest.approx([1.05, 1.05], abs=0.03)
    assert reach["disc"].max(axis=0) == pytest.approx([1, 1], abs=0.02)


@pytest.mark.parametrize("shape", SHAPES)
def test_few_separable_filters_come_close_to_the_kernel(shape: ApertureShape) -> None:
    kernel = aperture_kernel(shape, 7.0)
    factors = separable_factors(shape, 7.0)
    rebuilt = np.sum([np.outer(column, row) for column, row in factors], axis=0)
    assert rebuilt.sum() == pytest.approx(1, abs=1e-4)
    assert np.abs(rebuilt - kernel).mean() < 0.02 * kernel.mean()
    assert len(factors) <= 7


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("radius", [0.2, 2.0, 6.0, 8.0, 8.5, 20.0, 60.0])
def test_filter_keeps_light_and_spreads_it_as_the_lens_does(
    shape: ApertureShape, radius: float
) -> None:
    image = np.zeros((301, 301, 4), np.float32)
    image[150, 150] = 1
    out = ApertureFilter(shape).apply(image, radius, np.empty_like(image))
    assert out[..., 0].sum() == pytest.approx(1, rel=0.01)
    assert out.min() > -0.05 * out.max()  # a truncated sum may dip below 0
    y, x = np.mgrid[-150:151, -150:151]
    spread = float((out[..., 0] * (x**2 + y**2)).sum())
    if radius >= 2:  # a disc's mean squared distance from its centre is half its squared radius
        pixel = 1 / 6  # its own extent
        assert spread == pytest.approx(radius**2 / 2 + pixel, rel=0.05)


def test_filter_leaves_uniform_images_alone_at_any_size() -> None:
    blur = ApertureFilter("disc")
    for size in ((1, 1), (3, 50), (33, 17)):
        image = np.full((*size, 4), 0.7, np.float32)
        for radius in (0.7, 3.0, 7.0, 40.0):
            out = blur.apply(image, radius, np.empty_like(image))
            np.testing.assert_allclose(out, image, atol=1e-4)


@pytest.mark.parametrize("shape", SHAPES)
def test_points_fill_the_aperture_evenly(shape: ApertureShape) -> None:
    points = aperture_points(shape, 2000)
    assert points.shape == (2000, 2)
    np.testing.assert_allclose(points.mean(axis=0), 0, atol=1e-9)
    # Second moments of the shape: those of its kernel.
    kernel = aperture_kernel(shape, 50.0)
    half = kernel.shape[0] // 2
    y, x = np.mgrid[-half : half + 1, -half : half + 1] / 50.0
    assert (points**2).mean(axis=0) == pytest.approx(
        [(kernel * x**2).sum(), (kernel * y**2).sum()], rel=0.02
    )


def spread_of(image: np.ndarray, x: int, y: int) -> np.ndarray:
    """Second moments (xx, xy, yy) of the light within 15 px of a place."""
    part = image[y - 15 : y + 16, x - 15 : x + 16, 0]
    v, u = np.mgrid[-15:16, -15:16]
    return np.array([(part * w).sum() for w in (u * u, u * v, v * v)]) / part.sum()


@pytest.mark.parametrize("shape", SHAPES)
def test_the_rims_leave_a_cats_eye_across_the_line_to_the_middle(shape: ApertureShape) -> None:
    kernel = aperture_kernel(shape, 40.0, (1.0, 0.0))
    full = aperture_kernel(shape, 40.0)
    assert kernel.sum() == pytest.approx(1, abs=1e-5)
    np.testing.assert_allclose(kernel, kernel[::-1, ::-1], atol=1e-6)
    columns, rows = kernel.any(axis=0).sum(), kernel.any(axis=1).sum()
    assert rows > 1.4 * columns
    assert (kernel > 0).sum() < 0.6 * (full > 0).sum()
    if shape == "disc":  # two circles of radius 1, 1 apart: 2 pi / 3 - sqrt(3) / 2 of pi
        assert (kernel > 0).sum() / (full > 0).sum() == pytest.approx(0.391, abs=0.02)


def test_lights_become_narrower_towards_the_corners() -> None:
    image = np.zeros((180, 320, 4), np.float32)
    places = {"middle": (160, 90), "right": (300, 90), "top": (160, 18), "corner": (300, 162)}
    for x, y in places.values():
        image[y, x] = 1
    out = ApertureFilter("disc", 1.0).apply(image, 8.0, np.empty_like(image))
    moments = {name: spread_of(out, *place) for name, place in places.items()}
    assert moments["middle"] == pytest.approx([16, 0, 16], rel=0.2, abs=1)
    assert moments["right"][0] < 0.5 * moments["right"][2]
    assert moments["top"][2] < 0.75 * moments["top"][0]
    assert moments["corner"][1] < -2  # long from the lower left to the upper right


@pytest.mark.parametrize("radius", [1.0, 3.0, 7.5, 12.0])
def test_cats_eyes_keep_even_light_even(radius: float) -> None:
    for size in ((180, 320), (7, 40), (1, 1)):
        image = np.full((*size, 4), 0.7, np.float32)
        out = ApertureFilter("disc", 1.0).apply(image, radius, np.empty_like(image))
        np.testing.assert_allclose(out, image, rtol=1e-4)


def test_a_part_of_the_picture_is_blurred_as_in_the_whole() -> None:
    image = np.zeros((180, 320, 4), np.float32)
    image[150:165, 280:300] = 1
    blur = ApertureFilter("hexagon", 0.8)
    whole = blur.apply(image, 6.0, np.empty_like(image))
    part = np.ascontiguousarray(image[112:, 224:])
    alone = blur.apply(part, 6.0, np.empty_like(part), Extract((320, 180), 224, 112))
    np.testing.assert_allclose(alone, whole[112:, 224:], atol=1e-5)
