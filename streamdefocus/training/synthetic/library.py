"""All tiles of one seed in a single picture with smaller copies, so that one look-up draws a view.

Layout: every tile is followed on its right by itself at half size, and below that at a quarter
and so on ("mip maps", Williams 1983): far surfaces look up smaller copies and do not shimmer.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import cv2
import numpy as np

from streamdefocus.frames import BgrImage, FloatMap
from streamdefocus.training.synthetic.patterns import CUTOUTS, PATTERNS, TILE_PX, Opacity

Cutout = tuple[BgrImage, FloatMap]
"""A picture, h x w x 3 BGR uint8, and its opacity, h x w float32 in 0..1."""

LEVELS = 6
"""Sizes of a tile: TILE_PX, half of it, ... TILE_PX / 32."""

_COLUMNS = 8
_SIZES = TILE_PX >> np.arange(LEVELS)
LEVEL_X = np.where(np.arange(LEVELS) > 0, TILE_PX, 0)
LEVEL_Y = np.concatenate([[0, 0], np.cumsum(_SIZES[1:-1])])


class Library:
    """Tiles by kind.

    Args:
        seed: The same seed gives the same tiles.
        photos: Further pictures, H x W x 3 BGR uint8 of any size: they hang on walls, stand on
            screens, and cover things.
        people: People cut out of photos; without them, painted ones stand in.

    Attributes:
        kinds: Numbers of the tiles of each kind.
        colours: The sheet, uint8 x 3.
        opacity: Its opacity, uint8, 0 or 255.
        origin: N x 2 float32, (x, y) px of each tile in the sheet.
        aspect: N float32, width over height of what a tile shows.
    """

    def __init__(
        self, seed: int, photos: Sequence[BgrImage] = (), people: Sequence[Cutout] = ()
    ) -> None:
        rng = np.random.default_rng((seed, 0))
        tiles: list[tuple[BgrImage, Opacity | None]] = []
        aspects: list[float] = []
        self.kinds: dict[str, list[int]] = {}

        def add(kind: str, made: Iterable[tuple[BgrImage, Opacity | None]], aspect: float) -> None:
            for tile in made:
                self.kinds.setdefault(kind, []).append(len(tiles))
                tiles.append(tile)
                aspects.append(aspect)

        for kind, (count, painters) in PATTERNS.items():
            add(kind, ((painters[i % len(painters)](rng), None) for i in range(count)), 1.0)
        for kind, (count, paint) in CUTOUTS.items():
            if kind != "person" or not people:
                add(kind, (paint(rng) for _ in range(count)), 1.0)
        for cutout in people:
            height, width = cutout[0].shape[:2]
            add("person", [_as_tile(*cutout)], width / height)
        for photo in photos:
            tile = cv2.resize(photo, (TILE_PX, TILE_PX), interpolation=cv2.INTER_AREA)
            add("photo", [(np.asarray(tile, np.uint8), None)], photo.shape[1] / photo.shape[0])
        for kind in ("poster", "screen", "fabric"):
            self.kinds[kind] += self.kinds.get("photo", [])
        self.aspect = np.array(aspects, np.float32)
        rows = -(-len(tiles) // _COLUMNS)
        place = np.array(
            [(i % _COLUMNS * TILE_PX * 3 // 2, i // _COLUMNS) for i in range(len(tiles))]
        )
        self.origin = (place * (1, TILE_PX)).astype(np.float32)
        sheet = (rows * TILE_PX, _COLUMNS * TILE_PX * 3 // 2)
        self.colours = np.zeros((*sheet, 3), np.uint8)
        self.opacity = np.full(sheet, 255, np.uint8)
        for (x, y), (tile, mask) in zip(self.origin.astype(int), tiles, strict=True):
            for size, dx, dy in zip(_SIZES, LEVEL_X, LEVEL_Y, strict=True):
                part = np.s_[y + dy : y + dy + size, x + dx : x + dx + size]
                self.colours[part] = cv2.resize(tile, (size, size), interpolation=cv2.INTER_AREA)
                if mask is not None:
                    small = cv2.resize(mask, (size, size), interpolation=cv2.INTER_AREA)
                    self.opacity[part] = np.where(small > 110, 255, 0)


def _as_tile(picture: BgrImage, opacity: FloatMap) -> tuple[BgrImage, Opacity]:
    """A cut-out stretched to a tile, its colours carried on beyond its edge."""
    side = (TILE_PX, TILE_PX)
    alpha = np.clip(cv2.resize(opacity, side, interpolation=cv2.INTER_AREA), 0, 1)
    colours = cv2.resize(picture, side, interpolation=cv2.INTER_AREA).astype(np.float32)
    sure = (alpha > 0.9).astype(np.float32)
    weight = cv2.GaussianBlur(sure, (0, 0), 6)
    around = cv2.GaussianBlur(colours * sure[..., None], (0, 0), 6) / (weight[..., None] + 1e-3)
    colours = np.where(sure[..., None] > 0, colours, around)
    return colours.clip(0, 255).astype(np.uint8), np.where(alpha > 0.5, 255, 0).astype(np.uint8)
