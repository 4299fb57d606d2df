"""Chooses materials from a library."""

from __future__ import annotations

import numpy as np

from streamdefocus.training.synthetic.library import Library
from streamdefocus.training.synthetic.patterns import colour
from streamdefocus.training.synthetic.scene import Material


class Palette:
    """Materials for one scene.

    Args:
        library: Tiles to choose from.
        rng: Source of chance.
    """

    def __init__(self, library: Library, rng: np.random.Generator) -> None:
        self._library = library
        self.rng = rng

    def any(
        self, kind: str, tile_m: tuple[float, float] = (0.5, 1.5), tint: float = 0.1
    ) -> Material:
        """A repeated pattern of a kind, a little tinted."""
        return Material(self._tile(kind), self._tint(tint), self.rng.uniform(*tile_m))

    def picture(self, kind: str, glow: float = 0.0) -> Material:
        """One tile over the whole piece."""
        return Material(self._tile(kind), self._tint(0.1), None, glow)

    def cut_out(self, kind: str) -> tuple[Material, float]:
        """A cut-out, and its width over its height."""
        tile = self._tile(kind)
        aspect = float(self._library.aspect[tile])
        return Material(tile, self._tint(0.25), None, 0, cut_out=True), aspect

    def wood(self) -> Material:
        """Wood, or something painted."""
        if self.rng.random() < 0.7:
            return self.any("wood", (0.4, 1.0))
        return self.paint()

    def fabric(self) -> Material:
        """Cloth."""
        return self.any("fabric", (0.25, 1.0), 0.15)

    def metal(self) -> Material:
        """Dark or light, nearly grey."""
        grey = float(self.rng.choice([0.15, 0.3, 0.8, 1.1]))
        return Material(self._tile("plain"), self._near(grey, 0.08), 0.5)

    def paint(self) -> Material:
        """Any colour, nearly plain."""
        blue, green, red = colour(self.rng, (0.0, 0.85), (0.15, 1.0)) / 255
        return Material(self._tile("plain"), (float(blue), float(green), float(red)), 0.8)

    def anything(self) -> Material:
        """Whatever a box on a shelf is made of."""
        kind = str(self.rng.choice(["wood", "fabric", "plain", "poster", "wall"]))
        return self.any(kind, (0.15, 0.6), 0.3)

    def _tile(self, kind: str) -> int:
        return int(self.rng.choice(self._library.kinds[kind]))

    def _tint(self, spread: float) -> tuple[float, float, float]:
        return self._near(float(self.rng.uniform(0.8, 1.1)), spread)

    def _near(self, grey: float, spread: float) -> tuple[float, float, float]:
        blue, green, red = grey * (1 + self.rng.uniform(-spread, spread, 3))
        return float(blue), float(green), float(red)
