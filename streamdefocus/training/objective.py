"""What training minimises: the losses of the four scales, weighted."""

from __future__ import annotations

from typing import Any

from keras import ops

from streamdefocus.depth.network import MAX_DISPARITY
from streamdefocus.training.config import LossOptions
from streamdefocus.training.losses.invariant import masked_mean, scale_shift_invariant

MEDIAN_STRIDE = 4  # the losses' medians look at every 4th row and column: sorting is slow


def objective(outputs: Any, targets: Any, options: LossOptions) -> Any:
    """The weighted sum over the four scales.

    Args:
        outputs: Four disparities, B x H/s x W/s x D; the first channel is learnt.
        targets: B x H x W x 1 in 0..1, negative where it is not known.
        options: Weights.
    """
    known = ops.cast(targets >= 0, "float32")
    total = 0.0
    for scale, (output, weight) in enumerate(zip(outputs, options.scales, strict=True)):
        disparity = ops.cast(output[..., :1], "float32") / MAX_DISPARITY
        target, mask = shrink(targets, known, 2**scale)
        invariant = scale_shift_invariant(
            disparity,
            target,
            mask,
            trim=options.trim,
            gradient_weight=options.gradient if scale < 2 else 0,
            stride=MEDIAN_STRIDE if scale < 2 else 1,
        )
        # Labels fill 0..1; a little is left at either end, where the sigmoid is flat.
        absolute = ops.abs(disparity - (0.05 + 0.9 * target))
        anchor = ops.mean(masked_mean(absolute, mask))
        total = total + weight * (invariant + options.anchor * anchor)
    return total


def shrink(targets: Any, known: Any, factor: int) -> tuple[Any, Any]:
    """Targets and mask by the mean over factor x factor pixels; known where all of them are."""
    if factor == 1:
        return targets * known, known
    mean = ops.average_pool(targets * known, factor, factor)
    share = ops.average_pool(known, factor, factor)
    return mean, ops.cast(share > 0.999, "float32")
