"""Draws stereo pairs with what is known of them.

    python -m streamdefocus.training.synthetic.sheet docs/synthetic-stereo.jpg

draws the picture of the documentation: rooms, streets, and pairs warped from single views.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import replace

import cv2
import numpy as np

from streamdefocus.frames import BgrImage
from streamdefocus.training.stereo.pair import StereoPair
from streamdefocus.training.synthetic.occlusion import seen_by_both
from streamdefocus.training.synthetic.rooms import Rooms
from streamdefocus.training.synthetic.streets import Streets
from streamdefocus.training.synthetic.views import Generator
from streamdefocus.training.synthetic.warping import warp

SEED = 2017


def draw(pairs: Sequence[StereoPair], columns: int = 2) -> BgrImage:
    """Left view, right view, disparity, and in white what the right view does not show.

    Args:
        pairs: Of one size; a multiple of columns.
        columns: Pairs side by side.
    """
    cells = [_row(pair) for pair in pairs]
    rows = [np.hstack(cells[i : i + columns]) for i in range(0, len(cells), columns)]
    return np.asarray(np.vstack(rows), np.uint8)


def _row(pair: StereoPair) -> BgrImage:
    disparity = pair.disparity if pair.disparity is not None else np.zeros(pair.left.shape[:2])
    near = max(float(np.quantile(disparity, 0.99)), 1e-6)
    grey = (255 * np.clip(disparity / near, 0, 1) ** 0.6).astype(np.uint8)
    coloured = np.asarray(cv2.applyColorMap(grey, cv2.COLORMAP_INFERNO), np.uint8)
    seen, _ = seen_by_both(pair)
    hidden = np.where(seen[..., None], pair.left // 3, np.uint8(255))
    return np.asarray(np.hstack([pair.left, pair.right, coloured, hidden]), np.uint8)


def _warped(generator: Generator, k: int, fill: BgrImage) -> StereoPair:
    """A single view with blurred disparity, as a network would give it, made a pair again."""
    pair = generator.pair(k)
    assert pair.disparity is not None
    soft = cv2.GaussianBlur(pair.disparity, (0, 0), 1)
    soft = (soft - soft.min()) / (soft.max() - soft.min())
    made = warp(pair.left, soft, np.random.default_rng((SEED, k)), fill)
    return replace(made, name=pair.name)


def main() -> int:
    """Write the picture of the documentation."""
    rooms, streets = Rooms(SEED, (200, 112)), Streets(SEED, (200, 112))
    pairs = [rooms.pair(k) for k in range(6)] + [streets.pair(k) for k in range(4)]
    pairs += [_warped(rooms, 10 + k, pairs[k].left) for k in range(2)]
    written = cv2.imwrite(sys.argv[1], draw(pairs), [cv2.IMWRITE_JPEG_QUALITY, 58])
    return 0 if written else 1


if __name__ == "__main__":
    sys.exit(main())
