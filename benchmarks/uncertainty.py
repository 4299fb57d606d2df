r"""Which map tells best where disparity is wrong: sparsification curves.

    python benchmarks/uncertainty.py [--model compact] [--curve curve.png]
    python benchmarks/uncertainty.py --render      # what blurring less where it is doubtful brings

The pixels that a map doubts most are left out, 5 % at a time; the better the map, the sooner the
mean error of the rest falls. Beside the maps stand the best possible one, the error itself
("oracle"), and one that knows nothing. "area" is that between a map's curve and the oracle's, as a
part of that between the one that knows nothing and the oracle's: 0 is perfect, 1 is worthless
(Ilg et al., ECCV 2018, section 5; there it is not divided).

Error: of disparity after the best scale and shift, as a part of the truth's range. Pictures: those
of configs/train/tuning.toml with measured disparity, and every tenth of the synthetic room of
icl_nuim; with a model that was trained on the former its errors there are too small.

--render: PSNR of the pictures, 960 px wide, against those rendered from true disparity, once with
the focus near the far end and once near the near one; "constant" blurs less everywhere alike, by so
much of the scene's span, and "unblurred" is the picture itself.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from streamdefocus.config import DefocusOptions, DepthOptions, load_config
from streamdefocus.defocus import create_renderer
from streamdefocus.defocus.optics import cautious
from streamdefocus.depth import DisparityEstimator
from streamdefocus.depth.datasets import read_holdout
from streamdefocus.errors import StreamDefocusError
from streamdefocus.evaluation.depth.collections import open_collections
from streamdefocus.evaluation.depth.truths import DepthTruth
from streamdefocus.evaluation.metrics import align_scale_shift
from streamdefocus.frames import BgrImage, DisparityMap, FloatMap, FocusPlane

LEFT_OUT = np.arange(0, 1, 0.05)
COLOURS = ((180, 90, 20), (30, 110, 220), (60, 150, 60), (150, 50, 150), (90, 90, 90))
RENDERED_PX = 960
CAUTIONS = (0, 1, 2, 4)
SHRINKS = (0.02, 0.05, 0.1)
Map = Callable[[DisparityEstimator, BgrImage], FloatMap]


def mirrored(estimator: DisparityEstimator, bgr: BgrImage) -> FloatMap:
    """How much the answer to the mirrored picture differs: one more pass."""
    _, direct = estimator.estimate(bgr)
    _, other = estimator.estimate(np.ascontiguousarray(bgr[:, ::-1]))
    return np.abs(direct - other[:, ::-1])


def recoloured(count: int) -> Map:
    """Spread over colour augmentations, the paper's (supplement, section 5): so many passes."""
    return lambda estimator, bgr: estimator.uncertainty(bgr, count)


def steepness(estimator: DisparityEstimator, bgr: BgrImage) -> FloatMap:
    """How steep disparity is around a pixel: no more passes."""
    _, direct = estimator.estimate(bgr)
    soft = cv2.GaussianBlur(direct, (0, 0), 4)
    return np.hypot(cv2.Sobel(soft, cv2.CV_32F, 1, 0), cv2.Sobel(soft, cv2.CV_32F, 0, 1))


def middling(estimator: DisparityEstimator, bgr: BgrImage) -> FloatMap:
    """How far disparity is from either end of its range: neither subject nor wall."""
    _, direct = estimator.estimate(bgr)
    low, high = np.quantile(direct, (0.02, 0.98))
    share = np.clip((direct - low) / max(float(high - low), 1e-6), 0, 1)
    return np.asarray(1 - np.abs(2 * share - 1), np.float32)


MAPS: dict[str, Map] = {
    "recoloured, 8": recoloured(8),
    "recoloured, 50": recoloured(50),
    "mirrored": mirrored,
    "steepness": steepness,
    "middling": middling,
}


