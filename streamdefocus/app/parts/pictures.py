"""Pictures between the pipeline's arrays and Qt."""

from __future__ import annotations

from typing import cast

import cv2
import numpy as np
from PySide6.QtGui import QImage

from streamdefocus.depth.postprocessing import disparity_at
from streamdefocus.frames import BgrImage, DisparityMap, FocusPlane

_PEAK_BGR = np.array((110, 235, 120), np.uint8)
_LEAST_REACH = 0.012
"""Share of the span shown as in focus even where the focus range is 0."""


def qt_image(bgr: BgrImage) -> QImage:
    """A picture for Qt, which keeps the array alive rather than copying it."""
    pixels = np.ascontiguousarray(bgr)
    height, width = pixels.shape[:2]
    image = QImage(pixels.data, width, height, 3 * width, QImage.Format.Format_BGR888)
    image._pixels = pixels  # type: ignore[attr-defined]
    return image


def bgr_of(image: QImage) -> BgrImage:
    """The pixels of a picture of Qt, on white where it is transparent."""
    opaque = QImage(image.size(), QImage.Format.Format_RGB888)
    opaque.fill(0xFFFFFFFF)
    from PySide6.QtGui import QPainter

    painter = QPainter(opaque)
    painter.drawImage(0, 0, image)
    painter.end()
    lines = np.frombuffer(opaque.constBits(), np.uint8).reshape(opaque.height(), -1)
    rgb = lines[:, : 3 * opaque.width()].reshape(opaque.height(), opaque.width(), 3)
    return np.ascontiguousarray(rgb[..., ::-1])


def thumbnail(bgr: BgrImage, width: int, height: int) -> BgrImage:
    """A picture cut and shrunk to exactly a size; more is cut below, because heads are above."""
    scale = max(width / bgr.shape[1], height / bgr.shape[0])
    size = (max(width, round(bgr.shape[1] * scale)), max(height, round(bgr.shape[0] * scale)))
    fitted = cv2.resize(bgr, size, interpolation=cv2.INTER_AREA)
    left, top = (size[0] - width) // 2, (size[1] - height) // 5
    return np.ascontiguousarray(fitted[top : top + height, left : left + width])


def peaking(bgr: BgrImage, disparity: DisparityMap, plane: FocusPlane) -> BgrImage:
    """What is in focus: the rest is grey and dark, edges in focus are green.

    Args:
        bgr: H x W x 3 uint8, the picture before defocus.
        disparity: Of the picture.
        plane: What is in focus.
    """
    height, width = bgr.shape[:2]
    values = disparity_at(disparity, (width, height))
    reach = max(plane.half_range, _LEAST_REACH * disparity.span)
    sharp = np.abs(values - np.float32(plane.disparity)) <= reach
    grey = cv2.cvtColor(bgr, cv2.COLOR_BGR2GRAY)
    out = np.where(sharp[..., None], bgr, cv2.merge([(grey * 0.35).astype(np.uint8)] * 3))
    edges = cv2.Laplacian(cv2.GaussianBlur(grey, (0, 0), 1), cv2.CV_16S)
    out[sharp & (np.abs(edges) > 9)] = _PEAK_BGR
    return cast(BgrImage, out)
