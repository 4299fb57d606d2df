"""Pictures, panels and marks on one canvas of the window's size."""

from __future__ import annotations

from typing import cast

import cv2
import numpy as np
from numpy.typing import NDArray

from streamdefocus.frames import BgrImage, DisparityMap, FocusPlane, Frame, View
from streamdefocus.sinks.viewer.layout import Layout, Rect, lay_out
from streamdefocus.sinks.viewer.status import FocusMark
from streamdefocus.sinks.viewer.text import Cell, Patch, panel, wrap
from streamdefocus.sinks.viewer.viewer import Scene

_BACKGROUND = 17
"""Grey of the bars beside the image; equal channels, because that is filled fastest."""

_MARK_BGR = (90, 200, 255)
_LOST_BGR = (150, 150, 150)
_RECORDING_BGR = (60, 60, 235)
_IN_FOCUS_BGR = np.array((110, 235, 120), np.float32)

_HELP_OPACITY = 0.84

_SMALLEST_TEXT_PX = 12
_LARGEST_TEXT_PX = 30

_COARSE = 0.6
"""Shrunk further than that, plain interpolation leaves out pixels and lines flicker."""


def text_size_px(canvas_px: tuple[int, int]) -> int:
    """Height of letters that suits a canvas: 13 in 640 x 480, 24 in 1920 x 1080."""
    width, height = canvas_px
    fitting = round(min(width / 48, height / 36 * 0.8 + 2.4))
    return max(_SMALLEST_TEXT_PX, min(_LARGEST_TEXT_PX, fitting))


class Painter:
    """Paints views; keeps one canvas, so that nothing is allocated for every frame."""

    def __init__(self) -> None:
        self._canvas: BgrImage = np.zeros((1, 1, 3), np.uint8)

    def paint(self, view: View | None, scene: Scene) -> tuple[BgrImage, Layout]:
        """Paint a view under a scene.

        Args:
            view: What to show, or None while there is nothing; it is not changed.
            scene: What else to show.

        Returns:
            The canvas, valid until the next call, and where the panes lie on it.
        """
        canvas = self._empty(scene.canvas_px)
        image_px = view.frame.size_px if view else scene.canvas_px
        layout = lay_out(scene.canvas_px, image_px, 2 if scene.disparity_beside and view else 1)
        if view:
            _paint_panes(canvas, layout, view)
            if scene.mark:
                for pane in layout.panes:
                    _paint_mark(canvas, pane, scene.mark, scene.glow)
        _paint_panels(canvas, scene)
        return canvas, layout

    def _empty(self, canvas_px: tuple[int, int]) -> BgrImage:
        width, height = canvas_px
        if self._canvas.shape[:2] != (height, width):
            self._canvas = np.zeros((height, width, 3), np.uint8)
        self._canvas.fill(_BACKGROUND)
        return self._canvas


def _paint_panes(canvas: BgrImage, layout: Layout, view: View) -> None:
    image, *others = layout.panes
    _fit(view.frame, canvas[image.slices])
    for pane in others:
        if view.disparity:
            size_px = (pane.width, pane.height)
            canvas[pane.slices] = disparity_picture(view.disparity, view.focus, size_px)


def _fit(frame: Frame, target: BgrImage) -> None:
    height, width = target.shape[:2]
    if frame.size_px == (width, height):
        target[:] = frame.bgr
        return
    coarse = width < _COARSE * frame.size_px[0]
    method = cv2.INTER_AREA if coarse else cv2.INTER_LINEAR
    target[:] = cv2.resize(frame.bgr, (width, height), interpolation=method)


def disparity_picture(
    disparity: DisparityMap, focus: FocusPlane | None, size_px: tuple[int, int]
) -> BgrImage:
    """Disparity in colours: dark is far, bright is near, green is in focus.

    Args:
        disparity: Of any resolution.
        focus: What is in focus, or None.
        size_px: (width, height) of the result.
    """
    unit = 255 / disparity.span
    grey = np.clip((disparity.values - disparity.far) * unit, 0, 255).astype(np.uint8)
    colours = _inferno().copy()
    if focus:
        level = (focus.disparity - disparity.far) * unit
        reach = max(focus.half_range * unit, 3.0)
        sharp = np.abs(np.arange(256) - level) <= reach
        colours[sharp] = 0.25 * colours[sharp] + 0.75 * _IN_FOCUS_BGR
    small = cv2.applyColorMap(grey, colours.astype(np.uint8)[:, None])
    return cast(BgrImage, cv2.resize(small, size_px, interpolation=cv2.INTER_LINEAR))


