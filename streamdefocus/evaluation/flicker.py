"""How calm disparity and picture are over time, and what that costs: flicker beside lag.

A frozen map does not flicker at all, so flicker alone says nothing: beside it always stand the lag
after a step in depth and the error against known disparity, and beside the smoother the trivial
methods ("raw", "frozen", "ema", and "minmax", which stretches every frame to its own range).

What is seen in the end is the picture. Its flicker is what a change of disparity changes in it:
the frame is rendered twice, with its own map and with the last frame's, moved along with the
flow, and the two are compared. Camera noise and movement, which no smoothing can take away, are in
both and cancel. Near depth edges it is counted once more, for that is where it is seen first: hair
that boils.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, cast

import cv2
import numpy as np
from numpy.typing import NDArray

from streamdefocus.config import DefocusOptions, FocusOptions
from streamdefocus.defocus import Renderer, create_renderer
from streamdefocus.evaluation.flicker_clips import SYNTHETIC_PX, Sample, grid, synthetic_clip
from streamdefocus.evaluation.flicker_methods import Makers, Method
from streamdefocus.focus import FocusController
from streamdefocus.frames import BgrImage, DisparityMap, FloatMap, FocusPlane
from streamdefocus.scene_cuts import is_cut, thumbnail
from streamdefocus.smoothing import REFERENCE_RATE, ends_of
from streamdefocus.sources.synthetic import SyntheticSource

STABLE_SHARE = 0.01
"""A pixel is stable if it changes by less than this share of the map's span."""

MATCH_SHARPNESS = 50.0
"""Weight of a pixel in OPW: exp(-50 x squared difference of the pictures, colours in 0..1)."""

STEP_SHARE = 0.9
"""Lag ends when this share of a step is reached."""

EDGE_SHARE = 0.15
"""Range of disparity within 5 x 5 pixels of the map, as a share of its span, that is an edge."""
EDGE_REACH = 0.015
"""How far from an edge boiling is looked for, as a share of the map's width."""

SETTLING, LONGEST_LAG = 30, 150

Scores = dict[str, dict[str, dict[str, float | None]]]
"""{clip: {method: {measure: value}}}; None = never, or not known for this clip."""


def evaluate(clips: Mapping[str, Iterable[Sample]], makers: Makers) -> Scores:
    """Compare methods on clips, and on a synthetic one whose disparity is known.

    Args:
        clips: Samples in order of time, by the clip's name; each is read once, frame by frame.
        makers: See ``methods`` and ``strengths``.

    Returns:
        For every clip and for "synthetic" and every method:

        - ``opw``: flow-warped error of disparity, share of the map's span (Lai et al., Learning
          Blind Video Temporal Consistency, ECCV 2018)
        - ``rtc``: share of the pixels whose disparity is stable along the flow
        - ``picture``: flicker of the rendered picture, mean over the pixels, 8-bit levels
        - ``edges``: the same near depth edges only
        - ``ms``: median time of a frame

        and for "synthetic" also:

        - ``error``: of disparity, mean absolute, share of the true span, after one scale and
          shift for the whole clip
        - ``picture_error``: mean difference from the picture that exact disparity gives, 8-bit
          levels
        - ``lag_frames``, ``lag_unseen_frames``: after a step that the picture shows, or does not;
          see ``lag``

        It can go into JSON.
    """
    scores = {name: measure(samples, makers) for name, samples in clips.items()}
    synthetic = measure(synthetic_clip(), makers)
    for name, make in makers.items():
        synthetic[name]["lag_frames"] = lag(make())
        synthetic[name]["lag_unseen_frames"] = lag(make(), seen=False)
    return scores | {"synthetic": synthetic}


