"""Disparity that holds still: one scale over time, calm where nothing moves.

A network looks at every frame afresh, so its scale and shift wander from frame to frame. Each raw
map is brought to the running one by a robust scale and shift, measured where the picture did not
change; then the two are blended. What changed in picture and in disparity is taken over at once,
the rest slowly. At a scene cut everything starts anew.

The maths is in functions over an explicit, immutable state; ``TemporalSmoother`` only keeps it.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import cv2
import numpy as np

from streamdefocus.config import SmoothingOptions
from streamdefocus.frames import BgrImage, DisparityMap, FloatMap
from streamdefocus.scene_cuts import is_cut, thumbnail
from streamdefocus.smoothing.alignment import fit_scale_and_shift

REFERENCE_RATE = 30.0
"""``smoothing`` is the share of the old map that a frame keeps at this many frames a second."""

STILL_TIMES_LONGER = 5.0
"""How many times longer than ``smoothing`` says the old map is kept where nothing changed.

It costs no lag that can be seen: what moves is not held at all.
"""

PICTURE_MEMORY_S = 0.08
"""Time constant of the picture that changes are measured against: slow movement adds up in it."""

CHANGE_SIGMAS = (2.0, 6.0)
"""Between these multiples of the picture's noise, a pixel goes from unchanged to changed."""

CHANGE_OF_SPAN = (0.03, 0.10)
"""Between these shares of the scene's span, a change of disparity goes from jitter to movement."""

ANCHOR_S = 4.0
"""In this time the stable scale returns to the network's own; without it, errors would pile up."""

ENDS_S = 4.0
"""Time constant of the near and far ends; slow, or blur would pump when someone leans in."""

ENDS_PERCENT = (2.0, 98.0)
LEAST_SPAN = 0.25
"""Least span as a share of the median disparity, so that a bare wall is not stretched to noise."""

_LONGEST_STEP_S = 1.0
_SAMPLE_STEP = 8


@dataclass(frozen=True, slots=True)
class SmoothingState:
    """All that is carried from frame to frame. Its arrays are never written to.

    Attributes:
        values: H x W float32, the stable disparity.
        far: Disparity of the far end.
        near: Disparity of the near end.
        scale: Stable disparity = scale x raw disparity + shift, as of the last frame.
        shift: See ``scale``.
        grey: h x w float32, the recent picture, at half of the map's resolution.
        thumbnail: 16 x 32 float32, the last picture, for scene cuts.
        time_s: Time of the last frame.
    """

    values: FloatMap
    far: float
    near: float
    scale: float
    shift: float
    grey: FloatMap
    thumbnail: FloatMap
    time_s: float

    @property
    def disparity(self) -> DisparityMap:
        """The map as the later stages take it."""
        return DisparityMap(self.values, self.far, self.near)


class TemporalSmoother:
    """Turns raw disparity, frame by frame, into disparity on a scale that holds still.

    Args:
        options: How calm; see ``SmoothingOptions``.

    Attributes:
        smoothing: As in the options; it may be changed at any time, from any thread, and counts
            from the next frame on.
    """

    def __init__(self, options: SmoothingOptions) -> None:
        self.smoothing = options.smoothing
        self._state: SmoothingState | None = None

    def update(self, raw: FloatMap, picture: BgrImage, time_s: float) -> DisparityMap:
        """Take in the next frame.

        Args:
            raw: H x W float32 disparity from the network; values that are not finite are replaced
                by what was there before.
            picture: h x w x 3 uint8, the frame at about the map's resolution (any size works).
            time_s: When the frame is shown, seconds.

        Returns:
            A map of its own; the first one, and the one after a scene cut, is the raw map itself.

        Raises:
            ValueError: The map is not H x W float32 or the picture is not h x w x 3 uint8.
        """
        _check(raw, picture)
        state = advance(self._state, raw, picture, time_s, self.smoothing)
        if state is None:
            return DisparityMap(np.zeros_like(raw), far=0.0, near=1.0)
        self._state = state
        return state.disparity

    @property
    def scale(self) -> float:
        """By how much the last map's differences are larger than the network's."""
        return self._state.scale if self._state is not None else 1.0

    def reset(self) -> None:
        """Forget everything; the next frame is the first one."""
        self._state = None


