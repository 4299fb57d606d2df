"""Following a thing through the picture by optical flow, appearance and disparity."""

from __future__ import annotations

from dataclasses import dataclass, replace

import cv2
import numpy as np
from numpy.typing import NDArray

from streamdefocus.focus.planes import Region, plane_at, plane_in
from streamdefocus.frames import BgrImage, DisparityMap

WIDTH_PX = 480
"""Width of the picture that is tracked in."""

MOST_POINTS, FEWEST_POINTS = 60, 6
FORWARD_BACKWARD_PX = 1.0
"""A point that does not come back to within this when tracked backwards has gone astray."""

SAME_THING = 0.2
"""What differs from the thing's disparity by more than this share of the span is something else."""

WINDOW = 0.2
"""Half the side, in widths, of the window in which the thing is looked for around the click."""

LEAST_SIDE = 0.06
ALIKE, FOUND_AGAIN = 0.35, 0.72
"""Correlations with the remembered appearance: below the first it is another thing; a lost one is
found again above the second."""

EVEN_LEVELS = 4.0

_TEMPLATE_PX = 24
_LEARNING = 0.04
_FLOW_WINDOW_PX = (15, 15)

Grey = NDArray[np.uint8]
Points = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Box:
    """Where the thing is, normalised: centre and size, 0..1."""

    x: float
    y: float
    width: float
    height: float

    def window(self, size: tuple[int, int]) -> tuple[slice, slice]:
        """Its rows and columns in a picture of (width, height) pixels."""
        left, right = (round((self.x + side * self.width / 2) * size[0]) for side in (-1, 1))
        top, bottom = (round((self.y + side * self.height / 2) * size[1]) for side in (-1, 1))
        return slice(max(top, 0), max(bottom, 0)), slice(max(left, 0), max(right, 0))

    def around(self, place: tuple[float, float]) -> Region:
        """A soft region around a place given in the box: -0.5..0.5 from side to side."""
        x, y = self.x + place[0] * self.width, self.y + place[1] * self.height
        return Region(x, y, self.width / 10, self.height / 10)


def tracking_picture(bgr: BgrImage) -> Grey:
    """The picture that is tracked in: h x 480 uint8 grey levels (smaller pictures as they are)."""
    height, width = bgr.shape[:2]
    if width > WIDTH_PX:
        size = (WIDTH_PX, max(round(height * WIDTH_PX / width), 16))
        bgr = cv2.resize(bgr, size, interpolation=cv2.INTER_LINEAR)
    return np.asarray(cv2.cvtColor(bgr, cv2.COLOR_BGR2GRAY), np.uint8)


