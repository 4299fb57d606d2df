"""How strong the blur is: as a share of the picture's width, or as that of a lens.

A thin lens of focal length f and f-number N, focused at distance s, images a point at distance z
as a disc of radius ``f^2 / (2 N (1 - f/s)) |1/s - 1/z|`` on the sensor. Disparity from one camera
is linear in 1/z but has no metric scale, so two distances have to be assumed: the scene's near end
is ``subject_distance_m`` away and its far end ``far_distance_m``. The largest blur, one whole span
of disparity from the focus, is then the far end's with the near end in focus. (Focused elsewhere,
the lens stands a little closer to its sensor and blurs less, by at most f/s: 5 % for 50 mm at 1 m;
that is left out.)
"""

from __future__ import annotations

from streamdefocus.config import MOST_BLUR, DefocusOptions

LEAST_BLUR = 0.1
"""Smallest radius, % of the width, that turning the blur down leads to."""


def largest_blur_px(options: DefocusOptions, size_px: tuple[int, int]) -> float:
    """Radius of the largest blur.

    Args:
        options: ``f_number`` and its lens, or ``blur`` where there is none.
        size_px: (width, height) of the picture. Its longer side is the sensor's longer side.

    Returns:
        Pixels of the picture; a lens of any strength gives at most ``MOST_BLUR`` % of the width.
    """
    return blur_percent(options, size_px) / 100 * size_px[0]


def blur_percent(options: DefocusOptions, size_px: tuple[int, int]) -> float:
    """The largest blur's radius in % of the picture's width; arguments as ``largest_blur_px``."""
    if options.f_number is None:
        return options.blur
    return min(_percent_at_f1(options, size_px) / options.f_number, MOST_BLUR)


def f_number(options: DefocusOptions, size_px: tuple[int, int]) -> float | None:
    """The f-number at which the lens of the options blurs as much; None where nothing is blurred.

    Args:
        options: Its focal length, sensor and distances; their defaults where ``blur`` was given.
        size_px: (width, height) of the picture.
    """
    percent = blur_percent(options, size_px)
    return _percent_at_f1(options, size_px) / percent if percent > 0 else None


def describe_strength(options: DefocusOptions, size_px: tuple[int, int]) -> str:
    """The blur for people: "1.8 % of the width, as 50 mm f/2.0 on 36 mm at 1 m", or "off"."""
    number = f_number(options, size_px)
    if number is None:
        return "off"
    stop = f"{number:.1f}" if number < 10 else f"{number:.0f}"
    return (
        f"{blur_percent(options, size_px):.2g} % of the width, as {options.focal_length_mm:g} mm "
        f"f/{stop} on {options.sensor_width_mm:g} mm at {options.subject_distance_m:g} m"
    )


def strengthened(options: DefocusOptions, factor: float) -> DefocusOptions:
    """The same look, blurred more (factor above 1) or less, in the unit that it was given in."""
    if options.f_number is not None:
        stop = min(max(options.f_number / factor, 0.5), 64.0)
        return options.model_copy(update={"f_number": round(stop, 3)})
    percent = min(max(max(options.blur, LEAST_BLUR) * factor, LEAST_BLUR), MOST_BLUR)
    return options.model_copy(update={"blur": round(percent, 3)})


def _percent_at_f1(options: DefocusOptions, size_px: tuple[int, int]) -> float:
    """Blur of the far end at f/1 with the near end in focus, % of the picture's width."""
    focal_mm, subject_mm = options.focal_length_mm, 1000 * options.subject_distance_m
    radius_mm = focal_mm**2 / (2 * (subject_mm - focal_mm))
    if options.far_distance_m is not None:
        radius_mm *= 1 - options.subject_distance_m / options.far_distance_m
    return 100 * radius_mm / options.sensor_width_mm * max(size_px) / size_px[0]