def advance(
    state: SmoothingState | None,
    raw: FloatMap,
    picture: BgrImage,
    time_s: float,
    smoothing: float,
) -> SmoothingState | None:
    """The next state.

    Args:
        state: The last one, unchanged by this call, or None before the first frame.
        raw: H x W float32; may hold values that are not finite.
        picture: h x w x 3 uint8.
        time_s: Seconds.
        smoothing: 0..0.98, the share of the old map kept a frame, at 30 frames a second.

    Returns:
        The new state, or None while there was no finite disparity at all.
    """
    shown = thumbnail(picture)
    if state is not None and state.values.shape != raw.shape:
        state = None
    raw_finite = _completed(raw, state)
    if raw_finite is None:
        return state and replace(state, time_s=time_s)
    grey = _half_grey(picture, raw.shape)
    if state is None or smoothing == 0 or is_cut(state.thumbnail, shown):
        far, near = ends_of(raw_finite)
        return SmoothingState(raw_finite, far, near, 1.0, 0.0, grey, shown, time_s)
    step_s = min(max(time_s - state.time_s, 0.0), _LONGEST_STEP_S)
    changed = picture_change(state.grey, grey)
    state = _anchored(_rescaled(state, raw_finite, changed), step_s)
    values = _blended(state, raw_finite, changed, retention(smoothing, step_s))
    ends = ends_of(values)
    keep = math.exp(-step_s / ENDS_S)
    recent = math.exp(-step_s / PICTURE_MEMORY_S)
    return replace(
        state,
        values=values,
        far=ends[0] + (state.far - ends[0]) * keep,
        near=ends[1] + (state.near - ends[1]) * keep,
        grey=np.asarray(cv2.addWeighted(state.grey, recent, grey, 1 - recent, 0), np.float32),
        thumbnail=shown,
        time_s=time_s,
    )


def retention(smoothing: float, step_s: float) -> float:
    """Share of the old map, 0..1, that an unchanged pixel keeps over ``step_s`` seconds."""
    return smoothing ** (step_s * REFERENCE_RATE / STILL_TIMES_LONGER)


def picture_change(before: FloatMap, after: FloatMap) -> FloatMap:
    """How surely each pixel of the picture changed, 0..1, beyond the camera's own noise.

    Args:
        before: h x w float32 grey levels.
        after: The same of the new frame.

    Returns:
        h x w float32; a changed pixel's neighbours count as changed, for a network's disparity
        changes around what moves.
    """
    difference = np.asarray(cv2.absdiff(before, after), np.float32)
    # Most pixels of most frames stand still, so the median is noise; a moving camera must not
    # pass for noise, hence the bounds.
    sigma = min(max(1.48 * float(np.median(difference[::4, ::4])), 1.0), 4.0)
    low, high = (sigma * bound for bound in CHANGE_SIGMAS)
    changed = _ramp(difference, low, high)
    return np.asarray(cv2.blur(cv2.dilate(changed, np.ones((3, 3))), (3, 3)), np.float32)


def ends_of(values: FloatMap) -> tuple[float, float]:
    """The far and the near end of a map: robust percentiles, a least span apart."""
    sample = values[::_SAMPLE_STEP, ::_SAMPLE_STEP]
    far, median, near = np.percentile(sample, (ENDS_PERCENT[0], 50, ENDS_PERCENT[1]))
    lacking = max(LEAST_SPAN * abs(float(median)) + 1e-6 - float(near - far), 0.0)
    return float(far) - lacking / 2, float(near) + lacking / 2