class Tracker:
    """Follows one thing.

    Points on it are carried along by pyramidal Lucas-Kanade flow and must come back when tracked
    backwards; the box moves by the medians of their movements and of the changes of their distances
    (Kalal, Mikolajczyk, Matas: Forward-Backward Error, ICPR 2010). Points whose disparity is not
    the thing's are dropped, and what the box shows must look like what it showed.

    Args:
        grey: h x w from ``tracking_picture``.
        disparity: Of the same frame.
        x: Where the thing was clicked, 0..1.
        y: See ``x``.

    Attributes:
        box: Where the thing is, or was last seen.
        plane: Disparity of the spot that was clicked, or the last one known.
        visible: Whether it was found in the last frame.
    """

    def __init__(self, grey: Grey, disparity: DisparityMap, x: float, y: float) -> None:
        self.plane = plane_at(disparity, x, y)
        self.box = outline(disparity, self.plane, x, y)
        self.visible = True
        self._place = ((x - self.box.x) / self.box.width, (y - self.box.y) / self.box.height)
        self._grey = grey
        self._disparity = disparity
        self._points = self._new_points(grey, disparity)
        self._template = _appearance(grey, self.box)

    @property
    def place(self) -> tuple[float, float]:
        """Where the spot that was clicked is now, (x, y), 0..1."""
        region = self.box.around(self._place)
        return region.x, region.y

    def update(self, grey: Grey, disparity: DisparityMap) -> bool:
        """Look for the thing in the next frame.

        Args:
            grey: h x w from ``tracking_picture``.
            disparity: Of the same frame.

        Returns:
            Whether it is visible.
        """
        moved = self._follow(grey, disparity) if self.visible else None
        box = moved or self._find_again(grey, disparity)
        self._grey, self._disparity = grey, disparity
        self.visible = box is not None
        if box is None:
            return False
        self.box = box
        plane = plane_in(disparity, box.around(self._place), self.plane)
        # What is far from the thing's points is something that passes in front of the spot.
        if abs(plane - self.plane) <= SAME_THING * disparity.span:
            self.plane = plane
        if moved is None or len(self._points) < MOST_POINTS // 2:
            self._points = self._new_points(grey, disparity)
        return True

    def _follow(self, grey: Grey, disparity: DisparityMap) -> Box | None:
        before, after = self._carried(grey)
        if len(after) < FEWEST_POINTS:
            return None
        # All of a thing comes nearer or goes away alike; a point that does not was covered by
        # something else, or slid off.
        now = _values_at(disparity, after, grey)
        approach = now - _values_at(self._disparity, before, grey)
        kept = np.abs(approach - np.median(approach)) <= SAME_THING * disparity.span
        before, after, now = before[kept], after[kept], now[kept]
        if len(after) < max(FEWEST_POINTS, len(self._points) // 4):
            return None
        self.plane = float(np.median(now))
        shift = np.median(after - before, axis=0)
        size = np.array(grey.shape[::-1])
        growth = _growth(before, after)
        middle = np.array([self.box.x, self.box.y]) * size
        expected = middle + shift + (before - middle) * growth
        error = np.linalg.norm(after - expected, axis=1)
        self._points = after[error <= 2.0 + 3 * np.median(error)]
        box = replace(
            self.box,
            x=float(self.box.x + shift[0] / size[0]),
            y=float(self.box.y + shift[1] / size[1]),
            width=min(self.box.width * growth, 1.0),
            height=min(self.box.height * growth, 1.0),
        )
        return box if self._recognised(grey, box) else None

    def _carried(self, grey: Grey) -> tuple[Points, Points]:
        """The points that could be followed: before and after, N x 2 each."""
        if not len(self._points):
            return self._points, self._points
        after, found, _ = cv2.calcOpticalFlowPyrLK(
            self._grey, grey, self._points[:, None], None, winSize=_FLOW_WINDOW_PX
        )
        back, found_back, _ = cv2.calcOpticalFlowPyrLK(
            grey, self._grey, after, None, winSize=_FLOW_WINDOW_PX
        )
        error = np.linalg.norm(back[:, 0] - self._points, axis=1)
        inside = ((after[:, 0] >= 0) & (after[:, 0] < grey.shape[::-1])).all(axis=1)
        good = (found[:, 0] > 0) & (found_back[:, 0] > 0) & (error < FORWARD_BACKWARD_PX) & inside
        return self._points[good], np.asarray(after[good, 0], np.float32)

    def _recognised(self, grey: Grey, box: Box) -> bool:
        if not (0 < box.x < 1 and 0 < box.y < 1):
            return False
        seen = _appearance(grey, box)
        likeness = _correlation(seen, self._template)
        if likeness > (ALIKE + 1) / 2:  # surely the same: learn how it changes
            self._template += np.float32(_LEARNING) * (seen - self._template)
        return likeness > ALIKE

    def _find_again(self, grey: Grey, disparity: DisparityMap) -> Box | None:
        """Search the whole picture, at a quarter of its pixels, for the remembered appearance."""
        small = cv2.resize(grey, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA)
        height, width = small.shape
        size = (max(round(self.box.width * width), 6), max(round(self.box.height * height), 6))
        if size[0] >= width or size[1] >= height:
            return None
        template = cv2.resize(self._template, size)
        if template.std() < 4:  # nothing to recognise it by
            return None
        match = cv2.matchTemplate(
            small, template.clip(0, 255).astype(np.uint8), cv2.TM_CCOEFF_NORMED
        )
        _, best, _, (left, top) = cv2.minMaxLoc(match)
        if best < FOUND_AGAIN:
            return None
        box = replace(self.box, x=(left + size[0] / 2) / width, y=(top + size[1] / 2) / height)
        distance = abs(plane_in(disparity, box.around(self._place), self.plane) - self.plane)
        return box if distance <= SAME_THING * disparity.span else None

    def _new_points(self, grey: Grey, disparity: DisparityMap) -> Points:
        """Corners within the box that lie on the thing's plane; N x 2."""
        size = (grey.shape[1], grey.shape[0])
        on_plane = np.abs(disparity.values - self.plane) < SAME_THING / 2 * disparity.span
        thing = cv2.resize(on_plane.astype(np.uint8), size, interpolation=cv2.INTER_NEAREST)
        mask = np.zeros_like(grey)
        window = self.box.window(size)
        mask[window] = thing[window]
        corners = cv2.goodFeaturesToTrack(grey, MOST_POINTS, 0.01, 5, mask=mask)
        found = np.empty((0, 2), np.float32) if corners is None else corners[:, 0]
        return np.asarray(found, np.float32)


def outline(disparity: DisparityMap, plane: float, x: float, y: float) -> Box:
    """The box of what was clicked: connected, at one distance, not larger than a window.

    Args:
        disparity: The map.
        plane: Disparity of the thing.
        x: Where it was clicked, 0..1.
        y: See ``x``.
    """
    height, width = disparity.values.shape
    reach_y = min(WINDOW * width / height, 0.35)
    left, right = int(max(x - WINDOW, 0) * width), int(np.ceil(min(x + WINDOW, 1) * width))
    top, bottom = int(max(y - reach_y, 0) * height), int(np.ceil(min(y + reach_y, 1) * height))
    part = disparity.values[top:bottom, left:right]
    thing = (np.abs(part - plane) < SAME_THING / 2 * disparity.span).astype(np.uint8)
    _, labels = cv2.connectedComponents(thing)
    rows, columns = np.nonzero(thing)
    if not len(rows):
        return Box(x, y, LEAST_SIDE, LEAST_SIDE * width / height)
    nearest = np.argmin((rows - (y * height - top)) ** 2 + (columns - (x * width - left)) ** 2)
    rows, columns = np.nonzero(labels == labels[rows[nearest], columns[nearest]])
    low_x, high_x = (np.percentile(columns, (5, 95)) + left) / width
    low_y, high_y = (np.percentile(rows, (5, 95)) + top) / height
    return Box(
        float(low_x + high_x) / 2,
        float(low_y + high_y) / 2,
        max(float(high_x - low_x), LEAST_SIDE),
        max(float(high_y - low_y), LEAST_SIDE),
    )


def _appearance(grey: Grey, box: Box) -> NDArray[np.float32]:
    """What the box shows, 24 x 24 float32; its outside repeats the picture's border."""
    height, width = grey.shape
    size = (max(box.width * width, 2.0), max(box.height * height, 2.0))
    matrix = np.array(
        [
            [size[0] / _TEMPLATE_PX, 0, box.x * width - size[0] / 2],
            [0, size[1] / _TEMPLATE_PX, box.y * height - size[1] / 2],
        ]
    )
    shown = cv2.warpAffine(
        cv2.blur(grey, (3, 3)),
        matrix,
        (_TEMPLATE_PX, _TEMPLATE_PX),
        flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP,
        borderMode=cv2.BORDER_REPLICATE,
    )
    return np.asarray(shown, np.float32)


def _correlation(a: NDArray[np.float32], b: NDArray[np.float32]) -> float:
    x, y = a - a.mean(), b - b.mean()
    return float((x * y).mean() / (x.std() * y.std() + 1.0))


def _growth(before: Points, after: Points) -> float:
    """How the thing's size changed: the median ratio of its points' distances."""
    rolled = max(len(before) // 2, 1)
    old = np.linalg.norm(before - np.roll(before, rolled, axis=0), axis=1)
    new = np.linalg.norm(after - np.roll(after, rolled, axis=0), axis=1)
    far = old > 3
    return float(np.clip(np.median(new[far] / old[far]), 0.9, 1.1)) if far.any() else 1.0


def _values_at(disparity: DisparityMap, points: Points, grey: Grey) -> NDArray[np.float32]:
    height, width = disparity.values.shape
    scale = np.array([width, height]) / grey.shape[::-1]
    columns, rows = (points * scale).astype(int).T.clip(0, [[width - 1], [height - 1]])
    return disparity.values[rows, columns]
