"""Scenes for the reference lens: drawn from a seed, with exact disparity.

A wall with pictures and lamps, a slanted ground, shelves, a person with loose hair and a knitted
pullover, leaves before all of it; lamps are three to ten times brighter than white.
"""

from __future__ import annotations

from typing import cast

import cv2
import numpy as np
from numpy.typing import NDArray

from streamdefocus.evaluation.thin_lens import Plane, Scene
from streamdefocus.frames import FloatMap

TUNING_SEEDS = (1, 2, 3)
"""Scenes to develop on."""
REPORTING_SEEDS = tuple(range(101, 121))
"""Scenes to report on; nothing may be tuned on them."""


def make_scene(seed: int, size: tuple[int, int] = (1280, 720)) -> Scene:
    """Draw a scene: wall with lamps, slanted ground, furniture, a person with hair, leaves.

    Args:
        seed: The same seed gives the same scene (at the same size).
        size: (width, height) px.
    """
    return _SceneMaker(seed, size).make()


HORIZON = 0.55
"""Height at which the ground meets the wall, 0 = top."""


class _SceneMaker:
    """Draws the planes of one scene on canvases that reach beyond the picture."""

    def __init__(self, seed: int, size: tuple[int, int]) -> None:
        self.rng = np.random.default_rng(seed)
        self.size = size
        self.unit = size[0] / 1280  # everything is sized for 1280 px and scaled
        self.margin = round(140 * self.unit)  # a lens sees past the frame
        self.canvas = (size[1] + 2 * self.margin, size[0] + 2 * self.margin)

    def make(self) -> Scene:
        far, near = self.rng.uniform(0.01, 0.04), self.rng.uniform(0.2, 0.25)
        depth = near - far
        share = self.rng.uniform(0.45, 0.65)
        subject = far + depth * share
        planes = [
            self._wall(far),
            self._ground(far, subject),  # all of it is behind the person
            *(self._furniture(far + depth * s, HORIZON + s / share * 0.45) for s in (0.12, 0.28)),
            self._person(subject),
            self._leaves(near),
        ]
        return Scene(self.size, tuple(planes), subject)

    def _noise(self, cell_px: float, octaves: int = 4) -> FloatMap:
        """Noise over the canvas in 0..1 whose coarsest detail is ``cell_px`` wide."""
        height, width = self.canvas
        total = np.zeros((height, width), np.float32)
        for octave in range(octaves):
            cell = max(cell_px * self.unit / 2**octave, 1.0)
            grid = self.rng.random((int(height / cell) + 2, int(width / cell) + 2))
            fine = cv2.resize(
                grid.astype(np.float32), (width, height), interpolation=cv2.INTER_CUBIC
            )
            total += fine * 0.5**octave
        low, high = np.percentile(total, (1, 99))
        return np.clip((total - low) / (high - low), 0, 1).astype(np.float32)

    def _colour(self, low: float = 0.03, high: float = 0.6) -> NDArray[np.float32]:
        return self.rng.uniform(low, high, 3).astype(np.float32)

    def _texture(self, cell_px: float) -> FloatMap:
        """Two colours mixed by noise, with a fine grain: H x W x 3."""
        share = self._noise(cell_px)[..., None]
        grain = 0.75 + 0.5 * self._noise(6, 2)[..., None]
        return cast(FloatMap, (self._colour() * share + self._colour() * (1 - share)) * grain)

    def _plane(self, colour: FloatMap, coverage: FloatMap, *disparity: float) -> Plane:
        """Put a plane together and cut it to what it covers."""
        rows, columns = np.flatnonzero(coverage.any(1)), np.flatnonzero(coverage.any(0))
        box = np.s_[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
        bgra = np.dstack([colour * coverage[..., None], coverage])[box].astype(np.float32)
        place = (int(columns[0]) - self.margin, int(rows[0]) - self.margin)
        base, right, down = (*disparity, 0.0, 0.0)[:3]
        return Plane(np.ascontiguousarray(bgra), *place, (base, right, down))

    def _point(self, x: float, y: float) -> tuple[int, int]:
        """A place in the picture (0..1) in canvas px."""
        return (
            round(self.margin + x * self.size[0]),
            round(self.margin + y * self.size[1]),
        )

    def _px(self, length: float) -> int:
        return max(1, round(length * self.unit))

    def _wall(self, disparity: float) -> Plane:
        colour = self._texture(200)
        for _ in range(14):
            x, y = self._point(*self.rng.uniform(-0.05, 1.05, 2))
            w, h = self._px(self.rng.uniform(30, 160)), self._px(self.rng.uniform(30, 160))
            shade = self._colour(0.01, 0.9).tolist()
            cv2.rectangle(colour, (x, y), (x + w, y + h), shade, -1)
            for line in range(0, h, self._px(12)):
                cv2.line(colour, (x, y + line), (x + w, y + line), (0.05, 0.05, 0.05), 1)
        for _ in range(12):
            centre = self._point(self.rng.uniform(0, 1), self.rng.uniform(0, 0.6))
            warm = self.rng.uniform(3, 10) * np.array([0.5, 0.8, 1.0])
            radius = self._px(self.rng.uniform(2, 5))
            cv2.circle(colour, centre, radius, warm.tolist(), -1, cv2.LINE_8)
        return self._plane(colour, np.ones(self.canvas, np.float32), disparity)

    def _ground(self, far: float, near: float) -> Plane:
        horizon = self._point(0, HORIZON)[1]
        colour = self._texture(60)
        y = np.arange(self.canvas[0], dtype=np.float32) - horizon
        x = np.arange(self.canvas[1], dtype=np.float32) - self.canvas[1] / 2
        depth = 1 / np.maximum(y / self._px(60), 0.05)[:, None]
        boards = (np.floor(x[None] * depth / self._px(90)) + np.floor(depth * 6)) % 2
        colour *= (0.6 + 0.5 * boards[..., None]).astype(np.float32)
        coverage = np.zeros(self.canvas, np.float32)
        coverage[horizon:] = 1
        slope = (near - far) / (self.size[1] * (1 - HORIZON))
        return self._plane(colour, coverage, far - slope * self.size[1] * HORIZON, 0.0, slope)

    def _furniture(self, disparity: float, foot: float) -> Plane:
        """Shelves and floating lamps; ``foot`` is where they meet the ground."""
        coverage = np.zeros(self.canvas, np.float32)
        for _ in range(3):
            x, top = self._point(self.rng.uniform(0, 0.9), self.rng.uniform(0.3, 0.55))
            w, bottom = self._px(self.rng.uniform(60, 200)), self._point(0, foot)[1]
            cv2.rectangle(coverage, (x, top), (x + w, bottom), 1.0, self._px(12))
            for shelf in range(top, bottom, self._px(45)):
                cv2.line(coverage, (x, shelf), (x + w, shelf), 1.0, self._px(10))
        colour = self._texture(30)
        for _ in range(5):
            centre = self._point(self.rng.uniform(0, 1), self.rng.uniform(0.3, 0.6))
            light = self.rng.uniform(3, 10) * np.array([0.9, 0.9, 1.0])
            for picture, value in ((colour, light.tolist()), (coverage, 1.0)):
                cv2.circle(picture, centre, self._px(3), value, -1, cv2.LINE_8)
        return self._plane(colour, coverage, disparity)

    def _person(self, disparity: float) -> Plane:
        coverage = np.zeros(self.canvas, np.float32)
        middle = self.rng.uniform(0.4, 0.6)
        head, body = self._point(middle, 0.34), self._point(middle, 1.05)
        cv2.ellipse(coverage, head, (self._px(82), self._px(110)), 0, 0, 360, 1.0, -1)
        cv2.ellipse(coverage, body, (self._px(250), self._px(330)), 0, 180, 360, 1.0, -1)
        left, right = body[0] - self._px(250), body[0] + self._px(250)
        cv2.rectangle(coverage, (left, body[1]), (right, self.canvas[0]), 1.0, -1)
        colour = self._texture(120)
        skin = np.array([0.25, 0.38, 0.62], np.float32) * (0.7 + 0.4 * self._noise(90)[..., None])
        face = np.zeros(self.canvas, np.uint8)
        cv2.ellipse(face, head, (self._px(82), self._px(110)), 0, 0, 360, 1, -1)
        colour[face > 0] = skin[face > 0]
        self._stripes(colour, body[1] - self._px(330))
        coverage = cv2.GaussianBlur(coverage, (0, 0), 0.6)
        self._hair(colour, coverage, head)
        return self._plane(colour, coverage, disparity)

    def _stripes(self, colour: FloatMap, top: int) -> None:
        """A knitted pullover: detail that blur must not touch."""
        y, x = np.mgrid[: self.canvas[0], : self.canvas[1]]
        knit = ((x // self._px(6) + y // self._px(9)) % 2).astype(np.float32)
        colour[top:] *= (0.7 + 0.6 * knit[top:])[..., None]

    def _hair(self, colour: FloatMap, coverage: FloatMap, head: tuple[int, int]) -> None:
        """A cap of hair and loose strands one to two pixels wide."""
        strands = np.zeros(self.canvas, np.uint8)
        cv2.ellipse(strands, head, (self._px(90), self._px(118)), 0, 185, 355, 255, -1)
        for _ in range(140):
            angle = np.pi * self.rng.uniform(1.0, 2.0)
            start = np.array([np.cos(angle) * 80, np.sin(angle) * 105])
            bend = self.rng.normal(0, 16, 2)
            t = np.linspace(0, 1, 12)[:, None]
            path = start * (1 + t * self.rng.uniform(0.1, 0.45)) + bend * t**2
            points = np.rint((np.array(head) + path * self.unit) * 16).astype(np.int32)
            cv2.polylines(strands, [points], False, 255, self._px(1), cv2.LINE_AA, 4)
        share = (strands / np.float32(255)).astype(np.float32)
        brown = np.array([0.03, 0.05, 0.09], np.float32) * (0.5 + self._noise(5, 2)[..., None])
        colour += share[..., None] * (brown - colour)
        np.maximum(coverage, share, out=coverage)

    def _leaves(self, disparity: float) -> Plane:
        coverage = np.zeros(self.canvas, np.float32)
        side = self.rng.choice([0.0, 1.0])
        for _ in range(26):
            centre = self._point(side + self.rng.normal(0, 0.12), self.rng.uniform(0.0, 1.0))
            axes = (self._px(self.rng.uniform(20, 60)), self._px(self.rng.uniform(5, 16)))
            turn = self.rng.uniform(0, 360)
            cv2.ellipse(coverage, centre, axes, turn, 0, 360, 1.0, -1)
            reach = self._px(90) * np.array([np.cos(np.radians(turn)), np.sin(np.radians(turn))])
            tip = (int(centre[0] + reach[0]), int(centre[1] + reach[1]))
            cv2.line(coverage, centre, tip, 1.0, self._px(2))
        green = np.array([0.08, 0.4, 0.15], np.float32) * (0.4 + self._noise(25)[..., None])
        return self._plane(green, cv2.GaussianBlur(coverage, (0, 0), 0.6), disparity)
