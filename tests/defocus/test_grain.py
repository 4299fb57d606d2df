"""Grain: as much noise as the sharp picture has, only where it was lost, reproducible."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from streamdefocus.config import DefocusOptions
from streamdefocus.defocus import create_renderer
from streamdefocus.defocus.grain import noise_level
from streamdefocus.frames import BgrImage, DisparityMap, FocusPlane

FAR, NEAR = FocusPlane(0.05), FocusPlane(0.3)


def shaded(width: int = 640, height: int = 360) -> np.ndarray:
    y, x = np.mgrid[:height, :width]
    return np.dstack([90 + 40 * x / width, 110 + 30 * y / height, 120 - 30 * x / width])


def noisy(sigma: float, seed: int = 0) -> BgrImage:
    picture = shaded()
    picture += np.random.default_rng(seed).normal(0, sigma, picture.shape)
    return np.clip(np.rint(picture), 0, 255).astype(np.uint8)


def halves() -> DisparityMap:
    """Far on the left, near on the right."""
    values = np.full((18, 32), 0.05, np.float32)
    values[:, 16:] = 0.3
    return DisparityMap(values, 0.05, 0.3)


def render(image: BgrImage, grain: float, renderer: str = "fast") -> BgrImage:
    look = DefocusOptions.model_validate({"renderer": renderer, "blur": 3, "grain": grain})
    return create_renderer(look).render(image, halves(), NEAR)


@pytest.mark.parametrize("sigma", [1.0, 2.0, 4.0, 8.0])
def test_noise_is_measured(sigma: float) -> None:
    assert noise_level(noisy(sigma)) == pytest.approx(sigma, rel=0.1, abs=0.1)


def test_texture_and_cut_off_values_are_not_taken_for_noise() -> None:
    image = noisy(2.0)
    image[:, ::160] = 255
    image[:200, :100] = np.random.default_rng(1).integers(0, 256, (200, 100, 3))
    image[200:] = 255
    assert noise_level(image) == pytest.approx(2, rel=0.25)
    assert noise_level(np.full((100, 100, 3), 255, np.uint8)) == 0
    assert noise_level(np.zeros((5, 5, 3), np.uint8)) == 0


@pytest.mark.parametrize("renderer", ["fast", "classic"])
@pytest.mark.parametrize("strength", [0.5, 1.0])
def test_blurred_areas_get_their_share_of_the_pictures_noise(
    renderer: str, strength: float
) -> None:
    result = render(noisy(4.0), strength, renderer)[:, :240].astype(float) - shaded()[:, :240]
    for channel in cv2.split(result):
        assert channel.std() == pytest.approx(4 * strength, rel=0.15)
        assert abs(channel.mean()) < 0.5
    colours = np.corrcoef([channel.ravel() for channel in cv2.split(result)])
    assert 0.6 < colours[0, 1] < 0.95


def test_what_is_sharp_is_left_alone() -> None:
    image = noisy(4.0)
    np.testing.assert_array_equal(render(image, 1.0)[:, 340:], image[:, 340:])


def test_a_clean_picture_stays_clean() -> None:
    image = np.clip(np.rint(shaded()), 0, 255).astype(np.uint8)
    np.testing.assert_array_equal(render(image, 1.0), render(image, 0.0))


def test_grain_is_that_of_the_picture_and_fresh_for_another() -> None:
    first, again, other = render(noisy(4.0), 1), render(noisy(4.0), 1), render(noisy(4.0, 1), 1)
    np.testing.assert_array_equal(first, again)
    one, two = ((p[:, :240].astype(float) - shaded()[:, :240]).ravel() for p in (first, other))
    assert abs(np.corrcoef(one, two)[0, 1]) < 0.1


@pytest.mark.parametrize("renderer", ["fast", "best"])
def test_noise_is_even_from_the_focus_to_what_is_blurred(renderer: str) -> None:
    values = np.tile(np.linspace(0.05, 0.3, 64, dtype=np.float32), (36, 1))
    image = noisy(6.0)
    options = DefocusOptions.model_validate({"renderer": renderer, "blur": 2, "grain": 1})
    result = create_renderer(options).render(image, DisparityMap(values, 0.05, 0.3), NEAR)
    error = result.astype(np.float64) - shaded()
    deviation = [part.std() for part in np.split(error, 32, axis=1)]
    assert min(deviation) > 0.75 * 6 and max(deviation) < 1.15 * 6