def _inferno() -> NDArray[np.float32]:
    ramp = np.arange(256, dtype=np.uint8)[:, None]
    return cv2.applyColorMap(ramp, cv2.COLORMAP_INFERNO)[:, 0].astype(np.float32)


def _paint_mark(canvas: BgrImage, pane: Rect, mark: FocusMark, glow: float) -> None:
    """A ring; with four ticks if it follows something. It shrinks onto its place when new."""
    radius = pane.height * (0.036 + 0.014 * max(0.0, 2 * glow - 1))
    reach = int(radius * 1.6) + 4
    picture = canvas[pane.slices]  # what would stick out of it is cut off
    x, y = mark.x * pane.width, mark.y * pane.height
    left, top = max(0, int(x) - reach), max(0, int(y) - reach)
    area = picture[top : max(0, int(y) + reach), left : max(0, int(x) + reach)]
    if not area.size:
        return
    drawn = area.copy()
    at = (x - left - 0.5, y - top - 0.5)
    thickness = max(1, round(pane.height / 400))
    # Dark below light: to be seen on white and on black.
    _ring(drawn, at, radius, mark.following, (20, 20, 20), thickness + 2)
    _ring(drawn, at, radius, mark.following, _LOST_BGR if mark.lost else _MARK_BGR, thickness)
    opacity = 1.0 if mark.following else 0.5 + 0.5 * min(1.0, 2 * glow)
    cv2.addWeighted(drawn, opacity, area, 1 - opacity, 0, dst=drawn)
    area[:] = drawn


def _ring(
    area: BgrImage,
    centre: tuple[float, float],
    radius: float,
    ticks: bool,
    colour: tuple[int, int, int],
    thickness: int,
) -> None:
    bits = 4  # of a pixel's fraction, so that the mark glides and does not hop
    unit = 1 << bits

    def fixed(x: float, y: float) -> tuple[int, int]:
        return round(x * unit), round(y * unit)

    x, y = centre
    cv2.circle(area, fixed(x, y), round(radius * unit), colour, thickness, cv2.LINE_AA, bits)
    for dx, dy in ((1, 0), (-1, 0), (0, 1), (0, -1)) if ticks else ():
        inner, outer = 0.75 * radius, 1.35 * radius
        begin, end = fixed(x + dx * inner, y + dy * inner), fixed(x + dx * outer, y + dy * outer)
        cv2.line(area, begin, end, colour, thickness, cv2.LINE_AA, bits)


def _paint_panels(canvas: BgrImage, scene: Scene) -> None:
    width, height = scene.canvas_px
    size_px = text_size_px(scene.canvas_px)
    margin = size_px
    if scene.hud and not scene.help:  # in a small window one would lie on the other
        panel(scene.hud, size_px).stamp(canvas, margin, margin)
    if scene.recording:
        _paint_recording(canvas, size_px)
    if scene.message:
        patch = panel(wrap(scene.message, size_px + 2, width - 2 * margin), size_px + 2)
        _stamp_centred(canvas, patch, height * 0.44)
    if scene.toast:
        patch = panel(wrap(scene.toast, size_px, width - 2 * margin), size_px)
        _stamp_centred(canvas, patch, height - margin - patch.size_px[1])
    if scene.help:
        patch = _help_panel(scene, size_px)
        _stamp_centred(canvas, patch, (height - patch.size_px[1]) / 2)


def _help_panel(scene: Scene, size_px: int) -> Patch:
    """As large as the rest if it fits, otherwise as large as it can be."""
    width, height = scene.canvas_px
    while True:
        patch = panel(scene.help, size_px, _HELP_OPACITY)
        too_large = patch.size_px[0] > width or patch.size_px[1] > height
        if not too_large or size_px <= 8:
            return patch
        size_px -= 1


def _stamp_centred(canvas: BgrImage, patch: Patch, top: float) -> None:
    patch.stamp(canvas, (canvas.shape[1] - patch.size_px[0]) // 2, round(top))


def _paint_recording(canvas: BgrImage, size_px: int) -> None:
    """A red light and a word, top right, where cameras have it."""
    patch = panel(((Cell("     REC"),),), size_px)  # the light goes where the spaces are
    width, height = patch.size_px
    left = canvas.shape[1] - width - size_px
    patch.stamp(canvas, left, size_px)
    light = (left + round(size_px * 1.3), size_px + height // 2)
    cv2.circle(canvas, light, round(size_px * 0.38), _RECORDING_BGR, -1, cv2.LINE_AA)
