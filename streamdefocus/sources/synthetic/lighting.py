"""The room's lamps, and the surfaces they fall on."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from streamdefocus.frames import FloatMap
from streamdefocus.sources.synthetic.canvas import Lamp
from streamdefocus.sources.synthetic.painting import Colour, Noise, Texture, colour, stripes

LAMPS = (
    Lamp((-1.72, -0.45, 3.9), colour("#ffc98a", 2.2)),
    Lamp((1.95, -0.02, 4.3), colour("#ffb877", 0.35)),
    Lamp((0.2, -1.0, 1.6), colour("#fff0dc", 1.5)),
)
AMBIENT = colour("#8c93a8", 0.55)
SUNS = (
    ((-0.75, -0.35, 0.56), colour("#ffd3a0", 0.75)),
    ((0.8, -0.3, 0.35), colour("#8fb2e8", 0.45)),
    ((0.1, -0.5, 0.85), colour("#fff2e2", 0.45)),
)
"""The lamps as a card sees them: direction and colour."""


def plain(base: Colour, noise: Noise, cell: float = 0.02, strength: float = 0.12) -> Texture:
    """A surface of one colour with some grain."""

    def texture(u: FloatMap, v: FloatMap, pixel: FloatMap) -> NDArray[np.float32]:
        # Grain finer than a pixel would shimmer; it fades to its mean.
        amount = strength * np.clip(cell / pixel - 1, 0, 1)
        grain = 1 + amount * (noise(u, v, cell) - 0.5) + 0.15 * (noise(u, v, 0.7) - 0.5)
        return np.asarray(grain[..., None] * base, np.float32)

    return texture


def planks(light: Colour, dark: Colour, noise: Noise, width: float = 0.14) -> Texture:
    """Floor boards that run along v."""

    def texture(u: FloatMap, v: FloatMap, pixel: FloatMap) -> NDArray[np.float32]:
        board = np.floor(u / width).astype(np.float32)
        tone = noise(board * 7.3, board * 0 + 3, 1.0)
        grain = noise(u, v, (0.006, 0.25)) * np.clip(0.012 / pixel - 0.5, 0, 1)
        mix = np.clip(0.55 * tone + 0.35 * grain + 0.25 * noise(u, v, (0.05, 0.9)), 0, 1)
        wood = light + (dark - light) * mix[..., None]
        end = np.mod(v + 1.7 * tone, 1.6).astype(np.float32)
        gaps = np.maximum(stripes(u, width, 0.005, pixel), stripes(end, 1.6, 0.005, 2 * pixel))
        return np.asarray(wood * (1 - 0.7 * gaps[..., None]), np.float32)

    return texture


def flat(paint: Colour) -> Texture:
    """A surface of one even colour."""

    def texture(u: FloatMap, v: FloatMap, pixel: FloatMap) -> NDArray[np.float32]:
        return np.broadcast_to(paint, (*u.shape, 3)).astype(np.float32)

    return texture
