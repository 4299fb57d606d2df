"""From the network's disparity to what people and files want."""

from __future__ import annotations

import cv2
import numpy as np

from streamdefocus.frames import BgrImage, DisparityMap, FloatMap

NEAREST_M = 1e-3
"""Depth is never less, as in the original implementation's evaluation."""


def combine_mirrored(direct: FloatMap, mirrored: FloatMap) -> FloatMap:
    """One disparity of a picture's and its mirror image's (paper, section 4.1, "pp").

    What one camera of the training pairs did not see leaves a ramp on the left of things and of
    the picture; in a mirrored picture it lies on the right. So the left 5 % of the columns are
    taken from the mirrored disparity, the right 5 % from the direct one, the middle from their
    mean, with a blend over another 5 % between. This is the paper's text; the formula in the
    supplement, section 2, has the sides swapped.

    Args:
        direct: H x W float32.
        mirrored: H x W float32: disparity of the mirrored picture, mirrored back.

    Returns:
        H x W float32, in the unit of the input.
    """
    x = np.linspace(0, 1, direct.shape[1], dtype=np.float32)
    left = 1 - np.clip(20 * (x - 0.05), 0, 1)
    weight = (1 + left - left[::-1]) / 2
    return np.asarray(weight * mirrored + (1 - weight) * direct, np.float32)


def depth_from_disparity(
    disparity: FloatMap, focal_px: float, baseline_m: float, farthest_m: float = np.inf
) -> FloatMap:
    """Depth in metres of a network's metric disparity (paper, section 3): focal x baseline / d.

    Args:
        disparity: H x W float32 of the full picture, as a fraction of its width.
        focal_px: Focal length in pixels of a picture of that width.
        baseline_m: Distance of the cameras that the network was trained with, in metres.
        farthest_m: What is farther is set to this.

    Returns:
        H x W float32, NEAREST_M..farthest_m; no disparity is ``farthest_m``.
    """
    with np.errstate(divide="ignore"):
        depth_m = focal_px * baseline_m / (disparity.shape[1] * np.maximum(disparity, 0))
    return np.clip(depth_m, NEAREST_M, farthest_m).astype(np.float32)


def disparity_at(disparity: DisparityMap, size_px: tuple[int, int]) -> FloatMap:
    """Disparity at another resolution, interpolated.

    Args:
        disparity: Of any resolution.
        size_px: (width, height) of the result.

    Returns:
        height x width float32, in the units of the input.
    """
    return cv2.resize(disparity.values, size_px, interpolation=cv2.INTER_LINEAR)


def colour_map(values: FloatMap, far: float, near: float) -> BgrImage:
    """Disparity as a picture: dark is far, bright is near.

    Args:
        values: H x W float32.
        far: Disparity shown darkest.
        near: Disparity shown brightest.

    Returns:
        H x W x 3 uint8, in OpenCV's inferno colours.
    """
    scale = 255 / (near - far)
    grey = np.clip((values - far) * scale, 0, 255).astype(np.uint8)
    return cv2.applyColorMap(grey, cv2.COLORMAP_INFERNO)