def pictures(data: Path) -> Iterator[tuple[BgrImage, DepthTruth]]:
    """Pictures with measured disparity."""
    patterns = (*read_holdout(Path("configs/train/tuning.toml")), "icl_nuim/*")
    for loads in open_collections(data, patterns).values():
        for load in loads:
            sample = load()
            (truth,) = sample.truths.values()
            if isinstance(truth, DepthTruth):
                yield sample.picture, truth


def errors(disparity: FloatMap, truth: DepthTruth) -> NDArray[np.float32]:
    """Of the known pixels, as a part of the truth's range."""
    size = truth.disparity.shape[::-1]
    whole = cv2.resize(disparity, size, interpolation=cv2.INTER_LINEAR)
    aligned = align_scale_shift(whole, truth.disparity, truth.counts)
    low, high = np.quantile(truth.disparity[truth.counts], (0.02, 0.98))
    return np.abs(aligned - truth.disparity)[truth.counts] / np.float32(high - low)


def curve(error: NDArray[np.float32], doubt: NDArray[np.float32]) -> NDArray[np.float64]:
    """Mean error of what is left when the most doubted parts LEFT_OUT are taken away."""
    sure_first = error[np.argsort(doubt, kind="stable")]
    means = np.cumsum(sure_first, dtype=np.float64) / np.arange(1, len(error) + 1)
    return means[np.maximum((len(error) * (1 - LEFT_OUT)).astype(int) - 1, 0)]


def measure(options: DepthOptions, data: Path) -> dict[str, NDArray[np.float64]]:
    """Mean curves over all pictures, by map; each relative to the error of the whole."""
    found: dict[str, list[NDArray[np.float64]]] = {}
    with DisparityEstimator(options) as estimator:
        for bgr, truth in pictures(data):
            _, disparity = estimator.estimate(bgr)
            error = errors(disparity, truth)
            known = {"oracle": error, "nothing": np.random.default_rng(0).random(error.size)}
            for name, make in MAPS.items():
                size = truth.disparity.shape[::-1]
                known[name] = cv2.resize(make(estimator, bgr), size)[truth.counts]
            for name, doubt in known.items():
                found.setdefault(name, []).append(curve(error, doubt) / max(error.mean(), 1e-9))
    return {name: np.mean(curves, axis=0) for name, curves in found.items()}


# --- Blurring less ----------------------------------------------------------------------------


def rendered(options: DepthOptions, data: Path) -> dict[str, float]:
    """Mean PSNR in dB by how much less is blurred; see the head of this file."""
    renderer = create_renderer(DefocusOptions())
    found: dict[str, list[float]] = {}
    with DisparityEstimator(options) as estimator:
        for picture, truth in pictures(data):
            height = round(picture.shape[0] * RENDERED_PX / picture.shape[1])
            bgr = cv2.resize(picture, (RENDERED_PX, height), interpolation=cv2.INTER_AREA)
            exact, known = _exact(truth, (RENDERED_PX, height))
            _, raw = estimator.estimate(bgr)
            slope, offset = _fit(cv2.resize(raw, (RENDERED_PX, height))[known], exact.values[known])
            if slope <= 0:
                continue
            doubt = estimator.uncertainty(bgr, 8) * np.float32(slope)
            values = (raw * slope + offset).astype(np.float32)
            kinds = {f"caution {c}": (doubt, c) for c in CAUTIONS}
            kinds |= {f"constant {s:g}": (np.full_like(doubt, s * exact.span), 1) for s in SHRINKS}
            for part in (0.2, 0.8):
                plane = FocusPlane(exact.far + part * exact.span, 0.02 * exact.span)
                ideal = renderer.render(bgr, exact, plane)
                shown = {
                    name: renderer.render(bgr, _drawn(values, exact, plane, *kind), plane)
                    for name, kind in kinds.items()
                }
                for name, result in (shown | {"unblurred": bgr}).items():
                    error = (result.astype(np.float32) - ideal)[known]
                    psnr = 10 * np.log10(255**2 / np.mean(np.square(error)))
                    found.setdefault(name, []).append(float(psnr))
    return {name: float(np.mean(values)) for name, values in found.items()}


