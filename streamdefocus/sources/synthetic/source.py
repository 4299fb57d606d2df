"""A camera that needs no camera: a moving room whose disparity is known exactly."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from streamdefocus.errors import InputError
from streamdefocus.frames import MICROSECONDS, BgrImage, FloatMap, Frame
from streamdefocus.sources.base import Source, SourceInfo
from streamdefocus.sources.synthetic import figures
from streamdefocus.sources.synthetic.cards import Sprite
from streamdefocus.sources.synthetic.painting import Camera, develop
from streamdefocus.sources.synthetic.room import paint_room

_SMALLEST_PX, _LARGEST_PX = 16, 8192


class SyntheticSource(Source):
    """An evening room with a person, plants and a balloon, and the disparity of every pixel.

    The same seed and moment always give the same picture. A person sways, leans towards the
    camera and back; leaves move; a balloon crosses in front of everything every ten seconds.

    Args:
        width: Pixels.
        height: Pixels.
        frame_rate: Frames a second.
        frames: How many frames there are; None = without end.
        seed: Chooses the textures, the lights and the phases of the movements.
        live: Behave like a camera: frames come at their own rate by the clock, and those that
            nobody fetched in time are skipped; otherwise they come as fast as they are asked for.

    Raises:
        InputError: A size, rate or number of frames that no picture can have.
    """

    def __init__(
        self,
        width: int = 1280,
        height: int = 720,
        frame_rate: float | Fraction = 30,
        *,
        frames: int | None = 300,
        seed: int = 0,
        live: bool = False,
    ) -> None:
        _check(width, height, frame_rate, frames)
        rate = Fraction(frame_rate).limit_denominator(1001)
        self.info = SourceInfo(width, height, rate, frames, live)
        self._closed = threading.Event()
        self._frames = self._live_frames() if live else self._file_frames()
        camera = Camera(width, height)
        with ThreadPoolExecutor(1, "synthetic room") as painter:
            painted = painter.submit(paint_room, camera, seed)
            self._sprites = (
                figures.paint_plant(camera, seed),
                figures.paint_body(camera, seed),
                figures.paint_head(camera, seed),
                figures.paint_leaves(camera, seed),
                figures.paint_balloon(camera),
            )
            canvas = painted.result()
        self._room, self._room_disparity = develop(canvas.linear), canvas.disparity
        self._camera = camera
        self._phases = (
            np.random.default_rng(seed + 20).uniform(0, 2 * np.pi, 4) if seed else np.zeros(4)
        )

    def __iter__(self) -> Iterator[Frame]:
        return self._frames

    def close(self) -> None:
        """End the iteration; idempotent, from any thread."""
        self._closed.set()

    def picture(self, time_s: float) -> BgrImage:
        """The picture at a moment; H x W x 3 uint8."""
        picture = self._room.copy()
        for sprite, move in self._moves(time_s):
            sprite.draw(picture, None, move)
        return picture

    def disparity(self, index: int) -> FloatMap:
        """Exact disparity of the frame ``index`` of a source that is not live.

        Returns:
            H x W float32, fraction of the width, larger is nearer, 0..0.3. Pixels that show two
            things (antialiased edges, hair) have the disparity of the one that covers more.
        """
        rate = self.info.frame_rate
        assert rate is not None
        return self.disparity_at(float(index / rate))

    def disparity_at(self, time_s: float) -> FloatMap:
        """Exact disparity at a moment, such as a live frame's ``time_s``; see ``disparity``."""
        disparity = self._room_disparity.copy()
        for sprite, move in self._moves(time_s):
            sprite.draw(None, disparity, move)
        return disparity

    def _file_frames(self) -> Iterator[Frame]:
        rate, count = self.info.frame_rate, self.info.frame_count
        assert rate is not None
        index = 0
        while not self._closed.is_set() and (count is None or index < count):
            yield Frame(self.picture(float(index / rate)), index, index, 1 / rate, 1)
            index += 1

    def _live_frames(self) -> Iterator[Frame]:
        rate, count = self.info.frame_rate, self.info.frame_count
        assert rate is not None
        start, tick, index = time.monotonic(), -1, 0
        while count is None or index < count:
            # The next moment that has not passed; what was missed is lost, as on a camera.
            tick = max(tick + 1, int((time.monotonic() - start) * rate))
            wait_s = start + float(tick / rate) - time.monotonic()
            if self._closed.wait(max(wait_s, 0)):
                return
            pts = round(tick / rate / MICROSECONDS)
            duration = round(1 / rate / MICROSECONDS)
            yield Frame(self.picture(float(pts * MICROSECONDS)), index, pts, MICROSECONDS, duration)
            index += 1

    def _moves(self, t: float) -> list[tuple[Sprite, NDArray[np.float64]]]:
        """The sprites from back to front, and where each is at the moment ``t`` (seconds)."""
        plant, body, head, leaves, balloon = self._sprites
        a, b, c, d = self._phases
        walk = 0.16 * np.sin(0.55 * t + a) + 0.03 * np.sin(1.7 * t + b)
        lean = 1 + 0.12 * (0.5 - 0.5 * np.cos(0.8 * t + c))
        sway = 0.03 * np.sin(1.3 * t + b)
        person = self._moved(figures.PERSON_Z, (walk, 0.045 * (lean - 1)), lean, sway, (0, 1.0))
        nod = self._moved(figures.PERSON_Z, (0, 0.03), 1, 0.05 * np.sin(1.9 * t + d), (0, -0.02))
        breeze = self._moved(figures.PLANT_Z, (0, 0), 1, 0.012 * np.sin(1.1 * t + d), (1.55, 1.1))
        corner = self._corner(figures.LEAVES_Z)
        stir = self._moved(figures.LEAVES_Z, (0, 0), 1, 0.04 * np.sin(0.9 * t + c), corner)
        across = -0.62 + 0.24 * np.mod(t + 1.4 * a - 1.2, 10)
        bob = -0.06 + 0.025 * np.sin(2.1 * t + b)
        drift = self._moved(figures.BALLOON_Z, (across, bob), 1, 0.08 * np.sin(1.6 * t), (0, 0.3))
        return [
            (plant, breeze),
            (body, person),
            (head, _chain(nod, person)),
            (leaves, stir),
            (balloon, drift),
        ]

    def _moved(
        self,
        z: float,
        shift: tuple[float, float],
        scale: float,
        turn: float,
        pivot: tuple[float, float],
    ) -> NDArray[np.float64]:
        """Turn about ``pivot`` and shift (both metres at distance ``z``), then come closer."""
        to_px = self._camera.focal_px / z
        centre = np.array(self._camera.centre_px)
        about = centre + np.array(pivot) * to_px
        rotation = np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]])
        turned = about - rotation @ about + np.array(shift) * to_px
        # Coming closer scales the picture about the optical axis; disparity scales with it.
        return np.column_stack([scale * rotation, scale * (turned - centre) + centre])

    def _corner(self, z: float) -> tuple[float, float]:
        x, y = self._camera.centre_px
        return -z * x / self._camera.focal_px, z * y / self._camera.focal_px


def _chain(first: NDArray[np.float64], second: NDArray[np.float64]) -> NDArray[np.float64]:
    """The 2 x 3 move that does ``first`` and then ``second``."""
    return np.column_stack(
        [second[:, :2] @ first[:, :2], second[:, :2] @ first[:, 2] + second[:, 2]]
    )


def _check(width: int, height: int, frame_rate: float | Fraction, frames: int | None) -> None:
    if not all(_SMALLEST_PX <= side <= _LARGEST_PX for side in (width, height)):
        raise InputError(
            f"a synthetic picture must have {_SMALLEST_PX}..{_LARGEST_PX} pixels a side, "
            f"for example 1280x720. Received: {width}x{height}"
        )
    if not 0 < frame_rate <= 1000:
        raise InputError(
            f"frame_rate must be above 0 and at most 1000, for example 30. Received: {frame_rate}"
        )
    if frames is not None and frames < 0:
        raise InputError(f"frames must be 0 or more, or None for no end. Received: {frames}")
