"""The fast renderer: a lens in linear light, made of few blurred layers."""

from __future__ import annotations

import cv2
import numpy as np

from streamdefocus.config import DefocusOptions
from streamdefocus.defocus.aperture import ApertureFilter
from streamdefocus.defocus.base import Renderer
from streamdefocus.defocus.optics import largest_radius_px, signed_radius_px
from streamdefocus.frames import BgrImage, DisparityMap, FloatMap, FocusPlane

WORKING_PX = 320


class LayeredRenderer(Renderer):
    """Depth of field from layers that are blurred and added front to back.

    Args:
        options: ``blur`` and ``aperture_shape``.
    """

    def __init__(self, options: DefocusOptions) -> None:
        self._options = options
        self._filter = ApertureFilter(options.aperture_shape)

    def render(self, bgr: BgrImage, disparity: DisparityMap, focus: FocusPlane) -> BgrImage:
        """See ``Renderer``."""
        height, width = bgr.shape[:2]
        largest_px = largest_radius_px(self._options.blur, width)
        radius = signed_radius_px(disparity.values, focus, disparity.span, largest_px)
        if float(np.abs(radius).max()) < 0.5:
            return bgr.copy()
        factor = max(1.0, max(width, height) / WORKING_PX)
        size = (max(1, round(width / factor)), max(1, round(height / factor)))
        small = cv2.resize(bgr, size, interpolation=cv2.INTER_AREA)
        linear = np.square(small.astype(np.float32) / 255)
        low_radius = cv2.resize(radius, size, interpolation=cv2.INTER_AREA) / factor
        first = 6 * width / 1280
        sharp = np.clip(1.25 - np.abs(radius) * (1.25 / first), 0, 1)
        visible, blurred = self._compose(linear, low_radius, largest_px / factor, first / factor)
        keep = cv2.resize(sharp, (width, height))
        keep *= cv2.resize(visible, (width, height))
        soft = cv2.resize(
            np.sqrt(np.clip(blurred, 0, 1) * (255.0**2)).astype(np.uint8), (width, height)
        )
        return cv2.blendLinear(bgr, soft, keep, 1 - keep)

    def _compose(
        self, linear: FloatMap, radius: FloatMap, largest: float, first: float
    ) -> tuple[FloatMap, FloatMap]:
        nodes = sorted({-largest, -0.65 * largest, -0.4 * largest, -first, 0.0, first, 0.55 * largest, largest})
        rest = np.ones(radius.shape, np.float32)
        total = np.zeros_like(linear)
        visible = np.ones_like(rest)
        focus_coverage = np.zeros_like(rest)
        for i in range(len(nodes) - 1, -1, -1):
            node = nodes[i]
            xs, ys = [node], [1.0]
            if i:
                xs, ys = [nodes[i - 1], *xs], [0.0, *ys]
            if i < len(nodes) - 1:
                xs, ys = [*xs, nodes[i + 1]], [*ys, 0.0]
            weight = np.interp(radius, xs, ys).astype(np.float32)
            if not weight.any():
                continue
            layer = np.dstack([linear * weight[..., None], weight])
            out = np.empty_like(layer)
            self._filter.apply(layer, abs(node), out)
            if node == 0.0:
                visible = rest.copy()
                focus_coverage = weight
            covered = np.minimum(out[..., 3], rest)
            share = covered / np.maximum(out[..., 3], 1e-4)
            if node != 0.0:
                total += out[..., :3] * share[..., None]
            rest -= covered
        # the focus layer itself is added at full size
        kept = np.minimum(visible * np.minimum(focus_coverage, 0.95), 0.95)
        return visible, total / np.maximum(1 - rest - np.minimum(visible, focus_coverage), 1e-3)[..., None]
