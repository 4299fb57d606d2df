"""How calm disparity is over time, and what that costs: flicker beside lag.

A frozen map does not flicker at all, so flicker alone says nothing: beside it always stand the lag
after a step in depth and the error against known disparity, and beside the smoother the trivial
methods ("raw", "frozen", "ema", and "minmax", which stretches every frame to its own range).
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from streamdefocus.config import SmoothingOptions
from streamdefocus.evaluation.flicker_methods import Method, methods
from streamdefocus.frames import BgrImage, FloatMap, Frame
from streamdefocus.scene_cuts import is_cut, thumbnail
from streamdefocus.smoothing import REFERENCE_RATE
from streamdefocus.sources.synthetic import SyntheticSource

STABLE_SHARE = 0.01
"""A pixel is stable if it changes by less than this share of the map's span."""

MATCH_SHARPNESS = 50.0
"""Weight of a pixel in OPW: exp(-50 x squared difference of the pictures, colours in 0..1)."""

STEP_SHARE = 0.9
"""Lag ends when this share of a step is reached."""

SYNTHETIC_PX = (512, 256)
SYNTHETIC_S = 6.0
SETTLING, LONGEST_LAG = 30, 90

Scores = dict[str, dict[str, dict[str, float | None]]]
"""{clip: {method: {measure: value}}}; None = never, or not known for this clip."""


class Sample(NamedTuple):
    """One frame of a clip, as the smoother gets it.

    Attributes:
        picture: H x W x 3 uint8 BGR, at the disparity's size.
        raw: H x W float32, the network's disparity.
        time_s: When it is shown.
        truth: H x W float32, the exact disparity, where it is known.
    """

    picture: BgrImage
    raw: FloatMap
    time_s: float
    truth: FloatMap | None = None


def samples_of(
    frames: Iterable[Frame], estimate: Callable[[BgrImage], tuple[BgrImage, FloatMap]]
) -> Iterator[Sample]:
    """A clip as a network sees it.

    Args:
        frames: In order of time.
        estimate: From a picture to the picture as the network saw it, and its disparity; such as
            ``DisparityEstimator.estimate``.
    """
    for frame in frames:
        yield Sample(*estimate(frame.bgr), frame.time_s)


def evaluate(clips: Mapping[str, Iterable[Sample]], options: SmoothingOptions) -> Scores:
    """Compare all methods on clips, and on a synthetic one whose disparity is known.

    Args:
        clips: Samples in order of time, by the clip's name; each is read once, frame by frame.
        options: How calm the smoother, and the running average, should be.

    Returns:
        For every clip and for "synthetic" and every method: ``opw`` (flow-warped error, share of
        the map's span; Lai et al., Learning Blind Video Temporal Consistency, ECCV 2018), ``rtc``
        (share of the pixels that are stable along the flow), ``ms`` (median time of a frame) and,
        for "synthetic", ``error`` (mean absolute error, share of the true span, after one scale
        and shift for the whole clip) and ``lag_frames`` (see ``lag``). It can go into JSON.
    """
    scores = {name: measure(samples, methods(options)) for name, samples in clips.items()}
    synthetic = measure(synthetic_clip(), methods(options))
    for name, make in methods(options).items():
        synthetic[name]["lag_frames"] = lag(make())
    return scores | {"synthetic": synthetic}


def measure(
    samples: Iterable[Sample], makers: Mapping[str, Callable[[], Method]]
) -> dict[str, dict[str, float | None]]:
    """Flicker, error and time of methods on one clip; see ``evaluate``."""
    tallies = {name: _Tally(make()) for name, make in makers.items()}
    before: Sample | None = None
    for sample in samples:
        follows = before is not None and not is_cut(
            thumbnail(before.picture), thumbnail(sample.picture)
        )
        match = _Match.between(before, sample) if before is not None and follows else None
        for tally in tallies.values():
            tally.add(sample, match)
        before = sample
    return {name: tally.scores() for name, tally in tallies.items()}


def opw(before: FloatMap, after: FloatMap, weight: FloatMap) -> float:
    """Flow-warped error: mean of weight x |after - before|.

    Args:
        before: H x W float32, the last map, warped to this frame.
        after: H x W float32, this frame's map.
        weight: H x W float32, 0..1: how well the pictures match there.
    """
    return float((np.abs(after - before) * weight).mean())


def rtc(before: FloatMap, after: FloatMap, tolerance: float) -> float:
    """Share of the pixels that change by less than ``tolerance`` between two aligned maps.

    Ratios, which the literature on metric depth compares here, mean nothing for disparity that is
    known up to a shift; differences do.
    """
    return float((np.abs(after - before) < tolerance).mean())


def lag(method: Method, size_px: tuple[int, int] = SYNTHETIC_PX) -> int | None:
    """Frames at 30 a second until a step in depth has arrived by 90 %.

    A balloon appears in a still room from one frame to the next, with exact disparity. 1 means at
    once.

    Args:
        method: A fresh one; it is used up.
        size_px: (width, height) of the maps.

    Returns:
        Frames, or None if it took more than 90.
    """
    with SyntheticSource(*size_px) as scene:
        shots = [(scene.picture(time_s), scene.disparity_at(time_s)) for time_s in (0.0, 4.0)]
    (picture, truth), (stepped_picture, stepped_truth) = shots
    change = stepped_truth - truth
    balloon, still = change > 0.06, np.abs(change) < 0.005
    for index in range(SETTLING):
        values = method(truth, picture, index / REFERENCE_RATE)
    start = values[balloon].mean() - values[still].mean()
    for index in range(LONGEST_LAG):
        now = (SETTLING + index) / REFERENCE_RATE
        values = method(stepped_truth, stepped_picture, now)
        # What did not move tells how large the method's own unit is.
        unit = values[still].std() / stepped_truth[still].std()
        step = values[balloon].mean() - values[still].mean() - start
        if step >= STEP_SHARE * unit * change[balloon].mean():
            return index + 1
    return None


