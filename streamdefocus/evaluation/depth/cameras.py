"""From disparity of a stereo rig to metres."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Rig:
    """Two cameras beside each other.

    Attributes:
        focal_px: Focal length in pixels.
        baseline_m: Distance of the cameras in metres.
        width_px: Width of the pictures that ``focal_px`` is told for; None: of whichever picture
            is measured.
    """

    focal_px: float
    baseline_m: float
    width_px: int | None = None

    def px_m(self, width: int) -> float:
        """Focal length x baseline for pictures of one width: depth in metres x disparity in px."""
        return self.focal_px * width / (self.width_px or width) * self.baseline_m

    def inverse_m(self, width: int) -> float:
        """What a disparity in fractions of the image width is multiplied with to get 1 / metres."""
        return width / self.px_m(width)


CITYSCAPES = Rig(2262, 0.22, width_px=2048)
"""The rig of the network that the paper measures on Make3D (the authors, monodepth issue 114)."""
