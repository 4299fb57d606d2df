"""The report's algorithm: which version of the picture is seen where."""

from __future__ import annotations

from typing import Any, get_args

import cv2
import numpy as np
import pytest

from streamdefocus.config import BlurMethod, DefocusOptions
from streamdefocus.defocus.classic import METHODS, ClassicRenderer, blurred
from streamdefocus.frames import BgrImage, DisparityMap, FocusPlane

ALL = get_args(BlurMethod)


def test_every_method_that_can_be_asked_for_exists() -> None:
    assert set(METHODS) == set(ALL)


def test_the_reports_methods_are_the_plain_filters() -> None:
    image = np.random.default_rng(0).integers(0, 256, (60, 160, 3), np.uint8)
    expected: dict[BlurMethod, Any] = {
        "gaussian": cv2.GaussianBlur(image, (0, 0), 2.5),
        "average": cv2.blur(image, (9, 9)),
        "median": cv2.medianBlur(image, 11),
        "bilateral": cv2.bilateralFilter(image, 11, 75.0, 2.5),
    }
    for method, picture in expected.items():
        np.testing.assert_array_equal(blurred(image, 5.0, method), picture)


@pytest.mark.parametrize("levels", [2, 3, 8])
@pytest.mark.parametrize("focus", [0.0, 1.0])
def test_each_section_shows_its_version(levels: int, focus: float) -> None:
    image = np.random.default_rng(0).integers(0, 256, (60, 160, 3), np.uint8)
    ramp = np.tile(np.linspace(0, 1, 160, dtype=np.float32), (60, 1))
    renderer = ClassicRenderer(DefocusOptions(blur=5, levels=levels))
    result = renderer.render(image, DisparityMap(ramp, 0.0, 1.0), FocusPlane(focus))
    section = np.minimum(np.abs(ramp[0] - focus) * levels, levels - 1).astype(int)
    assert set(section) == set(range(levels))
    for level in range(levels):
        version = blurred(image, 8.0 * level / (levels - 1), "gaussian")
        columns = section == level
        np.testing.assert_array_equal(result[:, columns], version[:, columns])


@pytest.mark.parametrize("method", ALL)
@pytest.mark.parametrize("radius", [2.0, 5.5, 20.0])
def test_versions_are_as_blurred_as_their_radius_says(method: BlurMethod, radius: float) -> None:
    image = np.full((121, 121, 3), 40, np.uint8)
    image[:, 60:] = 100  # within the bilateral filter's range
    edge = blurred(image, radius, method)[60, :, 1].astype(float)
    steps = np.diff(edge)
    if method in ("median", "bilateral"):
        assert np.count_nonzero(steps) <= 4 * radius + 1  # they keep edges: that is their point
        return
    places = np.arange(120) - 59.5
    variance = (steps * places**2).sum() / steps.sum()
    assert np.sqrt(variance) == pytest.approx(radius / 2, rel=0.15, abs=0.25)


def test_no_radius_is_the_picture() -> None:
    image = np.random.default_rng(0).integers(0, 256, (40, 50, 3), np.uint8)
    for method in ALL:
        np.testing.assert_array_equal(blurred(image, 0.3, method), image)


def ramp_rendered(image: BgrImage, focus: float = 0.0, **options: Any) -> BgrImage:
    ramp = np.tile(np.linspace(0, 1, 160, dtype=np.float32), (60, 1))
    renderer = ClassicRenderer(DefocusOptions(blur=5, levels=5, **options))
    return renderer.render(image, DisparityMap(ramp, 0.0, 1.0), FocusPlane(focus))


def test_a_mixture_goes_from_one_method_to_the_other_with_the_distance() -> None:
    image = np.random.default_rng(0).integers(0, 256, (60, 160, 3), np.uint8)
    result = ramp_rendered(image, blur_method="median", far_blur_method="disc")
    parts = [slice(32 * level, 32 * (level + 1)) for level in range(5)]
    near, far = blurred(image, 2.0, "median"), blurred(image, 8.0, "disc")
    np.testing.assert_array_equal(result[:, parts[1]], near[:, parts[1]])
    np.testing.assert_array_equal(result[:, parts[4]], far[:, parts[4]])
    half = cv2.addWeighted(
        blurred(image, 4.0, "median"), 2 / 3, blurred(image, 4.0, "disc"), 1 / 3, 0
    )
    np.testing.assert_array_equal(result[:, parts[2]], half[:, parts[2]])


def test_the_foreground_can_stay_sharp() -> None:
    image = np.random.default_rng(0).integers(0, 256, (60, 160, 3), np.uint8)
    both = ramp_rendered(image, 0.5)
    behind = ramp_rendered(image, 0.5, foreground_blur=False)
    np.testing.assert_array_equal(behind[:, 80:], image[:, 80:])
    np.testing.assert_array_equal(behind[:, :80], both[:, :80])
    assert np.abs(both[:, 140:].astype(int) - image[:, 140:]).mean() > 20
