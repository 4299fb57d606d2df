"""A rectified stereo pair, with what is known of its depth."""

from __future__ import annotations

from dataclasses import dataclass

from streamdefocus.frames import BgrImage, FloatMap


@dataclass(frozen=True)
class StereoPair:
    """Two views of one scene from cameras side by side; rows correspond.

    A point at column x of the left view with disparity d lies at column x - d of the right one.

    Attributes:
        name: Where it comes from, for messages and sheets.
        left, right: H x W x 3 BGR uint8.
        disparity: H x W float32 of the left view in px of these pictures, 0 unknown; None if
            nothing is known.
        disparity_right: Likewise of the right view: a point at column x with disparity d lies at
            column x + d of the left one.
    """

    name: str
    left: BgrImage
    right: BgrImage
    disparity: FloatMap | None = None
    disparity_right: FloatMap | None = None