def _exact(truth: DepthTruth, size: tuple[int, int]) -> tuple[DisparityMap, NDArray[np.bool_]]:
    """True disparity at another size, and where it is known; elsewhere it is the median."""
    values = cv2.resize(truth.disparity, size, interpolation=cv2.INTER_NEAREST)
    counts = cv2.resize(truth.counts.astype(np.uint8), size, interpolation=cv2.INTER_NEAREST)
    known = counts > 0
    far, near = np.quantile(values[known], (0.02, 0.98))
    whole = np.where(known, values, np.median(values[known])).astype(np.float32)
    return DisparityMap(whole, float(far), float(near)), known


def _fit(raw: NDArray[np.float32], exact: NDArray[np.float32]) -> tuple[float, float]:
    slope, offset = np.polyfit(raw.astype(np.float64), exact.astype(np.float64), 1)
    return float(slope), float(offset)


def _drawn(
    values: FloatMap, exact: DisparityMap, plane: FocusPlane, doubt: FloatMap, caution: float
) -> DisparityMap:
    return cautious(DisparityMap(values, exact.far, exact.near, doubt), plane, caution)


# --- Reporting --------------------------------------------------------------------------------


def area(curves: dict[str, NDArray[np.float64]], name: str) -> float:
    """See the head of this file."""
    best, worst = curves["oracle"].mean(), curves["nothing"].mean()
    return float((curves[name].mean() - best) / (worst - best))


def draw(curves: dict[str, NDArray[np.float64]], path: Path) -> None:
    """Error of what is left over the part that is left out."""
    width, height, margin = 860, 460, 50
    sheet = np.full((height, width, 3), 255, np.uint8)
    right = width - 230

    def place(x: float, y: float) -> tuple[int, int]:
        return round(margin + x * (right - margin)), round(margin + (1.1 - y) / 1.1 * 360)

    def write(text: str, at: tuple[int, int], colour: tuple[int, int, int] = (60, 60, 60)) -> None:
        cv2.putText(sheet, text, at, cv2.FONT_HERSHEY_SIMPLEX, 0.42, colour, 1, cv2.LINE_AA)

    for level in (0, 0.25, 0.5, 0.75, 1):
        cv2.line(sheet, place(0, level), place(1, level), (225, 225, 225), 1)
        write(f"{level:g}", (10, place(0, level)[1] + 4))
        write(f"{100 * level:.0f} %", (place(level, 0)[0] - 12, place(0, 0)[1] + 18))
    write(
        "error of what is left, against that of all; part that is left out", (margin, height - 12)
    )
    for i, (name, values) in enumerate(curves.items()):
        colour = COLOURS[i % len(COLOURS)] if name in MAPS else (160, 160, 160)
        line = np.array([place(x, y) for x, y in zip(LEFT_OUT, values, strict=True)], np.int32)
        cv2.polylines(sheet, [line], False, colour, 2, cv2.LINE_AA)
        write(f"{name}: {area(curves, name):.2f}", (right + 12, margin + 22 * i), colour)
    cv2.imwrite(str(path), sheet)


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--model", default="compact")
    parser.add_argument("--data", type=Path, default=Path("../shared/data/train"))
    parser.add_argument("--curve", type=Path)
    parser.add_argument("--render", action="store_true")
    arguments = parser.parse_args()
    options = load_config(overrides={"model": arguments.model}).depth
    try:
        if arguments.render:
            print("| | PSNR, dB |\n|---|---|")
            for name, psnr in rendered(options, arguments.data).items():
                print(f"| {name} | {psnr:.2f} |")
            return 0
        curves = measure(options, arguments.data)
    except StreamDefocusError as error:
        print(error, file=sys.stderr)
        return 1
    print("| map | area | error without the most doubted 20 % |\n|---|---|---|")
    for name in sorted(curves, key=lambda name: area(curves, name)):
        print(f"| {name} | {area(curves, name):.2f} | {curves[name][4]:.2f} |")
    if arguments.curve:
        draw(curves, arguments.curve)
    return 0


if __name__ == "__main__":
    sys.exit(main())