def measure(samples: Iterable[Sample], makers: Makers) -> dict[str, dict[str, float | None]]:
    """Flicker, error and time of methods on one clip; see ``evaluate``."""
    renderer = create_renderer(DefocusOptions())
    exact = _Shown(lambda raw, picture, time_s: DisparityMap(raw, *ends_of(raw)), renderer)
    tallies = {name: _Tally(_Shown(make(), renderer)) for name, make in makers.items()}
    before: Sample | None = None
    for sample in samples:
        follows = before is not None and not is_cut(
            thumbnail(before.picture), thumbnail(sample.picture)
        )
        match = _Match.between(before, sample) if before is not None and follows else None
        true_picture = None
        if sample.truth is not None:
            exact.take(sample._replace(raw=sample.truth))
            true_picture = exact.render(sample)
        for tally in tallies.values():
            tally.add(sample, match, true_picture)
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


def near_edges(disparity: FloatMap) -> NDArray[np.bool_]:
    """Where edges can boil: H x W bool, within EDGE_REACH of a depth edge."""
    box = np.ones((5, 5), np.uint8)
    jump = cv2.dilate(disparity, box) - cv2.erode(disparity, box)
    far, near = ends_of(disparity)
    side = 2 * max(1, round(EDGE_REACH * disparity.shape[1])) + 1
    edges = (jump > EDGE_SHARE * (near - far)).astype(np.uint8)
    return cast(NDArray[np.bool_], cv2.dilate(edges, np.ones((side, side), np.uint8)) > 0)


def lag(
    method: Method, size_px: tuple[int, int] = SYNTHETIC_PX, *, seen: bool = True
) -> int | None:
    """Frames at 30 a second until a step in depth has arrived by 90 %.

    A balloon appears in a still room from one frame to the next, with exact disparity. 1 means at
    once.

    Args:
        method: A fresh one; it is used up.
        size_px: (width, height) of the maps.
        seen: The picture shows the balloon too; otherwise only the network changes its mind,
            which looks like flicker, and takes as long as flicker is held back.

    Returns:
        Frames, or None if it took more than 150.
    """
    with SyntheticSource(*size_px) as scene:
        shots = [(scene.picture(time_s), scene.disparity_at(time_s)) for time_s in (0.0, 4.0)]
    (picture, truth), (stepped_picture, stepped_truth) = shots
    change = stepped_truth - truth
    balloon, still = change > 0.06, np.abs(change) < 0.005
    if not seen:  # the person moved too; only the balloon is to change
        stepped_picture, stepped_truth = picture, np.where(balloon, stepped_truth, truth)
    for index in range(SETTLING):
        values = method(truth, picture, index / REFERENCE_RATE).values
    start = values[balloon].mean() - values[still].mean()
    for index in range(LONGEST_LAG):
        now = (SETTLING + index) / REFERENCE_RATE
        values = method(stepped_truth, stepped_picture, now).values
        # What did not move tells how large the method's own unit is.
        unit = values[still].std() / stepped_truth[still].std()
        step = values[balloon].mean() - values[still].mean() - start
        if step >= STEP_SHARE * unit * change[balloon].mean():
            return index + 1
    return None


@dataclass(frozen=True)
class _Match:
    """Where each pixel of a frame was in the frame before, how surely, and where edges are."""

    origin: NDArray[np.float32]
    weight: FloatMap
    edges: NDArray[np.bool_]

    @classmethod
    def between(cls, before: Sample, after: Sample) -> _Match:
        grey = [cv2.cvtColor(sample.picture, cv2.COLOR_BGR2GRAY) for sample in (after, before)]
        flow = cv2.DISOpticalFlow.create(cv2.DISOPTICAL_FLOW_PRESET_MEDIUM)
        origin = flow.calc(grey[0], grey[1], None) + grid(after.raw.shape)
        origin = np.asarray(origin, np.float32)
        squared = np.square((after.picture - _warped(before.picture, origin)) / 255).sum(axis=2)
        weight = np.exp(-MATCH_SHARPNESS * squared).astype(np.float32)
        return cls(origin, weight, near_edges(after.raw if after.truth is None else after.truth))

    def moved(self, map_: DisparityMap) -> DisparityMap:
        """A map of the frame before, moved to this frame."""
        return DisparityMap(_warped(map_.values, self.origin), map_.far, map_.near)


