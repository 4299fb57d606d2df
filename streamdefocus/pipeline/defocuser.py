"""The stages between source and sink as one plain object, without threads."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Self

import cv2
import numpy as np

from streamdefocus.config import Config, DefocusOptions
from streamdefocus.defocus import Renderer, create_renderer
from streamdefocus.defocus.base import Progress
from streamdefocus.defocus.edges import estimated
from streamdefocus.defocus.optics import cautious
from streamdefocus.defocus.plate import Plate, PlateKeeper
from streamdefocus.depth import DisparityEstimator
from streamdefocus.depth.engines.keras import gpu_is_usable
from streamdefocus.errors import EngineError
from streamdefocus.focus import FocusController
from streamdefocus.frames import BgrImage, DisparityMap, FocusPlane, Frame
from streamdefocus.pipeline.stats import Stats
from streamdefocus.smoothing import TemporalSmoother

RECOLOURED = 8
"""Copies of a frame whose disparities tell its doubt; 50 tell little more.

They are recoloured alike in every frame, so that a standing picture's doubt stands still."""


@dataclass(frozen=True, slots=True)
class Shot:
    """A frame with all that is needed to render it.

    Attributes:
        frame: What the camera saw.
        disparity: Of the frame.
        focus: What is sharp.
        plate: What the frame hides, if that is remembered.
    """

    frame: Frame
    disparity: DisparityMap
    focus: FocusPlane
    plate: Plate | None = None


class Defocuser:
    """depth -> temporal smoothing -> focus (``look``), then defocus (``render``).

    The pipeline calls the two from two threads; photos and tests call them one after the other.

    Attributes:
        first_to_render: Index of the first frame that is rendered. Those before it only keep the
            state of smoothing and focus; it is 0 unless a sink has them from an earlier run.

        render_scale: Share of the frame's size that is rendered and enlarged again; below 1 it
            is faster, and softer.

    Args:
        config: All options.
        stats: Where the stages' times go.

    Raises:
        StreamDefocusError: The model or an option does not fit (ModelError, EngineError).
    """

    def __init__(self, config: Config, stats: Stats | None = None) -> None:
        self.stats = stats or Stats()
        self.estimator = DisparityEstimator(config.depth)
        self.first_to_render = 0
        self.render_scale = 1.0
        self._config = config
        self._renderer: tuple[DefocusOptions, Renderer] | None = None
        self.reset()

    def measure(self, frame: Frame) -> DisparityMap:
        """Estimate what is where in a frame: depth, then smoothing over time.

        Raises:
            EngineError: Nothing that the network says is a number. (Smoothing would hold what was
                there before, or take everything to be in focus: a raw picture.)
        """
        with self.stats.clock("depth"):
            picture, raw = self.estimator.estimate(frame.bgr)
            if not np.isfinite(raw).any():
                raise EngineError(
                    f"the network made no number of frame {frame.index}; try another --model or "
                    "--engine"
                )
            doubt = None
            if self._config.defocus.caution > 0:
                doubt = self.estimator.uncertainty(frame.bgr, RECOLOURED)
        with self.stats.clock("smoothing"):
            disparity = self._smoother.update(raw, picture, frame.time_s)
        if doubt is None:
            return disparity
        return replace(disparity, doubt=doubt * np.float32(self._smoother.scale))

    def aim(self, frame: Frame, disparity: DisparityMap) -> Shot:
        """Decide what is in focus in a frame whose disparity is known."""
        with self.stats.clock("focus"):
            plane = self.focus.update(frame, disparity)
        options = self._config.defocus
        if options.renderer != "best" or not options.remember_background:
            return Shot(frame, disparity, plane)
        with self.stats.clock("plate"):
            return Shot(frame, disparity, plane, self._plate.update(frame.bgr, disparity))

    def look(self, frame: Frame) -> Shot:
        """Measure and aim."""
        return self.aim(frame, self.measure(frame))

    def render(self, shot: Shot, progress: Progress = lambda share: None) -> Frame:
        """Blur what is out of focus; frames before ``first_to_render`` are left as they are.

        Args:
            shot: From ``look`` or ``aim``.
            progress: Told the share that is done, 0..1; what it raises ends the work.
        """
        if shot.frame.index < self.first_to_render:
            return shot.frame
        with self.stats.clock("defocus"):
            return shot.frame.with_bgr(self._rendered(shot, progress))

    def _rendered(self, shot: Shot, progress: Progress) -> BgrImage:
        renderer = self._current_renderer()
        bgr, size_px = shot.frame.bgr, shot.frame.size_px
        disparity = cautious(shot.disparity, shot.focus, self._config.defocus.caution)
        if self.render_scale == 1:
            disparity = estimated(disparity, size_px)
            return renderer.render_watched(bgr, disparity, shot.focus, progress, shot.plate)
        width, height = (max(1, round(side * self.render_scale)) for side in size_px)
        small = cv2.resize(bgr, (width, height), interpolation=cv2.INTER_AREA)
        disparity = estimated(disparity, (width, height))
        rendered = renderer.render_watched(small, disparity, shot.focus, progress, shot.plate)
        return cv2.resize(rendered, size_px, interpolation=cv2.INTER_LINEAR)

    def _current_renderer(self) -> Renderer:
        """The renderer of the options; on the GPU where depth may use it too.

        It is made when it is needed: asking for a GPU takes seconds where there is one.
        """
        config = self._config
        if self._renderer is None or self._renderer[0] != config.defocus:
            on_gpu = config.depth.engine != "openvino" and gpu_is_usable()
            self._renderer = config.defocus, create_renderer(config.defocus, on_gpu)
        return self._renderer[1]

    def change(self, config: Config) -> None:
        """Take other smoothing and defocus options, from the next frame on; from any thread."""
        self._config = config
        self._smoother.smoothing = config.smoothing.smoothing

    def reset(self) -> None:
        """Forget the past: the next frame is the first of a scene of its own."""
        self.focus = FocusController(self._config.focus)
        self._smoother = TemporalSmoother(self._config.smoothing)
        self._plate = PlateKeeper()

    def close(self) -> None:
        """Free the network; idempotent."""
        self.estimator.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc_info: object) -> None:
        self.close()
