"""Learning from stereo pairs with a distribution over disparities: Deep3D and Deep3Ds."""

from __future__ import annotations

from collections.abc import Sequence

from keras import ops

from streamdefocus.depth.network import MAX_DISPARITY
from streamdefocus.depth.network.heads import expected_disparity
from streamdefocus.training.losses.deep3d import (
    concentration,
    distribution_smoothness,
    expected_left,
)
from streamdefocus.training.losses.photometric import appearance
from streamdefocus.training.losses.sampling import pyramid
from streamdefocus.training.objectives.base import Batch, Tensor, both, summed, unit, visible


class Deep3DObjective:
    """The image formation model of Xie et al. (ECCV 2016), as Godard et al. compare theirs with it.

    The left view is made as a sum of shifted copies of the right one (supplement, section 3), at
    four scales. Without the other two terms this is table 1's Deep3D, with them its Deep3Ds. What
    the texts leave open is as in StereoObjective: the appearance matching loss, smoothness divided
    by the scale's factor, and the view that is made. Xie et al. make the right view from the left
    one; disparities would then belong to the right view (figure 3, "naive") and could not be
    compared with the left view's truth.

    A batch has "left" and "right", B x H x W x 3 uint8 RGB. The outputs are distributions, of a
    network with the head "deep3d".

    Args:
        concentration: Weight of C_max (supplement, equation 1); the supplement's is 0.02.
        smoothness: Weight of C_ds (supplement, equation 3) at full size; the supplement's is 0.1.
        ssim: Part of SSIM in the appearance matching loss.
        both_views: Whether the network sees both views, not the left one alone.
    """

    def __init__(
        self,
        concentration: float = 0.02,
        smoothness: float = 0.1,
        ssim: float = 0.85,
        *,
        both_views: bool = False,
    ) -> None:
        self._concentration = concentration
        self._smoothness = smoothness
        self._ssim = ssim
        self._both_views = both_views
        terms = {"concentration": concentration, "smoothness": smoothness}
        self.parts: Sequence[str] = ("appearance", *(name for name in terms if terms[name] > 0))

    def inputs(self, batch: Batch) -> Tensor:
        """See Objective."""
        return both(batch) if self._both_views else unit(batch["left"])

    def __call__(self, outputs: Sequence[Tensor], batch: Batch) -> dict[str, Tensor]:
        """See Objective."""
        parts: dict[str, Tensor] = dict.fromkeys(self.parts, 0.0)
        lefts = pyramid(unit(batch["left"]), len(outputs))
        rights = pyramid(unit(batch["right"]), len(outputs))
        for scale, (output, left, right) in enumerate(zip(outputs, lefts, rights, strict=True)):
            made = expected_left(right, output, MAX_DISPARITY)
            parts["appearance"] += appearance(left, made, self._ssim)
            if self._concentration > 0:
                parts["concentration"] += self._concentration * concentration(output)
            if self._smoothness > 0:
                weight = self._smoothness / 2**scale
                parts["smoothness"] += weight * distribution_smoothness(output)
        return summed(parts)

    def pictures(self, outputs: Sequence[Tensor], batch: Batch) -> dict[str, Tensor]:
        """See Objective."""
        made = expected_left(unit(batch["right"]), outputs[0], MAX_DISPARITY)
        return {
            "left": unit(batch["left"]),
            "left_made": ops.clip(made, 0, 1),
            "disparity_left": visible(expected_disparity(outputs[0])),
            "certainty": ops.max(outputs[0], axis=-1, keepdims=True),
        }
