"""The contact sheet: pictures, truths, estimates and where they are wrong."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from streamdefocus.errors import OutputError
from streamdefocus.evaluation.depth.truths import Panels
from streamdefocus.frames import BgrImage, FloatMap

TILE_PX, GAP_PX, TEXT_PX, LINE_PX = 300, 6, 15, 24
PAPER, INK, DIM, UNKNOWN = (28, 26, 24), (240, 240, 240), (170, 165, 160), (64, 60, 58)
NEAR_COLOURS, ERROR_COLOURS = cv2.COLORMAP_INFERNO, cv2.COLORMAP_VIRIDIS
ERROR_FULL = 0.5  # relative error of depth that is shown brightest
SPARSE = 0.3  # with less known than this, points are drawn larger than they are
SHOWN_SCORES = ("abs_rel", "delta1", "d1_all", "iou", "boundary_f")


@dataclass(frozen=True)
class Row:
    """One sample of the sheet.

    Attributes:
        picture: H x W x 3 BGR uint8.
        panels: By method.
        scores: By method; more methods than are drawn do no harm.
    """

    picture: BgrImage
    panels: Mapping[str, Panels]
    scores: Mapping[str, Mapping[str, float]]


def write_sheet(rows: Mapping[str, Sequence[Row]], path: Path) -> None:
    """Write the rows of every data set as one PNG.

    Raises:
        OutputError: The file cannot be written.
    """
    columns = 2 + 2 * max((len(row.panels) for drawn in rows.values() for row in drawn), default=0)
    width = GAP_PX + columns * (TILE_PX + GAP_PX)
    strips = [strip for name, drawn in rows.items() for strip in _section(name, drawn, width)]
    strips.append(_legend(width))
    try:
        written = cv2.imwrite(str(path), np.vstack(strips))
    except cv2.error as error:
        raise OutputError(f"cannot write the sheet {path}: {error}") from error
    if not written:
        raise OutputError(f"cannot write the sheet {path}; does its folder exist?")


def _section(name: str, rows: Sequence[Row], width: int) -> list[BgrImage]:
    """A data set: its name over the columns' names, then two strips a row."""
    titles = [name, "truth"]
    for method in rows[0].panels:
        titles += [method, "error"]
    strips = [_texts(titles, width, INK)]
    for row in rows:
        # One height for all rows, so that a data set is a grid; other shapes lie on paper.
        height = max(48, min(TILE_PX, round(TILE_PX * row.picture.shape[0] / row.picture.shape[1])))
        first = next(iter(row.panels.values()), None)
        tiles = [cv2.resize(row.picture, (TILE_PX, height), interpolation=cv2.INTER_AREA)]
        captions = ["", ""]
        if first is not None:
            tiles.append(_coloured(first.truth, NEAR_COLOURS, height))
        for method, panels in row.panels.items():
            tiles.append(_coloured(panels.estimate, NEAR_COLOURS, height))
            tiles.append(_coloured(panels.error / ERROR_FULL, ERROR_COLOURS, height))
            captions += [_caption(row.scores[method]), ""]
        strip = _paper(height, width)
        for place, tile in enumerate(tiles):
            left = GAP_PX + place * (TILE_PX + GAP_PX)
            strip[:, left : left + TILE_PX] = tile
        strips += [strip, _texts(captions, width, DIM)]
    return strips


def _caption(scores: Mapping[str, float]) -> str:
    return "  ".join(f"{name} {scores[name]:.3g}" for name in SHOWN_SCORES if name in scores)


def _coloured(values: FloatMap, colours: int, height: int) -> BgrImage:
    """A map with values of 0..1 as a tile; NaN is unknown."""
    known = np.isfinite(values)
    filled = np.where(known, np.clip(values, 0, 1), -1).astype(np.float32)
    if float(known.mean()) < SPARSE:
        size = 1 + 2 * max(1, round(values.shape[1] / TILE_PX))
        filled = cv2.dilate(filled, np.ones((size, size), np.uint8))
    shrinks = values.shape[1] >= TILE_PX and known.all()
    method = cv2.INTER_AREA if shrinks else cv2.INTER_NEAREST
    tile = cv2.resize(filled, (TILE_PX, height), interpolation=method)
    coloured = cv2.applyColorMap((np.maximum(tile, 0) * 255).astype(np.uint8), colours)
    coloured[tile < 0] = UNKNOWN
    return coloured


def _legend(width: int) -> BgrImage:
    """What the colours mean."""
    strip = _paper(3 * LINE_PX, width)
    bars = (
        (NEAR_COLOURS, "far", "near (disparity, over the truth's range)"),
        (ERROR_COLOURS, "right", f"depth off by {ERROR_FULL:.0%} or more, or wrong side of person"),
    )
    steps = np.linspace(0, 255, 2 * LINE_PX * 3).astype(np.uint8)[None]
    left = GAP_PX
    for colours, low, high in bars:
        left = _write(strip, low, left, LINE_PX * 2, DIM) + GAP_PX
        bar = cv2.applyColorMap(np.repeat(steps, TEXT_PX, axis=0), colours)
        top = LINE_PX * 2 - TEXT_PX + 2
        strip[top : top + TEXT_PX, left : left + bar.shape[1]] = bar
        left = _write(strip, high, left + bar.shape[1] + GAP_PX, LINE_PX * 2, DIM) + 4 * GAP_PX
    return strip


def _texts(texts: Sequence[str], width: int, colour: tuple[int, int, int]) -> BgrImage:
    """A line of text over every column."""
    strip = _paper(LINE_PX if colour == DIM else 2 * LINE_PX, width)
    for place, text in enumerate(texts):
        left = GAP_PX + place * (TILE_PX + GAP_PX)
        _write(strip, text, left, len(strip) - LINE_PX // 3, colour)
    return strip


def _write(
    strip: BgrImage, text: str, left: int, baseline: int, colour: tuple[int, int, int]
) -> int:
    """Draw text; returns where it ends."""
    end = cv2.putText(strip, text, (left, baseline), colour, cv2.FontFace("sans"), TEXT_PX, 450)
    return int(end[0][0])


def _paper(height: int, width: int) -> BgrImage:
    return np.full((height, width, 3), PAPER, np.uint8)
