"""Who hides what, and what is guessed to be behind."""

from __future__ import annotations

import numpy as np
import pytest

from streamdefocus.defocus.occlusion import find_boundaries, hidden_behind
from streamdefocus.frames import FloatMap


def three_things() -> FloatMap:
    """A wall at -20, a person at 0, a leaf at 15, side by side."""
    radius = np.full((60, 90), -20, np.float32)
    radius[10:50, 20:60] = 0
    radius[20:40, 50:80] = 15
    return radius


def test_a_boundary_lies_between_any_two_things_that_touch() -> None:
    boundaries = find_boundaries(three_things(), 25)
    assert len(boundaries) == 2
    assert -20 < boundaries[0] < 0 < boundaries[1] < 15


def test_a_slanted_surface_hides_nothing() -> None:
    slope = np.tile(np.linspace(-25, 25, 200, dtype=np.float32), (50, 1))
    assert find_boundaries(slope, 25) == []


def test_what_is_hidden_has_the_colour_and_the_blur_of_what_is_beside_it() -> None:
    radius = three_things()
    light = np.where(radius[..., None] == -20, np.float32([0.8, 0.1, 0.1]), np.float32(0.3))
    boundary = find_boundaries(radius, 25)[0]
    (hidden,) = hidden_behind(light, radius, np.ones_like(radius), [boundary], 25)
    under = hidden.light[12:48, 22:30]
    np.testing.assert_allclose(under.reshape(-1, 3).mean(0), [0.8, 0.1, 0.1], atol=0.02)
    assert hidden.radius_px[30, 25] == pytest.approx(-20, abs=0.5)


def test_a_lamp_does_not_shine_on_behind_what_covers_its_rim() -> None:
    radius = three_things()
    light = np.full((*radius.shape, 3), 0.1, np.float32)
    light[25:35, 12:20] = 1.0
    known = np.where(light[..., 0] == 1, np.float32(0), np.float32(1))
    boundary = find_boundaries(radius, 25)[0]
    (hidden,) = hidden_behind(light, radius, known, [boundary], 25)
    assert hidden.light[25:35, 21:25].max() < 0.2
    (blind,) = hidden_behind(light, radius, np.ones_like(radius), [boundary], 25)
    assert blind.light[25:35, 21:25].max() > 0.4