def _warped(image: NDArray[Any], origin: NDArray[np.float32]) -> NDArray[np.float32]:
    moved = cv2.remap(image, origin, None, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    return np.asarray(moved, np.float32)


class _Shown:
    """A method with the focus and the blur behind it: from samples to pictures."""

    def __init__(self, method: Method, renderer: Renderer) -> None:
        self._method = method
        self._renderer = renderer
        self._focus = FocusController(FocusOptions())
        self.map: DisparityMap | None = None
        self.plane = FocusPlane(0.0)

    def take(self, sample: Sample) -> float:
        """Take in the next sample; returns the seconds that the method took."""
        begin_s = time.perf_counter()
        self.map = self._method(sample.raw, sample.picture, sample.frame.time_s)
        taken_s = time.perf_counter() - begin_s
        self.plane = self._focus.update(sample.frame, self.map)
        return taken_s

    def render(
        self, sample: Sample, other: tuple[DisparityMap, FocusPlane] | None = None
    ) -> BgrImage:
        """A sample's frame, with the newest map and focus, or others."""
        assert self.map is not None
        map_, plane = other or (self.map, self.plane)
        return self._renderer.render(sample.frame.bgr, map_, plane)


@dataclass
class _Tally:
    """What a method did on a clip so far."""

    shown: _Shown
    opw: list[float] = field(default_factory=list)
    rtc: list[float] = field(default_factory=list)
    picture: list[float] = field(default_factory=list)
    edges: list[float] = field(default_factory=list)
    picture_error: list[float] = field(default_factory=list)
    seconds: list[float] = field(default_factory=list)
    pairs: list[tuple[FloatMap, FloatMap]] = field(default_factory=list)

    def add(self, sample: Sample, match: _Match | None, true_picture: BgrImage | None) -> None:
        last, last_plane = self.shown.map, self.shown.plane
        self.seconds.append(self.shown.take(sample))
        map_ = self.shown.map
        assert map_ is not None
        if (match is None or last is None) and true_picture is None:
            return
        picture = self.shown.render(sample)
        if match is not None and last is not None:
            moved = match.moved(last)
            self._add_flicker(moved, map_, match.weight)
            before = self.shown.render(sample, (moved, last_plane))
            self._add_change(picture, before, match)
        if true_picture is not None and sample.truth is not None:
            self.picture_error.append(float(cv2.absdiff(picture, true_picture).mean()))
            self.pairs.append((map_.values[::8, ::8].copy(), sample.truth[::8, ::8].copy()))

    def _add_flicker(self, moved: DisparityMap, now: DisparityMap, weight: FloatMap) -> None:
        span = float(np.subtract(*np.percentile(now.values[::4, ::4], (98, 2)))) or 1.0
        self.opw.append(opw(moved.values, now.values, weight) / span)
        self.rtc.append(rtc(moved.values, now.values, STABLE_SHARE * span))

    def _add_change(self, now: BgrImage, before: BgrImage, match: _Match) -> None:
        """How much the picture changed because disparity did, all over and near edges."""
        change = cv2.absdiff(now, before).astype(np.float32).mean(axis=2)
        size_px = match.weight.shape[::-1]
        change = cv2.resize(change, size_px, interpolation=cv2.INTER_AREA) * match.weight
        self.picture.append(float(change.mean()))
        if match.edges.any():
            self.edges.append(float(change[match.edges].mean()))

    def scores(self) -> dict[str, float | None]:
        result: dict[str, float | None] = {
            name: float(np.mean(values)) if values else None
            for name, values in (
                ("opw", self.opw),
                ("rtc", self.rtc),
                ("picture", self.picture),
                ("edges", self.edges),
            )
        }
        result["ms"] = float(np.median(self.seconds)) * 1000 if self.seconds else None
        if self.pairs:
            result["error"] = self._error()
            result["picture_error"] = float(np.mean(self.picture_error))
        return result

    def _error(self) -> float:
        values, truth = (np.concatenate([p[i].ravel() for p in self.pairs]) for i in (0, 1))
        scale, shift = np.polyfit(values, truth, 1)
        span = np.subtract(*np.percentile(truth, (98, 2)))
        return float(np.abs(scale * values + shift - truth).mean() / span)
