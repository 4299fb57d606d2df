"""From the network's disparity to what people and files want."""

from __future__ import annotations

import cv2
import numpy as np

from streamdefocus.frames import BgrImage, DisparityMap, FloatMap


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
