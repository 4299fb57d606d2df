"""Both views of a made-up place: what Rooms and Streets share."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from streamdefocus.errors import ConfigError
from streamdefocus.frames import BgrImage, FloatMap
from streamdefocus.training.stereo.pair import StereoPair
from streamdefocus.training.synthetic.library import Cutout, Library
from streamdefocus.training.synthetic.lighting import Lighting
from streamdefocus.training.synthetic.raster import Camera, Visible, see, shade
from streamdefocus.training.synthetic.scene import Pieces

MAX_DISPARITY = 0.27
"""Largest disparity as a fraction of the width, where the scene chooses the baseline; the paper's
network says up to 0.3."""


@dataclass(frozen=True)
class Rig:
    """The stereo camera.

    Attributes:
        field_deg: Range of the horizontal field of view, degrees.
        baseline_m: Distance between the cameras; None chooses one to suit each scene. With a fixed
            one and a fixed field of view, disparity has a known scale, as in a car.
        noise: Largest standard deviation of the sensor's noise, grey levels.
    """

    field_deg: tuple[float, float] = (50.0, 90.0)
    baseline_m: float | None = None
    noise: float = 4.0


@dataclass(frozen=True)
class Place:
    """A scene, its light, and the left camera."""

    pieces: Pieces
    camera: Camera
    lighting: Lighting


class Generator(ABC):
    """Endless stereo pairs of made-up places, with the exact disparity of both views.

    Everything that is seen has a positive disparity, the sky of streets next to none: 0, which
    means unknown, does not occur.

    Args:
        seed: Pair k is a function of the seed and k alone.
        size_px: (width, height) of the pictures.
        textures: Photos to use beside the painted patterns, H x W x 3 BGR uint8.
        people: People cut out of photos, to use instead of painted ones.
        rig: The stereo camera.

    Raises:
        ConfigError: The size is no size.
    """

    kind: str
    widest_m: float
    """Largest baseline that a scene may choose: the right camera shall not stand in a wall."""

    def __init__(
        self,
        seed: int,
        size_px: tuple[int, int] = (256, 128),
        textures: Sequence[BgrImage] = (),
        people: Sequence[Cutout] = (),
        rig: Rig = Rig(),
    ) -> None:
        if min(size_px) < 8 or seed < 0:
            raise ConfigError(
                "size_px must be at least 8x8 and the seed not negative. "
                f"Received: size_px={size_px}, seed={seed}"
            )
        self._arguments = (seed, size_px, tuple(textures), tuple(people), rig)
        self.seed, self.size_px, self.rig = seed, size_px, rig
        self._library: Library | None = None

    @property
    def library(self) -> Library:
        """Patterns, made when first needed."""
        if self._library is None:
            _, _, textures, people, _ = self._arguments
            self._library = Library(self.seed, textures, people)
        return self._library

    @abstractmethod
    def place(self, rng: np.random.Generator, focal: float) -> Place:
        """Make up a place; focal is the focal length as a fraction of the width."""

    def pair(self, k: int) -> StereoPair:
        """Pair number k."""
        rng = np.random.default_rng((self.seed, 1, k))
        nearness, place = self._begin(rng)
        left, right, baseline_m = self._see(place, nearness)
        cameras = place.camera, place.camera.beside(baseline_m)
        views = [
            shade(seen, place.pieces, self.library, camera, place.lighting)
            for seen, camera in zip((left, right), cameras, strict=True)
        ]
        exposure = rng.uniform(85, 135) / (float(views[0].mean()) + 1)
        noise = rng.uniform(0, self.rig.noise)
        pictures = [_photograph(view, min(exposure, 4), noise, rng) for view in views]
        name = f"{self.kind} {self.seed}-{k}"
        scale = np.float32(baseline_m * place.camera.focal * self.size_px[0])
        disparities = [scale * seen.inverse_of_pixels() for seen in (left, right)]
        return StereoPair(name, pictures[0], pictures[1], *disparities)

    def view(self, k: int) -> tuple[BgrImage, FloatMap]:
        """The left view of place number k alone, in about half of a pair's time.

        Returns:
            H x W x 3 BGR uint8, and H x W float32 inverse depth per metre, nowhere 0.
        """
        rng = np.random.default_rng((self.seed, 1, k))
        _, place = self._begin(rng)
        seen = see(place.pieces, self.library, place.camera, self.size_px)
        view = shade(seen, place.pieces, self.library, place.camera, place.lighting)
        exposure = rng.uniform(85, 135) / (float(view.mean()) + 1)
        noise = rng.uniform(0, self.rig.noise)
        return _photograph(view, min(exposure, 4), noise, rng), seen.inverse_of_pixels()

    def _begin(self, rng: np.random.Generator) -> tuple[float, Place]:
        """How much of the range of disparity the pair uses, and its place."""
        field = np.radians(rng.uniform(*self.rig.field_deg))
        focal = float(0.5 / np.tan(field / 2))
        nearness = rng.uniform(0.3, 1.0)
        return nearness, self.place(rng, focal)

    def _see(self, place: Place, nearness: float) -> tuple[Visible, Visible, float]:
        """Both views' geometry, and the baseline in metres."""

        def seen_from(camera: Camera) -> Visible:
            return see(place.pieces, self.library, camera, self.size_px)

        left = seen_from(place.camera)
        if self.rig.baseline_m is not None:
            camera = place.camera.beside(self.rig.baseline_m)
            return left, seen_from(camera), self.rig.baseline_m
        focal = place.camera.focal
        wanted = MAX_DISPARITY * nearness
        baseline_m = min(wanted / (focal * float(left.inverse_m.max())), self.widest_m)
        while True:  # the right camera may come close to what the left one cannot see
            right = seen_from(place.camera.beside(baseline_m))
            found = baseline_m * focal * float(right.inverse_m.max())
            if found <= MAX_DISPARITY:
                return left, right, baseline_m
            baseline_m *= 0.9 * MAX_DISPARITY / found

    def __reduce__(self) -> tuple[Any, ...]:
        """For other processes: the library is made there."""
        return type(self), self._arguments


def _photograph(
    view: FloatMap, exposure: float, noise: float, rng: np.random.Generator
) -> BgrImage:
    """What a sensor makes of the light: highlights bend, and there is noise."""
    light = view * np.float32(exposure)
    knee = np.float32(190)
    above = np.maximum(light, knee)
    light = np.where(light > knee, 255 - (255 - knee) ** 2 / (above + 255 - 2 * knee), light)
    grain = rng.standard_normal(light.shape, np.float32) * np.float32(noise)
    return np.clip(light + grain + np.float32(0.5), 0, 255).astype(np.uint8)
