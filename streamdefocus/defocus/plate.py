"""The background of a standing camera, remembered where somebody covers it now.

Film makers call the empty scene a clean plate. Here it grows by itself: each pixel keeps the
farthest thing that was seen there and stood still. It is forgotten when the camera moves, the
light changes or another shot begins.

Measured with a person who walks into two scenes of ``evaluate bokeh`` (seeds 1 and 3, without their
leaves) and stands there, ``best`` against the thin lens, 512x256 disparity: 0.24 and 0.44 dB with
the focus on the background, 0.05 and 0.07 dB on the person; where disparity is also soft and noisy
0.04 and 0.20 dB, and 0.04 and -0.01 dB. The exact background instead gains no more: what is left is
disparity that is wrong at the edges. It takes 2.6 ms a frame of 1280x720. On footage of a webcam,
where no lens tells what is right, it changes 0.6 to 1.9 % of the values once somebody has moved,
and not all for the better: where disparity is wrong about a sleeve, the wall shines through it.
So it is an option, ``remember_background``, and off unless asked for.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from streamdefocus.frames import BgrImage, DisparityMap, FloatMap
from streamdefocus.scene_cuts import is_cut, thumbnail

RIM = np.ones((7, 7), np.uint8)
"""Pixels that close to something nearer count as covered: a network's edges are not exact."""
AS_FAR = 0.08
"""Difference of disparity, as a share of the scene's, that says nothing."""
CALM_LEVELS = 14
"""8-bit levels by which a thing that stands still may change from one frame to the next."""
CALM_FRAMES = 10
"""Frames for which a thing must have stood still to be remembered: people do not."""
MOST_CHANGED = 0.2
"""Share of the background that may change at once; more is a moving camera or another light."""
LEAST_SEEN = 0.1
"""Share of the picture that must show its background; less proves nothing, and is forgotten."""
LONGEST_HIDDEN = 300
"""Frames after which what has been covered all the time is not believed any more: who stood still
and left behind somebody else's back would stay there."""
FOLLOWED = np.float32(0.02)
"""Share by which the remembered disparity follows that of a thing that seems to come nearer."""


@dataclass(frozen=True, slots=True)
class Plate:
    """What is behind the things of one frame.

    Attributes:
        bgr: H x W x 3 uint8, of the frame's size.
        disparity: h x w float32, on the scale of the frame's own.
        known: h x w bool, where something farther than the frame's is remembered.
    """

    bgr: BgrImage
    disparity: FloatMap
    known: NDArray[np.bool_]


class PlateKeeper:
    """Remembers the background, frame by frame."""

    def __init__(self) -> None:
        self._thumbnail: FloatMap | None = None
        self._bgr: BgrImage = np.empty((0, 0, 3), np.uint8)
        self._small: BgrImage = self._bgr
        self._disparity: FloatMap = np.empty((0, 0), np.float32)
        self._calm: NDArray[np.uint8] = np.empty((0, 0), np.uint8)
        self._hidden: NDArray[np.uint16] = np.empty((0, 0), np.uint16)

    def update(self, bgr: BgrImage, disparity: DisparityMap) -> Plate | None:
        """Take in a frame.

        Args:
            bgr: H x W x 3 uint8.
            disparity: Its disparity, on a scale that holds still over time.

        Returns:
            What the frame hides, as far as that is remembered; None if it is not.
        """
        size = (disparity.values.shape[1], disparity.values.shape[0])
        small = np.asarray(cv2.resize(bgr, size, interpolation=cv2.INTER_AREA), np.uint8)
        covered = cv2.dilate(disparity.values, RIM)
        look = thumbnail(bgr)
        before, self._thumbnail = self._thumbnail, look
        same_size = self._bgr.shape == bgr.shape and self._disparity.shape == covered.shape
        if before is None or not same_size or is_cut(before, look):
            self._begin(bgr, small, covered)
            return None
        seen = covered <= self._disparity + np.float32(AS_FAR * disparity.span)
        blue, green, red = cv2.split(cv2.absdiff(small, self._small))
        changed = np.asarray(cv2.max(cv2.max(blue, green), red)) > CALM_LEVELS
        if seen.mean() < LEAST_SEEN or changed[seen].mean() > MOST_CHANGED:
            self._begin(bgr, small, covered)
            return None
        self._take(bgr, small, covered, seen, changed)
        self._hidden = np.where(seen, 0, self._hidden + 1).astype(np.uint16)
        self._calm[self._hidden > LONGEST_HIDDEN] = 1
        known = ~seen & (self._calm >= CALM_FRAMES)
        if not known.any():
            return None
        return Plate(self._bgr.copy(), self._disparity.copy(), known)

    def _begin(self, bgr: BgrImage, small: BgrImage, covered: FloatMap) -> None:
        """Forget all and begin with a frame."""
        self._bgr, self._small, self._disparity = bgr.copy(), small, covered
        self._calm = np.ones(covered.shape, np.uint8)
        self._hidden = np.zeros(covered.shape, np.uint16)

    def _take(
        self,
        bgr: BgrImage,
        small: BgrImage,
        covered: FloatMap,
        seen: NDArray[np.bool_],
        changed: NDArray[np.bool_],
    ) -> None:
        """Remember what is seen of the background."""
        farther = np.minimum(covered, self._disparity)
        nearer = FOLLOWED * (covered - farther) * ~changed
        np.copyto(self._disparity, farther + nearer, where=seen)
        cv2.copyTo(small, seen.view(np.uint8), self._small)
        calm = np.where(changed, 1, np.minimum(self._calm, 254) + 1).astype(np.uint8)
        np.copyto(self._calm, calm, where=seen)
        mask = cv2.resize(
            seen.view(np.uint8), (bgr.shape[1], bgr.shape[0]), interpolation=cv2.INTER_NEAREST
        )
        cv2.copyTo(bgr, mask, self._bgr)
