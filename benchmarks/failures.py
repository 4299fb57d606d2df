r"""What misleads a depth network, drawn: mirrors, glass, pictures of people, bad light.

    pip install scikit-image
    python benchmarks/failures.py [--model compact] [--sheet failures.jpg]

A made-up room and scikit-image's astronaut (NASA, public domain), cut out, once in good light and
then in each trap. "contrast" is how much nearer the person comes out than what is around her, in
parts of the picture's whole range of disparity. It should be large where she stands in the room,
and 0 where only a picture or a mirror image of her or of the room hangs on the wall.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from streamdefocus.config import load_config
from streamdefocus.depth import DisparityEstimator
from streamdefocus.errors import StreamDefocusError
from streamdefocus.frames import BgrImage, FloatMap
from streamdefocus.training.synthetic.rooms import Rooms

SIZE_PX = (768, 432)
ROOM, OTHER_ROOM = (7, 4), (7, 9)
"""Seed and number; the networks learn from another seed."""
ON_THE_WALL, LIFE_SIZE = (270, 40, 230, 230), (210, 30, 350, 350)
"""x, y, width, height of what hangs there, px."""

Mask = NDArray[np.bool_]


@dataclass(frozen=True)
class Case:
    """A picture.

    Attributes:
        name: What misleads.
        picture: H x W x 3 BGR uint8.
        inside: What should be near, or should not.
        is_near: Which of the two.
    """

    name: str
    picture: BgrImage
    inside: Mask
    is_near: bool


def cases() -> list[Case]:
    """All of them, the one without a trap first."""
    room, other = (_room(*which) for which in (ROOM, OTHER_ROOM))
    photo, alpha = _astronaut()
    stands = _before(room, photo, alpha)
    inside = _before(np.zeros_like(room), np.full_like(photo, 255), alpha)[..., 0] > 127
    sill = _lit(room, 2.6, 60)
    dark = _before(sill, _lit(photo, 0.25, 0), alpha)
    poster, on_wall = _hung(room, photo)
    screen, _ = _hung(_lit(room, 0.45, 0), _lit(photo, 1.25, 10))
    mirror, _ = _hung(room, other[:, ::-1])
    large, on_most = _hung(room, photo, LIFE_SIZE)
    return [
        Case("good light", stands, inside, True),
        Case("backlight", dark, inside, True),
        Case("very dark", _very_dark(stands), inside, True),
        Case("behind glass", cv2.addWeighted(stands, 0.6, other, 0.5, 0), inside, True),
        Case("poster", poster, on_wall, False),
        Case("life-size poster", large, on_most, False),
        Case("screen", screen, on_wall, False),
        Case("mirror", mirror, on_wall, False),
    ]


def _room(seed: int, number: int) -> BgrImage:
    picture, _ = Rooms(seed, SIZE_PX).view(number)
    return picture


def _astronaut() -> tuple[BgrImage, FloatMap]:
    """The photo, 400 px high, and her opacity in it."""
    from skimage import data

    photo = np.ascontiguousarray(cv2.resize(data.astronaut(), (400, 400))[..., ::-1])
    mask = np.full(photo.shape[:2], cv2.GC_PR_FGD, np.uint8)
    mask[:, :12], mask[:, 330:] = cv2.GC_BGD, cv2.GC_BGD
    mask[:120, :120], mask[:200, 240:] = cv2.GC_BGD, cv2.GC_BGD
    mask[30:180, 140:215], mask[220:, 60:290] = cv2.GC_FGD, cv2.GC_FGD
    models = np.zeros((2, 1, 65))
    cv2.grabCut(photo, mask, None, models[0], models[1], 6, cv2.GC_INIT_WITH_MASK)
    alpha = np.isin(mask, (cv2.GC_FGD, cv2.GC_PR_FGD)).astype(np.float32)
    return photo, np.asarray(cv2.GaussianBlur(alpha, (0, 0), 1), np.float32)


def _before(room: BgrImage, photo: BgrImage, alpha: FloatMap) -> BgrImage:
    """The person in the middle of the room."""
    height, width = photo.shape[:2]
    y, x = room.shape[0] - height, (room.shape[1] - width) // 2
    part = np.s_[y:, x : x + width]
    result = room.copy()
    weight = alpha[..., None]
    result[part] = (weight * photo + (1 - weight) * room[part]).astype(np.uint8)
    return result


def _hung(
    room: BgrImage, picture: BgrImage, place: tuple[int, int, int, int] = ON_THE_WALL
) -> tuple[BgrImage, Mask]:
    """A picture in a frame on the wall, and where it is."""
    x, y, width, height = place
    result, where = room.copy(), np.zeros(room.shape[:2], bool)
    cv2.rectangle(result, (x - 8, y - 8), (x + width + 8, y + height + 8), (40, 50, 60), -1)
    part = np.s_[y : y + height, x : x + width]
    side = min(picture.shape[:2])
    left = (picture.shape[1] - side) // 2
    square = np.ascontiguousarray(picture[:side, left : left + side])
    result[part] = cv2.resize(square, (width, height), interpolation=cv2.INTER_AREA)
    where[part] = True
    return result, where


def _lit(picture: BgrImage, gain: float, more: float) -> BgrImage:
    return np.asarray(cv2.convertScaleAbs(picture, alpha=gain, beta=more), np.uint8)


def _very_dark(picture: BgrImage) -> BgrImage:
    """A hundredth of the light and a camera's noise, amplified."""
    rng = np.random.default_rng(0)
    electrons = rng.poisson((picture / 255.0) ** 2.2 * 12) + rng.normal(0, 1.2, picture.shape)
    return np.clip((electrons / 12).clip(0) ** (1 / 2.2) * 150, 0, 255).astype(np.uint8)


