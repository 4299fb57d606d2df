"""Ways to bring 512x256 disparity to the picture's edges: decibels of ``fast``, and milliseconds.

    python benchmarks/edges.py [--seeds 1,2,3] [--samples 1024] > edges.md

Every way gets the same pictures, disparity and renderer; the reference is a simulated lens. Times
are those of one thread, at the size of the fine grid (640x360 for a picture of 1280x720).
"""

from __future__ import annotations

import argparse
import statistics
import time
from collections.abc import Callable, Iterable
from functools import partial
from typing import cast

import cv2
import numpy as np
from numpy.typing import NDArray

from streamdefocus.config import DefocusOptions
from streamdefocus.defocus.edges import snap_edges
from streamdefocus.defocus.grid import Grid
from streamdefocus.defocus.layered import LayeredRenderer
from streamdefocus.defocus.matting import align_edges
from streamdefocus.defocus.scratch import Scratch
from streamdefocus.evaluation.bokeh_cases import Case, make_cases
from streamdefocus.evaluation.similarity import psnr
from streamdefocus.frames import BgrImage, FloatMap

SIZE, BLUR = (1280, 720), 2.0
CONDITIONS = ("512x256", "network")
EDGE_SHARE = 0.3
"""Range of radii in the neighbourhood, as a share of the largest, that makes an edge."""

Enlarge = Callable[[FloatMap, BgrImage, Grid], FloatMap]


def bilinear(radius: FloatMap, fine: BgrImage, grid: Grid) -> FloatMap:
    """Enlarge and nothing else."""
    return np.asarray(cv2.resize(radius, grid.fine, interpolation=cv2.INTER_LINEAR))


def snapped(radius: FloatMap, fine: BgrImage, grid: Grid) -> FloatMap:
    """Make edges steep first."""
    return bilinear(snap_edges(radius, grid.largest), fine, grid)


def aligned(scratch: Scratch, radius: FloatMap, fine: BgrImage, grid: Grid) -> FloatMap:
    """Then move them by two colours: what ``fast`` does."""
    radius = snapped(radius, fine, grid)
    return align_edges(radius, np.stack(cv2.split(fine)), grid.work, grid.largest, scratch)


def joint_bilateral(
    radius: FloatMap, fine: BgrImage, grid: Grid, reach: int = 5, colour: float = 12.0
) -> FloatMap:
    """Snapped, then at edges the mean of the neighbours of like colour (Kopf et al. 2007)."""
    radius = snapped(radius, fine, grid)
    box = np.ones((2 * reach + 1, 2 * reach + 1), np.uint8)
    extent = cv2.dilate(radius, box) - cv2.erode(radius, box)
    y, x = np.nonzero(extent > EDGE_SHARE * grid.largest)
    room = [(reach, reach), (reach, reach)]
    near, picture = np.pad(radius, room, "edge"), np.pad(fine, [*room, (0, 0)], "edge")
    own = fine[y, x].astype(np.float32)
    total, weights = np.zeros(len(y), np.float32), np.zeros(len(y), np.float32)
    for down in range(0, 2 * reach + 1):
        for right in range(0, 2 * reach + 1):
            difference = picture[y + down, x + right] - own
            away = (down - reach) ** 2 + (right - reach) ** 2
            weight = np.exp(
                -np.einsum("nc,nc->n", difference, difference) / (2 * colour**2)
                - np.float32(away / (2 * (reach / 2) ** 2))
            )
            total += weight * near[y + down, x + right]
            weights += weight
    result = radius.copy()
    result[y, x] = total / weights
    return result


def guided(
    radius: FloatMap, fine: BgrImage, grid: Grid, reach: int = 4, epsilon: float = 1e-3
) -> FloatMap:
    """The guided filter with a colour guide (He et al. 2010), after snapping."""

    def mean(image: FloatMap) -> FloatMap:
        return np.asarray(cv2.blur(image, (2 * reach + 1, 2 * reach + 1)))

    values = snapped(radius, fine, grid)
    guide = fine.astype(np.float32) / 255
    centre, level = mean(guide), mean(values)
    products = guide[..., :, None] * guide[..., None, :]
    spread = mean(products.reshape(*values.shape, 9)).reshape(products.shape)
    spread = spread - centre[..., :, None] * centre[..., None, :] + epsilon * np.eye(3)
    common = mean(guide * values[..., None]) - centre * level[..., None]
    slope = np.linalg.solve(spread, common[..., None])[..., 0].astype(np.float32)
    offset = level - np.einsum("hwc,hwc->hw", slope, centre)
    return np.asarray(np.einsum("hwc,hwc->hw", mean(slope), guide) + mean(offset))


class _Renderer(LayeredRenderer):
    """The fast renderer with another way to find edges; remembers how long that took."""

    def __init__(self, enlarge: Enlarge) -> None:
        super().__init__(DefocusOptions(blur=BLUR))
        self._enlarge = enlarge
        self.taken_ms: list[float] = []

    def _at_edges(self, radius: FloatMap, colours: NDArray[np.uint8], grid: Grid) -> FloatMap:
        fine = cast(BgrImage, cv2.merge(tuple(colours)))
        began_s = time.thread_time()
        result = self._enlarge(radius, fine, grid)
        self.taken_ms.append(1000 * (time.thread_time() - began_s))
        return np.asarray(result, np.float32)


WAYS: dict[str, Enlarge] = {
    "bilinear": bilinear,
    "snapped": snapped,
    "snapped, joint bilateral at edges": joint_bilateral,
    "snapped, colour-guided filter": guided,
    "snapped, aligned by two colours": partial(aligned, Scratch()),
}


def table(cases: Iterable[Case]) -> str:
    """The ways as rows of a table in Markdown."""
    renderers = {name: _Renderer(enlarge) for name, enlarge in WAYS.items()}
    scores: dict[str, dict[str, list[float]]] = {
        name: {condition: [] for condition in CONDITIONS} for name in WAYS
    }
    for case in cases:
        for name, renderer in renderers.items():
            for condition in CONDITIONS:
                result = renderer.render(case.bgr, case.disparity[condition], case.focus)
                scores[name][condition].append(psnr(result, case.reference))
    rows = [f"| way | {' | '.join(f'{c} dB' for c in CONDITIONS)} | ms |", "|---|---|---|---|"]
    for name, score in scores.items():
        means = " | ".join(f"{statistics.fmean(score[c]):.2f}" for c in CONDITIONS)
        rows.append(f"| {name} | {means} | {statistics.median(renderers[name].taken_ms):.1f} |")
    return "\n".join(rows)


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--seeds", default="1,2,3")
    parser.add_argument("--samples", type=int, default=1024)
    arguments = parser.parse_args()
    cv2.setNumThreads(1)
    seeds = [int(seed) for seed in arguments.seeds.split(",")]
    print(table(make_cases(seeds, SIZE, BLUR, arguments.samples)))


if __name__ == "__main__":
    main()
