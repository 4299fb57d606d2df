"""What lens would blur as much: a number that photographers know.

Disparity from one camera has no metric scale, so there is no true f-number. The one shown is that
of a 50 mm lens on a 36 x 24 mm sensor, focused at 1 m, whose blur of things very far away equals
the largest blur asked for. From the thin lens, the circle of confusion of a point at infinity is
``c = f^2 / (N (s - f))``.
"""

from __future__ import annotations

FOCAL_MM = 50.0
DISTANCE_MM = 1000.0
SENSOR_MM = (36.0, 24.0)
"""(longer, shorter) side."""

EXPLANATION = (
    "Equals a 50 mm lens on a full-frame camera, focused at 1 m, for what is very far away"
)


def f_number(blur_percent: float, portrait: bool = False) -> float | None:
    """The f-number of a blur.

    Args:
        blur_percent: ``DefocusOptions.blur``: largest blur radius, % of the picture's width.
        portrait: The picture is higher than wide, so its width is the sensor's shorter side.

    Returns:
        The f-number, or None where nothing is blurred.
    """
    if blur_percent <= 0:
        return None
    width_mm = SENSOR_MM[1] if portrait else SENSOR_MM[0]
    diameter_mm = 2 * blur_percent / 100 * width_mm
    return FOCAL_MM**2 / (DISTANCE_MM - FOCAL_MM) / diameter_mm


def describe_blur(blur_percent: float, portrait: bool = False) -> str:
    """The blur for people: "f/2.0", or "off"."""
    number = f_number(blur_percent, portrait)
    if number is None:
        return "off"
    return f"f/{number:.1f}" if number < 10 else f"f/{number:.0f}"
