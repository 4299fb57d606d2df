"""Learning from labels of unknown scale and shift."""

from __future__ import annotations

from collections.abc import Sequence

from keras import ops

from streamdefocus.depth.network import MAX_DISPARITY
from streamdefocus.training.losses.invariant import masked_mean, scale_shift_invariant
from streamdefocus.training.objectives.base import Batch, Tensor, summed, unit

MEDIAN_STRIDE = 4  # the losses' medians look at every 4th row and column: sorting is slow


class LabelObjective:
    """The scale-and-shift-invariant loss at four scales, anchored to a fixed range.

    A batch has "image", B x H x W x 3 uint8 RGB, and "target", B x H x W x 1 float32 in 0..1,
    negative where it is not known. The first channel of each output is learnt.

    Args:
        trim: Part of each picture's pixels that the loss leaves out.
        gradient: Weight of the gradient loss against the scale-and-shift-invariant one.
        anchor: Weight of the absolute difference, which keeps disparities in a fixed range.
        scales: Weights of the four outputs.
    """

    parts = ("invariant", "anchor")

    def __init__(
        self,
        trim: float = 0.0,
        gradient: float = 0.5,
        anchor: float = 2.0,
        scales: Sequence[float] = (1.0, 0.5, 0.25, 0.25),
    ) -> None:
        self._trim = trim
        self._gradient = gradient
        self._anchor = anchor
        self._scales = tuple(scales)

    def inputs(self, batch: Batch) -> Tensor:
        """See Objective."""
        return unit(batch["image"])

    def __call__(self, outputs: Sequence[Tensor], batch: Batch) -> dict[str, Tensor]:
        """See Objective."""
        known = ops.cast(batch["target"] >= 0, "float32")
        invariant, anchor = 0.0, 0.0
        for scale, (output, weight) in enumerate(zip(outputs, self._scales, strict=True)):
            disparity = output[..., :1] / MAX_DISPARITY
            target, mask = shrink(batch["target"], known, 2**scale)
            invariant += weight * scale_shift_invariant(
                disparity,
                target,
                mask,
                trim=self._trim,
                gradient_weight=self._gradient if scale < 2 else 0,
                stride=MEDIAN_STRIDE if scale < 2 else 1,
            )
            # Labels fill 0..1; a little is left at either end, where the sigmoid is flat.
            absolute = ops.abs(disparity - (0.05 + 0.9 * target))
            anchor += weight * self._anchor * ops.mean(masked_mean(absolute, mask))
        return summed({"invariant": invariant, "anchor": anchor})

    def pictures(self, outputs: Sequence[Tensor], batch: Batch) -> dict[str, Tensor]:
        """See Objective; what is not known of the target is black."""
        return {
            "image": unit(batch["image"]),
            "target": ops.maximum(batch["target"], 0),
            "disparity": outputs[0][..., :1] / MAX_DISPARITY,
        }


def shrink(targets: Tensor, known: Tensor, factor: int) -> tuple[Tensor, Tensor]:
    """Targets and mask by the mean over factor x factor pixels; known where all of them are."""
    if factor == 1:
        return targets * known, known
    mean = ops.average_pool(targets * known, factor, factor)
    share = ops.average_pool(known, factor, factor)
    return mean, ops.cast(share > 0.999, "float32")
