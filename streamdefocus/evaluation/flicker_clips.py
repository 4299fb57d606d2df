"""Clips as a network sees them: real ones, and a synthetic one whose disparity is known."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import NamedTuple, cast

import cv2
import numpy as np
from numpy.typing import NDArray

from streamdefocus.frames import BgrImage, FloatMap, Frame
from streamdefocus.smoothing import REFERENCE_RATE
from streamdefocus.sources.synthetic import SyntheticSource

SYNTHETIC_PX = (512, 256)
FRAME_PX = (640, 360)
SYNTHETIC_S = 6.0


class Sample(NamedTuple):
    """One frame of a clip, as the smoother gets it.

    Attributes:
        frame: The picture at full size, which is rendered.
        picture: H x W x 3 uint8 BGR, at the disparity's size.
        raw: H x W float32, the network's disparity.
        truth: H x W float32, the exact disparity, where it is known.
    """

    frame: Frame
    picture: BgrImage
    raw: FloatMap
    truth: FloatMap | None = None


Estimate = Callable[[BgrImage], tuple[BgrImage, FloatMap]]
"""From a picture to the picture as a network saw it, and its disparity."""


def samples_of(frames: Iterable[Frame], estimate: Estimate) -> Iterator[Sample]:
    """A clip as a network sees it.

    Args:
        frames: In order of time.
        estimate: Such as ``DisparityEstimator.estimate``.
    """
    for frame in frames:
        yield Sample(frame, *estimate(frame.bgr))


def seen_by(
    network: Callable[[BgrImage], FloatMap], size_px: tuple[int, int] = SYNTHETIC_PX
) -> Estimate:
    """What ``samples_of`` needs, of a network that only tells disparity.

    Args:
        network: From h x w x 3 uint8 to h x w float32.
        size_px: (width, height) of the pictures that it is given.
    """

    def estimate(bgr: BgrImage) -> tuple[BgrImage, FloatMap]:
        picture = cast(BgrImage, cv2.resize(bgr, size_px, interpolation=cv2.INTER_AREA))
        return picture, network(picture)

    return estimate


def synthetic_clip(
    seed: int = 0,
    size_px: tuple[int, int] = SYNTHETIC_PX,
    seconds: float = SYNTHETIC_S,
    frame_px: tuple[int, int] = FRAME_PX,
) -> Iterator[Sample]:
    """The synthetic room as a network might see it: right on average, different in every frame.

    Edges are soft and wobble, soft blobs of noise come and go, scale and shift jitter by 5 % and
    4 % of the span.

    Args:
        seed: Of the errors.
        size_px: (width, height) of the maps.
        seconds: How long it is, at 30 frames a second.
        frame_px: (width, height) of the frames.
    """
    rng = np.random.default_rng(seed)
    frames = round(seconds * REFERENCE_RATE)
    with SyntheticSource(*frame_px, REFERENCE_RATE, frames=frames) as scene:
        for frame in scene:
            exact = scene.disparity(frame.index)
            truth = cv2.resize(exact, size_px, interpolation=cv2.INTER_NEAREST)
            noisy = frame.bgr + rng.normal(0, 2, frame.bgr.shape)
            seen = np.clip(noisy, 0, 255).astype(np.uint8)
            picture = cast(BgrImage, cv2.resize(seen, size_px, interpolation=cv2.INTER_AREA))
            yield Sample(frame.with_bgr(seen), picture, _as_estimated(truth, rng), truth)


def _as_estimated(truth: FloatMap, rng: np.random.Generator) -> FloatMap:
    size = (truth.shape[1], truth.shape[0])

    def blobs(channels: int, strength: float) -> FloatMap:
        small = rng.normal(0, strength, (16, 32, channels)).astype(np.float32)
        return np.asarray(cv2.resize(small, size, interpolation=cv2.INTER_CUBIC), np.float32)

    soft = cv2.GaussianBlur(truth, (0, 0), 2.0)
    wobbling = cv2.remap(
        soft,
        grid(truth.shape) + blobs(2, 1.5),
        None,
        cv2.INTER_LINEAR,
        borderMode=cv2.BORDER_REPLICATE,
    )
    noisy = (wobbling + blobs(1, 0.005)) * (1 + rng.normal(0, 0.05)) + rng.normal(0, 0.008)
    return np.asarray(noisy, np.float32)


def grid(shape: tuple[int, ...]) -> NDArray[np.float32]:
    """Where every pixel is: H x W x 2, x and y."""
    return np.dstack(np.meshgrid(np.arange(shape[1]), np.arange(shape[0]))).astype(np.float32)
