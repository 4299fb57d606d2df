"""Contact sheets of renderers beside the reference, with enlarged crops."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import cast

import cv2
import numpy as np

from streamdefocus.errors import OutputError
from streamdefocus.evaluation.bokeh_cases import Case
from streamdefocus.frames import BgrImage

TILE_PX = 480
"""Width of a picture on the sheet."""
ENLARGEMENT = 2
"""A crop shows every pixel as so many by so many."""

Row = list[BgrImage]


def rows_of(case: Case, results: Mapping[str, Mapping[str, BgrImage]]) -> list[Row]:
    """The rows of one case: pictures, crops with exact disparity, crops as with a network.

    Args:
        case: The reference comes first in each row.
        results: Rendered pictures by condition and renderer.
    """
    place = crop_place(case)
    exact, network = (
        {f"thin lens, {case.name}": case.reference}
        | {f"{name}, {condition}": picture for name, picture in results[condition].items()}
        for condition in ("exact", "network")
    )
    return [
        [_titled(_shrunk(picture), title) for title, picture in network.items()],
        [_titled(_enlarged(picture[place]), title) for title, picture in exact.items()],
        [_titled(_enlarged(picture[place]), title) for title, picture in network.items()],
    ]


def crop_place(case: Case) -> tuple[slice, slice]:
    """Rows and columns of the crop that shows most: the thickest of the edges in focus.

    With the focus on a person that is the hair, with the focus in front the leaves.
    """
    height, width = case.bgr.shape[:2]
    crop_px = (min(TILE_PX // ENLARGEMENT, width), min(_tile_height(case) // ENLARGEMENT, height))
    box = np.ones((5, 5), np.uint8)
    sharp = cv2.dilate(case.in_focus.astype(np.uint8), box)
    edges = (case.depth_edges() & (sharp > 0)).astype(np.float32)
    density = cv2.boxFilter(edges, -1, crop_px, borderType=cv2.BORDER_CONSTANT)
    left_px, top_px = crop_px[0] // 2, crop_px[1] // 2
    inner = density[top_px : height - crop_px[1] + top_px + 1, left_px:]
    inner = inner[:, : width - crop_px[0] + 1]
    top, left = np.unravel_index(int(inner.argmax()), inner.shape)
    return np.s_[top : top + crop_px[1], left : left + crop_px[0]]


def write_sheet(path: Path, rows: Sequence[Sequence[BgrImage]]) -> None:
    """Write a contact sheet.

    Args:
        path: A PNG or JPEG file.
        rows: Pictures of one size.

    Raises:
        OutputError: The file cannot be written.
    """
    try:
        written, data = cv2.imencode(path.suffix, np.vstack([np.hstack(row) for row in rows]))
    except cv2.error:  # an extension that OpenCV does not know
        written = False
    if not written:
        raise OutputError(f"cannot encode the contact sheet as {path.suffix!r}; try .png or .jpg")
    try:
        path.write_bytes(data.tobytes())
    except OSError as error:
        raise OutputError(f"cannot write the contact sheet {path}: {error.strerror}") from error


def _tile_height(case: Case) -> int:
    return TILE_PX * case.bgr.shape[0] // case.bgr.shape[1]


def _shrunk(picture: BgrImage) -> BgrImage:
    height = TILE_PX * picture.shape[0] // picture.shape[1]
    return cast(BgrImage, cv2.resize(picture, (TILE_PX, height), interpolation=cv2.INTER_AREA))


def _enlarged(crop: BgrImage) -> BgrImage:
    size = (crop.shape[1] * ENLARGEMENT, crop.shape[0] * ENLARGEMENT)
    return cast(BgrImage, cv2.resize(crop, size, interpolation=cv2.INTER_NEAREST))


def _titled(tile: BgrImage, title: str) -> BgrImage:
    """The tile with a title written into its corner."""
    (width, height), below = cv2.getTextSize(title, cv2.FONT_HERSHEY_SIMPLEX, 0.6, 1)
    cv2.rectangle(tile, (0, 0), (width + 12, height + below + 8), (0, 0, 0), -1)
    at = (6, height + 5)
    cv2.putText(tile, title, at, cv2.FONT_HERSHEY_SIMPLEX, 0.6, (255, 255, 255), 1, cv2.LINE_AA)
    return tile
