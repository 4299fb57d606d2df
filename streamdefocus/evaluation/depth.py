"""How good a depth estimate is, on pictures that nothing was trained on.

Two trivial baselines always stand beside the result: "ramp", a bare vertical gradient, and
"blob", a bump in the middle of the lower edge, where people tend to sit.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from streamdefocus.depth.datasets import (
    is_held_out,
    list_photos,
    list_stereo_truth,
    read_depth_m,
    read_holdout,
    read_photo,
    read_stereo_truth,
)
from streamdefocus.errors import InputError, OutputError
from streamdefocus.evaluation.metrics import (
    align_scale_shift,
    auc,
    best_threshold,
    boundary_f,
    depth_errors,
)
from streamdefocus.frames import BgrImage, FloatMap

Estimator = Callable[[BgrImage], FloatMap]
"""From H x W x 3 BGR uint8 to H x W float32 disparity, larger is nearer."""

Scores = dict[str, dict[str, dict[str, float]]]
"""{dataset: {method: {metric: value}}}."""

BOUNDARY_PX = 3.0  # within this an outline is right, at the pictures' own size (about 300..640)
ICL_STEP = 10  # neighbouring frames of one walk through one room say the same
ICL_UNITS_PER_M = 1000.0
LEAST_PERSON = 0.05  # of the picture; smaller people are the background's business
SHEET_ROWS = 4
TILE_PX = (240, 180)


@dataclass(frozen=True)
class Sample:
    """A picture to measure on.

    Attributes:
        dataset, name: Where it comes from.
        picture: H x W x 3 BGR uint8.
        truth: H x W float32 disparity, 0 unknown; or a person's mask of 0 and 1.
        is_mask: Which of both.
    """

    dataset: str
    name: str
    picture: BgrImage
    truth: FloatMap
    is_mask: bool


def ramp(bgr: BgrImage) -> FloatMap:
    """The trivial baseline for rooms: what is lower in the picture is nearer."""
    height, width = bgr.shape[:2]
    column = np.linspace(0, 1, height, dtype=np.float32)[:, None]
    return np.ascontiguousarray(np.broadcast_to(column, (height, width)))


def blob(bgr: BgrImage) -> FloatMap:
    """The trivial baseline for people: they sit in the middle and reach the lower edge."""
    height, width = bgr.shape[:2]
    y = np.linspace(-1, 0, height, dtype=np.float32)[:, None]
    x = np.linspace(-1, 1, width, dtype=np.float32)[None]
    return np.asarray(np.exp(-((x / 0.6) ** 2) - (y / 1.0) ** 2), np.float32)


BASELINES: dict[str, Estimator] = {"ramp": ramp, "blob": blob}


def evaluate(
    methods: Mapping[str, Estimator],
    data: Path,
    holdout: Path,
    *,
    sheet: Path | None = None,
) -> Scores:
    """Measure methods, and the baselines, on the held-out pictures.

    Args:
        methods: Estimators by name; the first is drawn on the contact sheet.
        data: Folder of the collections; those that are not there are left out.
        holdout: TOML file with the patterns of what is held out.
        sheet: PNG to write: picture, truth, estimate, error.

    Returns:
        Means over pictures. Datasets with measured depth ("middlebury", "icl_nuim"): metrics of
        depth_errors after alignment. People ("grid_people", "coco_people"): "iou" at the best
        threshold, "auc", "boundary_f". Everywhere "images", how many.

    Raises:
        ConfigError: The hold-out list is bad.
        InputError: None of the collections is there, or a file is damaged.
        OutputError: The sheet cannot be written.
    """
    everyone = {**methods, **BASELINES}
    found: dict[str, dict[str, list[dict[str, float]]]] = {}
    tiles: dict[str, list[BgrImage]] = {}
    for sample in samples(data, read_holdout(holdout)):
        rows = found.setdefault(sample.dataset, {name: [] for name in everyone})
        for index, (name, method) in enumerate(everyone.items()):
            disparity = method(sample.picture)
            rows[name].append(score(sample, disparity))
            if index == 0 and sheet is not None:
                tiles.setdefault(sample.dataset, []).append(draw(sample, disparity))
    if not found:
        raise InputError(f"nothing to measure on in {data}; give the folder of the collections")
    if sheet is not None:
        write_sheet(tiles, sheet)
    return {
        dataset: {name: _mean(rows) for name, rows in by_method.items()}
        for dataset, by_method in found.items()
    }


def samples(data: Path, holdout: tuple[str, ...]) -> Iterator[Sample]:
    """All held-out pictures with truth."""
    for item in list_stereo_truth(data, holdout, held_out=True):
        truth = read_stereo_truth(item)
        yield Sample("middlebury", item.name, read_photo(item.photo), truth, is_mask=False)
    yield from _icl(data, holdout)
    yield from _people(data, holdout)


def _icl(data: Path, holdout: tuple[str, ...]) -> Iterator[Sample]:
    folder = data / "icl_nuim" / "reconstruction_system"
    for photo in sorted(folder.glob("*/image/*.jpg"))[::ICL_STEP]:
        name = photo.relative_to(data).as_posix()
        depth = photo.parent.parent / "depth" / f"{photo.stem}.png"
        if is_held_out(name, holdout) and depth.is_file():
            depth_m = read_depth_m(depth, ICL_UNITS_PER_M)
            known = depth_m > 0
            truth = np.where(known, 1 / np.where(known, depth_m, 1), 0).astype(np.float32)
            yield Sample("icl_nuim", name, read_photo(photo), truth, is_mask=False)


def _people(data: Path, holdout: tuple[str, ...]) -> Iterator[Sample]:
    for name in list_photos(data, holdout, held_out=True):
        photo = data / name
        if name.startswith("grid_keyed/"):
            dataset, mask_path = "grid_people", photo.with_name(f"{photo.stem}_mask.png")
        elif name.startswith("coco_people/"):
            mask_path = data / "coco_people" / "person_mask" / f"{photo.stem}.png"
            dataset = "coco_people"
        else:
            continue
        if mask_path.is_file():
            mask = (read_photo(mask_path)[..., 0] > 127).astype(np.float32)
            if float(mask.mean()) >= LEAST_PERSON:
                yield Sample(dataset, name, read_photo(photo), mask, is_mask=True)


def score(sample: Sample, disparity: FloatMap) -> dict[str, float]:
    """The metrics of one estimate."""
    if sample.is_mask:
        person = sample.truth > 0.5
        threshold, iou = best_threshold(disparity, person)
        outline = boundary_f(disparity > threshold, person, BOUNDARY_PX)
        return {"iou": iou, "auc": auc(disparity, person), "boundary_f": outline}
    known = sample.truth > 0
    aligned = align_scale_shift(disparity, sample.truth, known)
    return depth_errors(aligned, sample.truth, known)


def _mean(rows: list[dict[str, float]]) -> dict[str, float]:
    means = {key: float(np.mean([row[key] for row in rows])) for key in rows[0]}
    return {**means, "images": len(rows)}


def draw(sample: Sample, disparity: FloatMap) -> BgrImage:
    """One row of the sheet: picture, truth, estimate, error; TILE_PX each."""
    known = sample.truth > 0 if not sample.is_mask else np.ones(sample.truth.shape, np.bool_)
    aligned = align_scale_shift(disparity, sample.truth, known)
    low, high = (float(np.quantile(sample.truth[known], q)) for q in (0.01, 0.99))
    spread = max(high - low, 1e-6)
    error = np.where(known, np.abs(aligned - sample.truth) / spread, 0)
    maps = ((sample.truth - low) / spread, (aligned - low) / spread, error)
    tiles = [cv2.resize(sample.picture, TILE_PX, interpolation=cv2.INTER_AREA)]
    for values in maps:
        grey = (np.clip(values, 0, 1) * 255).astype(np.uint8)
        tiles.append(cv2.resize(cv2.applyColorMap(grey, cv2.COLORMAP_INFERNO), TILE_PX))
    return np.asarray(np.hstack(tiles), np.uint8)


def write_sheet(tiles: Mapping[str, list[BgrImage]], path: Path) -> None:
    """A few rows of every dataset, evenly spaced, as one PNG.

    Raises:
        OutputError: The file cannot be written.
    """
    rows = []
    for drawn in tiles.values():
        chosen = np.linspace(0, len(drawn) - 1, min(SHEET_ROWS, len(drawn))).astype(int)
        rows += [drawn[i] for i in chosen]
    try:
        written = cv2.imwrite(str(path), np.vstack(rows))
    except cv2.error as error:
        raise OutputError(f"cannot write the sheet {path}: {error}") from error
    if not written:
        raise OutputError(f"cannot write the sheet {path}; does its folder exist?")