def synthetic_clip(
    seed: int = 0, size_px: tuple[int, int] = SYNTHETIC_PX, seconds: float = SYNTHETIC_S
) -> Iterator[Sample]:
    """The synthetic room as a network might see it: right on average, different in every frame.

    Edges are soft and wobble, soft blobs of noise come and go, scale and shift jitter by 5 % and
    4 % of the span.

    Args:
        seed: Of the errors.
        size_px: (width, height).
        seconds: How long it is, at 30 frames a second.
    """
    rng = np.random.default_rng(seed)
    frames = round(seconds * REFERENCE_RATE)
    with SyntheticSource(*size_px, REFERENCE_RATE, frames=frames) as scene:
        for frame in scene:
            truth = scene.disparity(frame.index)
            noisy = frame.bgr + rng.normal(0, 2, frame.bgr.shape)
            picture = np.clip(noisy, 0, 255).astype(np.uint8)
            yield Sample(picture, _as_estimated(truth, rng), frame.time_s, truth)


def _as_estimated(truth: FloatMap, rng: np.random.Generator) -> FloatMap:
    size = (truth.shape[1], truth.shape[0])

    def blobs(channels: int, strength: float) -> FloatMap:
        small = rng.normal(0, strength, (16, 32, channels)).astype(np.float32)
        return np.asarray(cv2.resize(small, size, interpolation=cv2.INTER_CUBIC), np.float32)

    soft = cv2.GaussianBlur(truth, (0, 0), 2.0)
    wobbling = cv2.remap(
        soft,
        _grid(truth.shape) + blobs(2, 1.5),
        None,
        cv2.INTER_LINEAR,
        borderMode=cv2.BORDER_REPLICATE,
    )
    noisy = (wobbling + blobs(1, 0.005)) * (1 + rng.normal(0, 0.05)) + rng.normal(0, 0.008)
    return np.asarray(noisy, np.float32)


def _grid(shape: tuple[int, ...]) -> NDArray[np.float32]:
    """Where every pixel is: H x W x 2, x and y."""
    return np.dstack(np.meshgrid(np.arange(shape[1]), np.arange(shape[0]))).astype(np.float32)


@dataclass(frozen=True)
class _Match:
    """Where each pixel of a frame was in the frame before, and how sure that is."""

    origin: NDArray[np.float32]
    weight: FloatMap

    @classmethod
    def between(cls, before: Sample, after: Sample) -> _Match:
        grey = [cv2.cvtColor(sample.picture, cv2.COLOR_BGR2GRAY) for sample in (after, before)]
        flow = cv2.DISOpticalFlow.create(cv2.DISOPTICAL_FLOW_PRESET_MEDIUM)
        origin = flow.calc(grey[0], grey[1], None) + _grid(after.raw.shape)
        match = cls(np.asarray(origin, np.float32), after.raw)
        warped = match.warp(before.picture).astype(np.float32)
        squared = np.square((after.picture - warped) / 255).sum(axis=2)
        return cls(match.origin, np.exp(-MATCH_SHARPNESS * squared).astype(np.float32))

    def warp(self, image: NDArray[np.generic]) -> NDArray[np.float32]:
        """An image of the frame before, moved to this frame."""
        moved = cv2.remap(
            image, self.origin, None, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE
        )
        return np.asarray(moved, np.float32)


@dataclass
class _Tally:
    """What a method did on a clip so far."""

    method: Method
    last: FloatMap | None = None
    opw: list[float] = field(default_factory=list)
    rtc: list[float] = field(default_factory=list)
    seconds: list[float] = field(default_factory=list)
    pairs: list[tuple[FloatMap, FloatMap]] = field(default_factory=list)

    def add(self, sample: Sample, match: _Match | None) -> None:
        started = time.perf_counter()
        values = self.method(sample.raw, sample.picture, sample.time_s)
        self.seconds.append(time.perf_counter() - started)
        if match is not None and self.last is not None:
            span = float(np.subtract(*np.percentile(values[::4, ::4], (98, 2)))) or 1.0
            warped = match.warp(self.last)
            self.opw.append(opw(warped, values, match.weight) / span)
            self.rtc.append(rtc(warped, values, STABLE_SHARE * span))
        if sample.truth is not None:
            self.pairs.append((values[::8, ::8].copy(), sample.truth[::8, ::8].copy()))
        self.last = values

    def scores(self) -> dict[str, float | None]:
        result: dict[str, float | None] = {
            "opw": float(np.mean(self.opw)) if self.opw else None,
            "rtc": float(np.mean(self.rtc)) if self.rtc else None,
            "ms": float(np.median(self.seconds)) * 1000 if self.seconds else None,
        }
        if self.pairs:
            result["error"] = self._error()
        return result

    def _error(self) -> float:
        values, truth = (np.concatenate([p[i].ravel() for p in self.pairs]) for i in (0, 1))
        scale, shift = np.polyfit(values, truth, 1)
        span = np.subtract(*np.percentile(truth, (98, 2)))
        return float(np.abs(scale * values + shift - truth).mean() / span)
