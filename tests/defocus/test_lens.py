"""Strength as a share of the width and as an f-number: values worked out by hand."""

from __future__ import annotations

import numpy as np
import pytest

from streamdefocus.config import DefocusOptions, load_config
from streamdefocus.defocus import create_renderer
from streamdefocus.defocus.lens import (
    blur_percent,
    describe_strength,
    f_number,
    largest_blur_px,
    strengthened,
)
from streamdefocus.errors import ConfigError
from streamdefocus.frames import DisparityMap, FocusPlane

HD = (1280, 720)


def options(**values: object) -> DefocusOptions:
    return DefocusOptions.model_validate(values)


def test_a_lens_blurs_by_the_thin_lens_equation() -> None:
    # 50 mm at 1 m: 50^2 / (2 * 2 * 950) = 0.6579 mm of 36 mm.
    assert largest_blur_px(options(f_number=2), HD) == pytest.approx(0.6579 / 36 * 1280, rel=1e-3)
    # 85 mm f/1.8 at 2 m: 85^2 / (2 * 1.8 * 1915) = 1.0480 mm.
    portrait = options(f_number=1.8, focal_length_mm=85, subject_distance_m=2)
    assert blur_percent(portrait, HD) == pytest.approx(1.0480 / 36 * 100, rel=1e-3)
    # A phone: 5.6 mm f/1.8 on 7.6 mm at 0.5 m: 5.6^2 / (2 * 1.8 * 494.4) = 0.01762 mm.
    phone = options(f_number=1.8, focal_length_mm=5.6, sensor_width_mm=7.6, subject_distance_m=0.5)
    assert blur_percent(phone, HD) == pytest.approx(0.01762 / 7.6 * 100, rel=1e-3)


def test_a_near_background_is_blurred_less() -> None:
    # (1/1 - 1/4) of what is infinitely far away.
    far, near = options(f_number=2), options(f_number=2, far_distance_m=4)
    assert blur_percent(near, HD) == pytest.approx(0.75 * blur_percent(far, HD))


def test_the_sensors_longer_side_is_the_pictures() -> None:
    lens = options(f_number=2)
    assert largest_blur_px(lens, (720, 1280)) == pytest.approx(largest_blur_px(lens, HD))
    assert blur_percent(lens, (720, 1280)) == pytest.approx(blur_percent(lens, HD) * 1280 / 720)


def test_an_f_number_wins_over_a_blur() -> None:
    assert blur_percent(options(blur=5), HD) == 5
    both = options(blur=5, f_number=2)
    assert blur_percent(both, HD) == pytest.approx(1.8275, rel=1e-3)


def test_no_lens_blurs_beyond_all_recognition() -> None:
    monster = options(f_number=0.5, focal_length_mm=800, subject_distance_m=1)
    assert blur_percent(monster, HD) == 10


def test_a_blur_is_told_as_an_f_number_and_back() -> None:
    for blur in (0.3, 1.8275, 6.0):
        number = f_number(options(blur=blur), HD)
        assert number is not None
        assert blur_percent(options(f_number=number), HD) == pytest.approx(blur)
    assert f_number(options(blur=0), HD) is None
    assert describe_strength(options(blur=0), HD) == "off"
    words = "1.8 % of the width, as 50 mm f/2.0 on 36 mm at 1 m"
    assert describe_strength(options(f_number=2), HD) == words


def test_strength_is_turned_in_its_own_unit_and_within_bounds() -> None:
    assert strengthened(options(blur=2), 1.5).blur == 3
    assert strengthened(options(f_number=2.8), 2).f_number == 1.4
    assert strengthened(options(f_number=2.8), 100).f_number == 0.5
    assert strengthened(options(blur=0), 1.1).blur > 0
    assert strengthened(options(blur=9.9), 2).blur == 10


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ({"f_number": 2, "focal_length_mm": 500, "subject_distance_m": 0.4}, "cannot focus"),
        ({"f_number": 2, "far_distance_m": 1}, "far_distance_m must be larger"),
        ({"f_number": 0.1}, "f_number: Input should be greater than"),
    ],
)
def test_an_impossible_lens_is_refused(values: dict[str, float], expected: str) -> None:
    with pytest.raises(ConfigError, match=expected):
        load_config(overrides=values)


@pytest.mark.parametrize("renderer", ["fast", "classic"])
def test_renderers_obey_the_f_number(renderer: str) -> None:
    image = np.random.default_rng(0).integers(0, 256, (90, 160, 3), np.uint8)
    disparity = DisparityMap(np.full((18, 32), 0.1, np.float32), 0.1, 0.3)
    by_lens, by_share = (
        create_renderer(options(renderer=renderer, **strength)).render(
            image, disparity, FocusPlane(0.3)
        )
        for strength in ({"f_number": 1.0}, {"blur": blur_percent(options(f_number=1), (160, 90))})
    )
    np.testing.assert_array_equal(by_lens, by_share)
