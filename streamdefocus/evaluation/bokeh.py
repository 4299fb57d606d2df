"""How close renderers come to a real lens: against references through a simulated one.

Every renderer gets the same picture and disparity, once exact and twice as a network gives it;
the reference is the same scene through a thin lens. Two trivial baselines are always measured
beside: the picture as it is, and one blur for all of it.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import cv2
import numpy as np
from numpy.typing import NDArray

from streamdefocus.config import DefocusOptions
from streamdefocus.defocus import RENDERERS, Renderer, create_renderer
from streamdefocus.defocus.optics import largest_radius_px, signed_radius_px
from streamdefocus.errors import OutputError
from streamdefocus.evaluation.scenes import REPORTING_SEEDS, make_scene
from streamdefocus.evaluation.similarity import psnr, ssim
from streamdefocus.evaluation.thin_lens import SAMPLES, Scene
from streamdefocus.frames import BgrImage, DisparityMap, FocusPlane

NETWORK_SIZE = (512, 256)
NETWORK_SOFTNESS_PX = 1.2
"""Standard deviation of the blur that stands for a network's soft edges, px at NETWORK_SIZE."""
NETWORK_NOISE = 0.02
"""Standard deviation of its error, as a share of the scene's disparity; smooth over 16 px."""
EDGE_SHARE = 0.08
"""Jump of disparity between neighbours, as a share of the scene's, that makes an edge."""
EDGE_REACH = 0.01
"""How far from an edge bleeding is looked for, as a share of the picture's width."""
IN_FOCUS_PX, OUT_OF_FOCUS_PX = 1.0, 3.0
"""Radii that count as in focus (below) and out of focus (above), px at 1280 px width."""
TIMED_SIZES = ((1280, 720), (1920, 1080))
TILE_PX = 480
"""Width of a picture on the contact sheet."""
CONDITIONS = ("exact", "512x256", "network")

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
    """

    name: str
    bgr: BgrImage
    disparity: Mapping[str, DisparityMap]
    focus: FocusPlane
    reference: BgrImage
    radius_px: NDArray[np.float32]


class UnblurredBaseline(Renderer):
    """The picture as it is."""

    def render(self, bgr: BgrImage, disparity: DisparityMap, focus: FocusPlane) -> BgrImage:
        """See ``Renderer``."""
        return bgr.copy()


class UniformBaseline(Renderer):
    """The same gaussian for every pixel, of half the largest blur.

    Args:
        options: ``blur``.
    """

    def __init__(self, options: DefocusOptions) -> None:
        self._blur = options.blur

    def render(self, bgr: BgrImage, disparity: DisparityMap, focus: FocusPlane) -> BgrImage:
        """See ``Renderer``."""
        radius = largest_radius_px(self._blur, bgr.shape[1]) / 2
        return cast(BgrImage, cv2.GaussianBlur(bgr, (0, 0), radius / 2))


def evaluate(
    renderers: Sequence[str] = tuple(RENDERERS),
    *,
    seeds: Sequence[int] = REPORTING_SEEDS[:3],
    size: tuple[int, int] = (1280, 720),
    blur: float = 2.0,
    samples: int = SAMPLES,
    timed_sizes: Sequence[tuple[int, int]] = TIMED_SIZES,
    sheet: Path | None = None,
    progress: Progress = lambda _: None,
) -> dict[str, dict[str, Any]]:
    """Measure quality and speed of renderers.

    Args:
        renderers: Names as in ``DefocusOptions.renderer``.
        seeds: Scenes, each with the focus behind, on and in front of the subject.
        size: (width, height) of the scenes, px.
        blur: Largest blur radius, % of the width.
        samples: Points of the aperture of the references.
        timed_sizes: Sizes whose time is measured, from 512x256 disparity.
        sheet: Where to write a contact sheet, or None.
        progress: Told what is under way.

    Returns:
        ``{name: {condition: {"psnr" (dB), "ssim", "bleed_in", "bleed_out" (8-bit levels)}, "ms":
        {"WxH": median}}}`` for the renderers and the baselines "unblurred" and "uniform".

    Raises:
        OutputError: The contact sheet cannot be written.
    """
    subjects = _subjects(renderers, DefocusOptions(blur=blur))
    scores: dict[str, dict[str, list[dict[str, float]]]] = {
        name: {condition: [] for condition in CONDITIONS} for name in subjects
    }
    rows = []
    for case in make_cases(seeds, size, blur, samples, progress):
        row = [_tile(case.reference)]
        for name, renderer in subjects.items():
            for condition in CONDITIONS:
                result = renderer.render(case.bgr, case.disparity[condition], case.focus)
                scores[name][condition].append(compare(result, case))
            row.append(_tile(result))
        rows.append(row)
    progress("timing")
    times = time_renderers(subjects, timed_sizes)
    if sheet is not None:
        write_sheet(sheet, ["thin lens", *subjects], rows)
    return {
        name: {**{c: _mean(scores[name][c]) for c in CONDITIONS}, "ms": times[name]}
        for name in subjects
    }


def _subjects(renderers: Sequence[str], options: DefocusOptions) -> dict[str, Renderer]:
    subjects: dict[str, Renderer] = {
        "unblurred": UnblurredBaseline(),
        "uniform": UniformBaseline(options),
    }
    for name in renderers:
        subjects[name] = create_renderer(options.model_copy(update={"renderer": name}))
    return subjects


def make_cases(
    seeds: Sequence[int],
    size: tuple[int, int],
    blur: float,
    samples: int = SAMPLES,
    progress: Progress = lambda _: None,
) -> Iterator[Case]:
    """Scenes and their references, one at a time; arguments as for ``evaluate``."""
    largest = largest_radius_px(blur, size[0])
    for seed in seeds:
        scene = make_scene(seed, size)
        disparity = dict(zip(CONDITIONS, _disparities(scene, seed), strict=True))
        for place, plane in scene.focuses().items():
            progress(f"scene {seed}, focus {place} the subject")
            focus = FocusPlane(plane)
            exact = disparity["exact"]
            yield Case(
                f"{seed} {place}",
                scene.photo(),
                disparity,
                focus,
                scene.through_lens(plane, largest, samples=samples),
                signed_radius_px(exact.values, focus, exact.span, largest),
            )


def _disparities(scene: Scene, seed: int) -> tuple[DisparityMap, DisparityMap, DisparityMap]:
    exact = scene.disparity()
    small = cv2.resize(exact.values, NETWORK_SIZE, interpolation=cv2.INTER_AREA)
    cells = np.random.default_rng(seed).standard_normal((16, 32)).astype(np.float32)
    noise = cv2.resize(cells, NETWORK_SIZE, interpolation=cv2.INTER_CUBIC)
    soft = cv2.GaussianBlur(small, (0, 0), NETWORK_SOFTNESS_PX)
    noisy = (soft + np.float32(NETWORK_NOISE * exact.span) * noise).astype(np.float32)
    return (
        exact,
        DisparityMap(cast(NDArray[np.float32], small), exact.far, exact.near),
        DisparityMap(noisy, exact.far, exact.near),
    )


def compare(result: BgrImage, case: Case) -> dict[str, float]:
    """Score one rendered picture: the keys of ``evaluate``."""
    error = np.abs(result.astype(np.float32) - case.reference).mean(axis=2)
    edges = _near_edges(case)
    scale = case.bgr.shape[1] / 1280
    radius = np.abs(case.radius_px)
    return {
        "psnr": psnr(result, case.reference),
        "ssim": ssim(result, case.reference),
        "bleed_in": _mean_where(error, edges & (radius < IN_FOCUS_PX * scale)),
        "bleed_out": _mean_where(error, edges & (radius > OUT_OF_FOCUS_PX * scale)),
    }


def _near_edges(case: Case) -> NDArray[np.bool_]:
    exact = case.disparity["exact"]
    box = np.ones((3, 3), np.uint8)
    jump = cv2.dilate(exact.values, box) - cv2.erode(exact.values, box)
    edges = (jump > EDGE_SHARE * exact.span).astype(np.uint8)
    reach = 2 * max(1, round(EDGE_REACH * case.bgr.shape[1])) + 1
    disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (reach, reach))
    return np.asarray(cv2.dilate(edges, disc), dtype=np.bool_)


def _mean_where(values: NDArray[np.float32], mask: NDArray[np.bool_]) -> float:
    return float(values[mask].mean()) if mask.any() else 0.0


def time_renderers(
    renderers: Mapping[str, Renderer], sizes: Sequence[tuple[int, int]], repeats: int = 15
) -> dict[str, dict[str, float]]:
    """Median ms a picture by size, from 512x256 disparity; the renderers take turns."""
    result: dict[str, dict[str, float]] = {name: {} for name in renderers}
    for size in sizes:
        scene = make_scene(0, size)
        bgr, disparity, focus = scene.photo(), _disparities(scene, 0)[1], FocusPlane(scene.subject)
        taken: dict[str, list[float]] = {name: [] for name in renderers}
        for turn in range(repeats + 2):
            for name, renderer in renderers.items():
                started = time.perf_counter()
                renderer.render(bgr, disparity, focus)
                if turn >= 2:  # the first ones allocate
                    taken[name].append(time.perf_counter() - started)
        for name, seconds in taken.items():
            result[name][f"{size[0]}x{size[1]}"] = round(1000 * statistics.median(seconds), 2)
    return result


def write_sheet(path: Path, titles: Sequence[str], rows: Sequence[Sequence[BgrImage]]) -> None:
    """Write a contact sheet: one row a case, the reference first.

    Args:
        path: A PNG or JPEG file.
        titles: Of the columns.
        rows: Pictures of one size; the titles are written into them.

    Raises:
        OutputError: The file cannot be written.
    """
    lines = []
    for row in rows:
        for title, tile in zip(titles, row, strict=True):
            for colour, width in (((0, 0, 0), 4), ((255, 255, 255), 1)):
                cv2.putText(tile, title, (8, 24), cv2.FONT_HERSHEY_SIMPLEX, 0.6, colour, width)
        lines.append(np.hstack(row))
    written, data = cv2.imencode(path.suffix or ".png", np.vstack(lines))
    if not written:
        raise OutputError(f"cannot encode the contact sheet as {path.suffix}. Try .png")
    try:
        path.write_bytes(data.tobytes())
    except OSError as error:
        raise OutputError(f"cannot write the contact sheet {path}: {error.strerror}") from error


def _tile(picture: BgrImage) -> BgrImage:
    """A copy for the contact sheet, ``TILE_PX`` wide."""
    height = TILE_PX * picture.shape[0] // picture.shape[1]
    return cast(BgrImage, cv2.resize(picture, (TILE_PX, height), interpolation=cv2.INTER_AREA))


def format_table(result: Mapping[str, Mapping[str, Any]]) -> str:
    """The result of ``evaluate`` as a table for people."""
    sizes = list(next(iter(result.values()))["ms"])
    head = ["renderer", "disparity", "psnr", "ssim", "bleed in/out", *(f"ms {s}" for s in sizes)]
    rows = [head]
    for name, scores in result.items():
        for condition in CONDITIONS:
            score = scores[condition]
            first = condition == CONDITIONS[0]
            rows.append(
                [
                    name if first else "",
                    condition,
                    f"{score['psnr']:.2f}",
                    f"{score['ssim']:.4f}",
                    f"{score['bleed_in']:.2f}/{score['bleed_out']:.2f}",
                    *(f"{scores['ms'][s]:.1f}" if first else "" for s in sizes),
                ]
            )
    widths = [max(len(row[i]) for row in rows) for i in range(len(head))]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in rows
    )


def _mean(scores: Sequence[Mapping[str, float]]) -> dict[str, float]:
    return {key: round(statistics.fmean(score[key] for score in scores), 4) for key in scores[0]}
