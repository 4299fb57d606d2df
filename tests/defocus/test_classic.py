"""The report's algorithm: which version of the picture is seen where."""

from __future__ import annotations

import numpy as np
import pytest

from streamdefocus.config import DefocusOptions
from streamdefocus.defocus.classic import ClassicRenderer, blurred
from streamdefocus.frames import DisparityMap, FocusPlane


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


@pytest.mark.parametrize("method", ["gaussian", "average", "median", "bilateral"])
@pytest.mark.parametrize("radius", [2.0, 5.5, 20.0])
def test_versions_are_as_blurred_as_their_radius_says(method: str, radius: float) -> None:
    image = np.full((121, 121, 3), 40, np.uint8)
    image[:, 60:] = 100  # within the bilateral filter's range
    edge = blurred(image, radius, method)[60, :, 1].astype(float)
    steps = np.diff(edge)
    if method in ("median", "bilateral"):
        assert np.count_nonzero(steps) <= 4 * radius + 1  # they keep edges: that is their point
        return
    places = np.arange(120) - 59.5
    variance = (steps * places**2).sum() / steps.sum()
    assert np.sqrt(variance) == pytest.approx(radius / 2, rel=0.15)


def test_no_radius_is_the_picture() -> None:
    image = np.random.default_rng(0).integers(0, 256, (40, 50, 3), np.uint8)
    for method in ("gaussian", "average", "median", "bilateral"):
        np.testing.assert_array_equal(blurred(image, 0.3, method), image)
