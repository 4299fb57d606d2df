"""Learning from stereo pairs, without labels: the paper's objective."""

from __future__ import annotations

from collections.abc import Sequence

from keras import ops

from streamdefocus.training.losses.consistency import left_right_consistency
from streamdefocus.training.losses.photometric import appearance
from streamdefocus.training.losses.sampling import left_from_right, pyramid, right_from_left
from streamdefocus.training.losses.smoothness import edge_aware_smoothness
from streamdefocus.training.objectives.base import Batch, Tensor, both, summed, unit, visible


class StereoObjective:
    """Godard et al., CVPR 2017, section 3.3: appearance, smoothness, left-right consistency.

    Equation 1, summed over four scales; the smoothness is divided by the scale's factor r, which
    makes up for the differences between neighbours being r times as large there: disparities are
    fractions of the width. A batch has "left" and "right", B x H x W x 3 uint8 RGB. Each output's
    first channel is the left view's disparity, the second the right view's.

    Without consistency it is the paper's "No LR" (figure 3): the network estimates the left view's
    disparity alone, with which the left view is made from the right one, and only the left view's
    terms are left of equation 1. A second channel has no part in it.

    Args:
        appearance: Weight of the appearance matching loss, equation 2.
        smoothness: Weight of the edge-aware smoothness, equation 3, at full size.
        consistency: Weight of the left-right consistency, equation 4.
        ssim: Part of SSIM in the appearance matching loss, the paper's alpha.
        both_views: Whether the network sees both views (section 4.3), not the left one alone.
    """

    def __init__(
        self,
        appearance: float = 1.0,
        smoothness: float = 0.1,
        consistency: float = 1.0,
        ssim: float = 0.85,
        *,
        both_views: bool = False,
    ) -> None:
        self._appearance = appearance
        self._smoothness = smoothness
        self._consistency = consistency
        self._ssim = ssim
        self._both_views = both_views
        consistent = ("consistency",) if consistency > 0 else ()
        self.parts: Sequence[str] = ("appearance", "smoothness", *consistent)

    def inputs(self, batch: Batch) -> Tensor:
        """See Objective."""
        return both(batch) if self._both_views else unit(batch["left"])

    def __call__(self, outputs: Sequence[Tensor], batch: Batch) -> dict[str, Tensor]:
        """See Objective."""
        parts: dict[str, Tensor] = dict.fromkeys(self.parts, 0.0)
        lefts = pyramid(unit(batch["left"]), len(outputs))
        rights = pyramid(unit(batch["right"]), len(outputs))
        for scale, (output, left, right) in enumerate(zip(outputs, lefts, rights, strict=True)):
            smoothness = self._smoothness / 2**scale
            of_left = output[..., :1]
            made = left_from_right(right, of_left)
            parts["appearance"] += self._appearance * appearance(left, made, self._ssim)
            parts["smoothness"] += smoothness * edge_aware_smoothness(of_left, left)
            if self._consistency > 0:
                of_right = output[..., 1:2]
                made = right_from_left(left, of_right)
                parts["appearance"] += self._appearance * appearance(right, made, self._ssim)
                parts["smoothness"] += smoothness * edge_aware_smoothness(of_right, right)
                agreement = left_right_consistency(of_left, of_right)
                parts["consistency"] += self._consistency * agreement
        return summed(parts)

    def pictures(self, outputs: Sequence[Tensor], batch: Batch) -> dict[str, Tensor]:
        """See Objective."""
        left, right = unit(batch["left"]), unit(batch["right"])
        of_left = outputs[0][..., :1]
        pictures = {
            "left": left,
            "left_made": left_from_right(right, of_left),
            "disparity_left": visible(of_left),
        }
        if self._consistency > 0:
            of_right = outputs[0][..., 1:2]
            pictures |= {
                "right": right,
                "right_made": right_from_left(left, of_right),
                "disparity_right": visible(of_right),
            }
        return {name: ops.clip(picture, 0, 1) for name, picture in pictures.items()}
