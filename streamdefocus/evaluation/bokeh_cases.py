"""Pictures to render, with the disparity to render them from and what a lens makes of them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import cast

import cv2
import numpy as np
from numpy.typing import NDArray

from streamdefocus.defocus.aperture import ApertureShape
from streamdefocus.defocus.optics import largest_radius_px, signed_radius_px
from streamdefocus.evaluation.scenes import make_scene
from streamdefocus.evaluation.thin_lens import SAMPLES, Scene
from streamdefocus.frames import BgrImage, DisparityMap, FloatMap, FocusPlane

NETWORK_SIZE = (512, 256)
NETWORK_SOFTNESS_PX = 1.2
"""Standard deviation of the blur that stands for a network's soft edges, px at NETWORK_SIZE."""
NETWORK_NOISE = 0.02
"""Standard deviation of its error, as a share of the scene's disparity; smooth over 16 px."""
CONDITIONS = ("exact", "512x256", "network")

EDGE_SHARE = 0.08
"""Jump of disparity between neighbours, as a share of the scene's, that makes an edge."""
EDGE_REACH = 0.01
"""How far from an edge bleeding is looked for, as a share of the picture's width."""
IN_FOCUS_PX, OUT_OF_FOCUS_PX = 1.0, 3.0
"""Radii that count as in focus (below) and out of focus (above), px at 1280 px width."""

Mask = NDArray[np.bool_]
Progress = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Case:
    """One picture to render and what a lens makes of it.

    Attributes:
        name: Seed and focus, for people.
        bgr: H x W x 3 uint8, everything in focus.
        disparity: By condition: exact, 512x256 (shrunk only), network (also soft and noisy).
        focus: The plane in focus.
        reference: H x W x 3 uint8, through the lens.
        radius_px: H x W float32, exact signed blur radius.
        lamps: H x W bool, what is brighter than white in ``bgr``.
    """

    name: str
    bgr: BgrImage
    disparity: Mapping[str, DisparityMap]
    focus: FocusPlane
    reference: BgrImage
    radius_px: FloatMap
    lamps: Mask

    @property
    def in_focus(self) -> Mask:
        """H x W bool: pixels that stay sharp."""
        return np.abs(self.radius_px) < IN_FOCUS_PX * self.bgr.shape[1] / 1280

    @property
    def out_of_focus(self) -> Mask:
        """H x W bool: pixels that are clearly blurred."""
        return np.abs(self.radius_px) > OUT_OF_FOCUS_PX * self.bgr.shape[1] / 1280

    def depth_edges(self) -> Mask:
        """H x W bool: pixels on both sides of a jump in disparity."""
        exact = self.disparity["exact"]
        box = np.ones((3, 3), np.uint8)
        jump = cv2.dilate(exact.values, box) - cv2.erode(exact.values, box)
        return np.asarray(jump > EDGE_SHARE * exact.span)

    def near_edges(self) -> Mask:
        """H x W bool: pixels within EDGE_REACH of a depth edge."""
        reach = 2 * max(1, round(EDGE_REACH * self.bgr.shape[1])) + 1
        disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (reach, reach))
        return np.asarray(cv2.dilate(self.depth_edges().astype(np.uint8), disc), dtype=np.bool_)

    def lamp_discs(self) -> Mask:
        """H x W bool: where the light of lamps that are out of focus goes."""
        radius = np.rint(np.abs(self.radius_px)).astype(np.int32)
        lamps = self.lamps & self.out_of_focus
        reached = np.zeros(lamps.shape, np.uint8)
        for radius_px in np.unique(radius[lamps]):
            side = 2 * int(radius_px) + 1
            disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (side, side))
            here = (lamps & (radius == radius_px)).astype(np.uint8)
            reached |= cv2.dilate(here, disc)
        return reached.astype(np.bool_)


def make_cases(
    seeds: Sequence[int],
    size: tuple[int, int],
    blur: float,
    samples: int = SAMPLES,
    progress: Progress = lambda _: None,
    shape: ApertureShape = "disc",
) -> Iterator[Case]:
    """Scenes and their references, one at a time.

    Args:
        seeds: Scenes, each with the focus behind, on and in front of the subject.
        size: (width, height) of the scenes, px.
        blur: Largest blur radius, % of the width.
        samples: Points of the aperture of the references.
        progress: Told what is under way.
        shape: Of the aperture.
    """
    largest = largest_radius_px(blur, size[0])
    for number, seed in enumerate(seeds):
        scene = make_scene(seed, size)
        disparity = dict(zip(CONDITIONS, estimated(scene, seed), strict=True))
        focuses = scene.focuses()
        for turn, (place, plane) in enumerate(focuses.items(), number * len(focuses) + 1):
            progress(
                f"{turn} of {len(seeds) * len(focuses)}: scene {seed}, focus {place} the subject"
            )
            focus = FocusPlane(plane)
            exact = disparity["exact"]
            yield Case(
                f"{seed} {place}",
                scene.photo(),
                disparity,
                focus,
                scene.through_lens(plane, largest, shape, samples),
                signed_radius_px(exact.values, focus, exact.span, largest),
                scene.lamps(),
            )


def estimated(scene: Scene, seed: int) -> tuple[DisparityMap, DisparityMap, DisparityMap]:
    """Disparity of a scene in each of the ``CONDITIONS``.

    Args:
        scene: The scene.
        seed: Of the noise.
    """
    exact = scene.disparity()
    small = cv2.resize(exact.values, NETWORK_SIZE, interpolation=cv2.INTER_AREA)
    cells = np.random.default_rng(seed).standard_normal((16, 32)).astype(np.float32)
    noise = cv2.resize(cells, NETWORK_SIZE, interpolation=cv2.INTER_CUBIC)
    soft = cv2.GaussianBlur(small, (0, 0), NETWORK_SOFTNESS_PX)
    noisy = (soft + np.float32(NETWORK_NOISE * exact.span) * noise).astype(np.float32)
    return (
        exact,
        DisparityMap(cast(FloatMap, small), exact.far, exact.near),
        DisparityMap(noisy, exact.far, exact.near),
    )
