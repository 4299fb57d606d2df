"""Light on a scene: one lamp or the sun, the rest from all around, and their shadows on the ground.

No ray is traced. Corners and the foot of things are darker because less of the surroundings is
seen from there; shadows on the ground are the outlines of boxes, drawn in a map and softened.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from streamdefocus.frames import FloatMap
from streamdefocus.training.synthetic.scene import Points

_SHADOW_PX = 192


@dataclass(frozen=True)
class Lighting:
    """The light of a scene.

    Attributes:
        position: 3, metres; of the sun, some far place.
        ambient: Light from all around.
        strength: Of the lamp, where it falls straight on a surface next to it.
        reach_m: Distance at which a lamp is half as strong.
        colour: 3, factors of blue, green, red.
        shadow: Map of the ground, 0 lit .. 1 in shadow; rows along z, columns along x.
        ground: x and z of the map's corners: (left, right), (near, far), metres.
        walls: x, y, z ranges of a room, whose corners are darker; None outdoors.
    """

    position: Points
    ambient: float
    strength: float
    reach_m: float
    colour: Points
    shadow: FloatMap
    ground: tuple[tuple[float, float], tuple[float, float]]
    walls: tuple[tuple[float, float], ...] | None = None

    def falling_on(self, place: Sequence[FloatMap], height_m: FloatMap) -> FloatMap:
        """How much light surfaces give back.

        Args:
            place: x, y, z of each point, metres.
            height_m: How high the light stands above the plane that the point is on.
        """
        x, y, z = place
        to_light = [np.float32(p) - c for p, c in zip(self.position, place, strict=True)]
        square = sum(d * d for d in to_light) + np.float32(1e-3)
        cosine = np.maximum(height_m, 0) / np.sqrt(square)
        direct = np.float32(self.strength) * cosine / (1 + square / np.float32(self.reach_m**2))
        around = np.full_like(direct, self.ambient)
        if self.walls is not None:
            for values, (low, high) in zip(place, self.walls, strict=True):
                gap = np.minimum(values - np.float32(low), np.float32(high) - values)
                around *= 1 - np.float32(0.35) * np.exp(np.maximum(gap, 0) * np.float32(-2.5))
        (left, right), (near, far) = self.ground
        shadow = cv2.remap(
            self.shadow,
            (x - np.float32(left)) * np.float32(_SHADOW_PX / (right - left)) - np.float32(0.5),
            (z - np.float32(near)) * np.float32(_SHADOW_PX / (far - near)) - np.float32(0.5),
            cv2.INTER_LINEAR,
            borderMode=cv2.BORDER_CONSTANT,
        )
        shadow *= np.exp(np.maximum(y, 0) * np.float32(-9))
        return np.asarray(around * (1 - 0.45 * shadow) + direct * (1 - 0.8 * shadow), np.float32)


def shadow_map(
    boxes: Sequence[Points],
    light: Points,
    ground: tuple[tuple[float, float], tuple[float, float]],
    softness_m: float,
) -> FloatMap:
    """Shadows of boxes on the ground: the outlines of their corners, seen from the light.

    Args:
        boxes: 8 x 3 corners each, metres.
        light: 3, metres; higher than what throws a shadow.
        ground: See Lighting.
        softness_m: Width of the shadows' edges.
    """
    shadow = np.zeros((_SHADOW_PX, _SHADOW_PX), np.uint8)
    low = np.array([side[0] for side in ground])
    extent = np.array([side[1] - side[0] for side in ground])
    for corners in boxes:
        drop = light[1] - corners[:, 1]
        if drop.min() <= 0.05:
            continue
        cast = light + (corners - light) * (light[1] / drop)[:, None]
        points = (cast[:, [0, 2]] - low) / extent * _SHADOW_PX
        if np.abs(points).max() < 1e4:
            hull = cv2.convexHull(np.rint(points).astype(np.int32))
            cv2.fillConvexPoly(shadow, hull, 255)
    sigma = [max(softness_m * _SHADOW_PX / side / 2, 0.6) for side in extent]
    soft = cv2.GaussianBlur(shadow, (0, 0), sigmaX=sigma[0], sigmaY=sigma[1])
    return np.asarray(soft, np.float32) / np.float32(255)