def contrast(disparity: FloatMap, inside: Mask) -> float:
    """See the head of this file."""
    mask = cv2.resize(inside.astype(np.uint8), disparity.shape[::-1]) > 0
    around = cv2.dilate(mask.astype(np.uint8), np.ones((61, 61), np.uint8)) > mask
    low, high = np.quantile(disparity, (0.02, 0.98))
    gap = np.median(disparity[mask]) - np.median(disparity[around])
    return float(gap / max(high - low, 1e-9))


def sheet(rows: list[tuple[Case, FloatMap, float]]) -> BgrImage:
    """Picture beside disparity, two cases a row."""
    cells = []
    for case, disparity, found in rows:
        low, high = np.quantile(disparity, (0.01, 0.99))
        grey = np.clip((disparity - low) / max(high - low, 1e-9) * 255, 0, 255).astype(np.uint8)
        seen = cv2.resize(cv2.applyColorMap(grey, cv2.COLORMAP_INFERNO), (384, 216))
        cell = np.hstack([cv2.resize(case.picture, (384, 216), interpolation=cv2.INTER_AREA), seen])
        caption = np.full((26, cell.shape[1], 3), 40, np.uint8)
        text = f"{case.name}: {found:.2f}, wanted: {'large' if case.is_near else '0'}"
        cv2.putText(caption, text, (8, 18), cv2.FONT_HERSHEY_SIMPLEX, 0.5, (240,) * 3, 1)
        cells.append(np.vstack([caption, cell]))
    return np.vstack([np.hstack(cells[i : i + 2]) for i in range(0, len(cells), 2)])


def measure(estimate: Callable[[BgrImage], FloatMap]) -> list[tuple[Case, FloatMap, float]]:
    """Every case, its disparity and its contrast."""
    found = [(case, estimate(case.picture)) for case in cases()]
    return [(case, disparity, contrast(disparity, case.inside)) for case, disparity in found]


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--model", default="compact")
    parser.add_argument("--sheet", type=Path)
    arguments = parser.parse_args()
    try:
        with DisparityEstimator(load_config(overrides={"model": arguments.model}).depth) as network:
            rows = measure(lambda bgr: network.estimate(bgr)[1])
    except StreamDefocusError as error:
        print(error, file=sys.stderr)
        return 1
    print("| | contrast | wanted |\n|---|---|---|")
    for case, _, found in rows:
        print(f"| {case.name} | {found:.2f} | {'large' if case.is_near else '0'} |")
    if arguments.sheet:
        cv2.imwrite(str(arguments.sheet), sheet(rows), [cv2.IMWRITE_JPEG_QUALITY, 88])
    return 0


if __name__ == "__main__":
    sys.exit(main())
