"""Stereo pairs made from single photos: Watson et al., "Learning Stereo from Single Images", 2020.

The photo is the left view. Its disparity, from any depth network, moves every point to the right
view; what the right view sees and the photo did not is filled from elsewhere.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from streamdefocus.errors import InputError
from streamdefocus.frames import BgrImage, FloatMap
from streamdefocus.training.stereo.pair import StereoPair

LARGEST = (0.06, 0.22)
"""Range from which the disparity of the nearest point is drawn, as a fraction of the width."""

_EDGE = 0.025
"""Change of relative disparity from pixel to pixel that no surface has."""

_TEAR_PX = 1.0
"""Change of disparity in px from pixel to pixel at which a surface ends."""


def warp(
    photo: BgrImage,
    disparity: FloatMap,
    rng: np.random.Generator,
    fill: BgrImage | None = None,
    name: str = "photo",
) -> StereoPair:
    """A stereo pair from a photo and its relative disparity.

    Args:
        photo: H x W x 3 BGR uint8; becomes the left view.
        disparity: Of any size, 0 (far) .. 1 (near).
        rng: Chooses the scale of the disparity.
        fill: A photo to fill the holes from; None carries on the background beside them.
        name: For messages.

    Returns:
        The left disparity is that of every point; the right one is 0, unknown, where filled.

    Raises:
        InputError: The disparity is not finite, or not within 0..1.
    """
    if not np.isfinite(disparity).all() or disparity.min() < 0 or disparity.max() > 1:
        raise InputError(
            f"the disparity of {name} must be finite and within 0..1. "
            f"Received: {disparity.min()}..{disparity.max()}"
        )
    height, width = photo.shape[:2]
    far, near = rng.uniform(0, 0.02), rng.uniform(*LARGEST)
    relative = sharpened(cv2.resize(disparity, (width, height)))
    left = (width * (far + (near - far) * relative)).astype(np.float32)
    right = disparity_beside(left)
    return StereoPair(name, photo, _seen_from(photo, right, fill), left, right)


def sharpened(disparity: FloatMap) -> FloatMap:
    """Without the values between near and far that networks put on edges.

    Such points would fly between the surfaces. Each takes the value of the nearest point beside
    the edge; then the near side grows by two pixels, for the photo's own edges are soft as well,
    and the mixed colours shall move with what is near.

    Args:
        disparity: H x W, 0..1.
    """
    dx = cv2.Sobel(disparity, cv2.CV_32F, 1, 0, scale=0.125, borderType=cv2.BORDER_REPLICATE)
    dy = cv2.Sobel(disparity, cv2.CV_32F, 0, 1, scale=0.125, borderType=cv2.BORDER_REPLICATE)
    flying = np.hypot(dx, dy) > _EDGE
    if not flying.any() or flying.all():
        return disparity
    _, labels = cv2.distanceTransformWithLabels(
        flying.astype(np.uint8), cv2.DIST_L2, 5, labelType=cv2.DIST_LABEL_PIXEL
    )
    values = np.zeros(int(labels.max()) + 1, np.float32)
    values[labels[~flying]] = disparity[~flying]
    settled = values[labels]
    grown = cv2.dilate(settled, np.ones((5, 5), np.uint8))
    return np.asarray(np.where(grown - settled > _EDGE, grown, settled), np.float32)


def disparity_beside(left: FloatMap) -> FloatMap:
    """The disparity of the right view of what the left one sees; 0 where that is nothing.

    Neighbours in a row are joined to a line, unless a surface ends between them; then either goes
    on for half a pixel. Each pixel of the right view takes the nearest of the lines over it, so
    there are neither cracks where surfaces are stretched nor points that shine through.

    Args:
        left: H x W disparity of the left view, px, positive.
    """
    height, width = left.shape
    start, end = left[:, :-1], left[:, 1:]
    torn = np.abs(end - start) > _TEAR_PX
    column = np.broadcast_to(np.arange(width - 1, dtype=np.float32), start.shape)
    half = np.float32(0.5)
    joined = ~torn
    edge = np.full(height, width - 1, np.float32)
    lines = [  # column, its disparity, how far the line goes in the left view, its disparity there
        (column[joined], start[joined], 1.0, end[joined]),
        (column[torn], start[torn], 0.5, start[torn]),
        (column[torn] + half, end[torn], 0.5, end[torn]),
        (edge * 0 - half, left[:, 0], 0.5, left[:, 0]),
        (edge, left[:, -1], 0.5, left[:, -1]),
    ]
    row_px = np.broadcast_to(np.arange(height)[:, None] * width, start.shape)
    rows = [row_px[joined], row_px[torn], row_px[torn], *(np.arange(height) * width,) * 2]
    right = np.zeros(height * width, np.float32)
    for (at, near, length, far), row in zip(lines, rows, strict=True):
        _draw(right, row, at - near, near, at + np.float32(length) - far, far, width)
    return right.reshape(height, width)


def _draw(
    right: NDArray[np.float32],
    row: NDArray[np.intp],
    begin: NDArray[np.float32],
    first: NDArray[np.float32],
    end: NDArray[np.float32],
    last: NDArray[np.float32],
    width: int,
) -> None:
    """Put lines from (begin, first) to (end, last) on pixels whose disparity is smaller."""
    pixel = np.ceil(begin)
    for _ in range(int(1 + _TEAR_PX) + 1):  # no line is longer
        over = (pixel <= end) & (pixel >= 0) & (pixel < width)
        share = (pixel - begin)[over] / np.maximum(end - begin, 1e-6)[over]
        value = first[over] + share * (last - first)[over]
        np.maximum.at(right, row[over] + pixel[over].astype(np.intp), value)
        pixel = pixel + 1


def _seen_from(photo: BgrImage, right: FloatMap, fill: BgrImage | None) -> BgrImage:
    """The right view: the photo where it shows what is seen, the filling elsewhere."""
    height, width = right.shape
    columns = np.broadcast_to(np.arange(width, dtype=np.float32), right.shape)
    rows = np.broadcast_to(np.arange(height, dtype=np.float32)[:, None], right.shape)
    hole = right <= 0
    if fill is None:
        source = _background(right)
        from_left = (columns + right)[rows.astype(np.intp), source.astype(np.intp)]
        # Mirrored about the hole's rim, the background goes on without a seam.
        x = np.where(hole, np.abs(from_left + np.abs(source - columns)), columns + right)
        seen = cv2.remap(photo, x, rows, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT)
        return np.asarray(seen, np.uint8)
    seen = cv2.remap(
        photo, columns + right, rows, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE
    )
    other = cv2.resize(fill, (width, height), interpolation=cv2.INTER_AREA)
    return np.where(hole[..., None], other, seen).astype(np.uint8)


def _background(right: FloatMap) -> FloatMap:
    """For each pixel, the column of the known one beside it in its row that is farther away."""
    height, width = right.shape
    known = right > 0
    columns = np.broadcast_to(np.arange(width), right.shape)
    before = np.maximum.accumulate(np.where(known, columns, -1), axis=1)
    after = np.minimum.accumulate(np.where(known, columns, width)[:, ::-1], axis=1)[:, ::-1]
    row = np.arange(height)[:, None]
    beyond = np.float32(np.inf)
    left = np.where(before >= 0, right[row, np.maximum(before, 0)], beyond)
    other = np.where(after < width, right[row, np.minimum(after, width - 1)], beyond)
    chosen = np.where(other <= left, after, before)
    return np.clip(chosen, 0, width - 1).astype(np.float32)