def _rescaled(state: SmoothingState, raw: FloatMap, changed: FloatMap) -> SmoothingState:
    """The state with the scale and shift that bring the new raw map onto it."""
    sample = np.s_[::_SAMPLE_STEP, ::_SAMPLE_STEP]
    half = np.s_[:: _SAMPLE_STEP // 2, :: _SAMPLE_STEP // 2]
    height, width = raw[sample].shape
    unchanged = (changed[half][:height, :width] < 0.2).astype(np.float32)
    # Before a moving camera nearly everything changes; then everything has to serve.
    weight = unchanged if unchanged.mean() > 0.1 else np.maximum(unchanged, 0.1)
    source = state.scale * raw[sample] + np.float32(state.shift)
    scale, shift = fit_scale_and_shift(
        source.ravel(), np.ascontiguousarray(state.values[sample]).ravel(), weight.ravel()
    )
    return replace(state, scale=state.scale * scale, shift=state.shift * scale + shift)


def _anchored(state: SmoothingState, step_s: float) -> SmoothingState:
    """The state let go a little towards the network's own scale, ends and map alike."""
    keep = math.exp(-step_s / ANCHOR_S)
    scale, shift = state.scale**keep, state.shift * keep
    ratio = scale / state.scale
    offset = shift - state.shift * ratio
    return replace(
        state,
        values=np.asarray(state.values * np.float32(ratio) + np.float32(offset), np.float32),
        far=state.far * ratio + offset,
        near=state.near * ratio + offset,
        scale=scale,
        shift=shift,
    )


def _blended(state: SmoothingState, raw: FloatMap, changed: FloatMap, keep: float) -> FloatMap:
    """The old map and the new one, mixed pixel by pixel."""
    step = np.asarray(raw * np.float32(state.scale) + np.float32(state.shift), np.float32)
    step -= state.values
    height, width = changed.shape
    small = cv2.resize(step, (width, height), interpolation=cv2.INTER_AREA)
    span = state.near - state.far
    low, high = (span * bound for bound in CHANGE_OF_SPAN)
    moved = _ramp(np.abs(small), low, high)
    # Soft borders between what is taken over and what is kept, or they would show as seams.
    moved = np.asarray(cv2.blur(moved * changed, (5, 5)), np.float32)
    taken = cv2.resize(1 - keep * (1 - moved), (raw.shape[1], raw.shape[0]))
    step *= taken
    step += state.values
    return step


def _completed(raw: FloatMap, state: SmoothingState | None) -> FloatMap | None:
    """A copy of the raw map with what is not finite filled in; None where nothing is finite."""
    if math.isfinite(float(raw.sum(dtype=np.float64))):
        return raw.copy()
    finite = np.isfinite(raw)
    if not finite.any():
        return None
    if state is None:
        return np.where(finite, raw, np.median(raw[finite])).astype(np.float32)
    held = (state.values - np.float32(state.shift)) / np.float32(state.scale)
    return np.where(finite, raw, held).astype(np.float32)


def _half_grey(picture: BgrImage, shape: tuple[int, ...]) -> FloatMap:
    size = (max((shape[1] + 1) // 2, 1), max((shape[0] + 1) // 2, 1))
    grey = cv2.cvtColor(cv2.resize(picture, size, interpolation=cv2.INTER_AREA), cv2.COLOR_BGR2GRAY)
    return np.asarray(cv2.blur(grey.astype(np.float32), (3, 3)), np.float32)


def _ramp(values: FloatMap, low: float, high: float) -> FloatMap:
    """0 up to ``low``, 1 from ``high`` on, straight between."""
    slope = np.float32(1 / (high - low))
    return np.clip(values * slope - np.float32(low) * slope, np.float32(0), np.float32(1))


def _check(raw: FloatMap, picture: BgrImage) -> None:
    if raw.ndim != 2 or raw.dtype != np.float32:
        raise ValueError(
            f"raw must be float32 of shape (height, width). Received: {raw.dtype} of {raw.shape}"
        )
    if picture.ndim != 3 or picture.shape[2] != 3 or picture.dtype != np.uint8:
        raise ValueError(
            "picture must be uint8 of shape (height, width, 3). "
            f"Received: {picture.dtype} of {picture.shape}"
        )
