"""People cut out of photos, pasted nearer than another scene.

The teacher's edges are soft; a pasted person's edge is known to the pixel.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from streamdefocus.frames import BgrImage, FloatMap


@dataclass(frozen=True)
class Cutout:
    """A person without the room.

    Attributes:
        picture: h x w x 3 BGR uint8.
        alpha: h x w float32 in 0..1.
        relief: h x w float32, the person's own disparity about its mean, within -0.5..0.5.
        grounded: The person goes on below the picture's lower edge.
    """

    picture: BgrImage
    alpha: FloatMap
    relief: FloatMap
    grounded: bool


def from_mask(picture: BgrImage, mask: FloatMap, label: FloatMap) -> Cutout | None:
    """Cut out where a mask says so; None if nearly nothing or nearly everything is masked.

    Args:
        picture: H x W x 3 BGR uint8.
        mask: H x W float32 in 0..1.
        label: Disparity in 0..1 of any size.
    """
    share = float(mask.mean())
    if not 0.02 < share < 0.85:
        return None
    # One pixel less than the mask: its rim shows the room that the person was cut from.
    inner = cv2.erode(mask, np.ones((3, 3), np.uint8))
    alpha = np.asarray(cv2.GaussianBlur(inner, (0, 0), 0.8), np.float32)
    rows, columns = np.flatnonzero(mask.max(1) > 0.5), np.flatnonzero(mask.max(0) > 0.5)
    box = np.s_[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    height, width = mask.shape
    relief = cv2.resize(label, (width, height))
    relief = np.clip(relief - relief[mask > 0.5].mean(), -0.5, 0.5)
    grounded = bool(rows[-1] >= height - 3)
    return Cutout(
        np.ascontiguousarray(picture[box]),
        np.ascontiguousarray(alpha[box]),
        np.ascontiguousarray(relief[box], np.float32),
        grounded,
    )


def from_label(
    picture: BgrImage, label: FloatMap, least_separation: float = 0.8, *, whole: bool = False
) -> Cutout | None:
    """Cut out the near part of a portrait by its label; None if it does not stand out clearly.

    Args:
        picture: H x W x 3 BGR uint8, one person before a room.
        label: Disparity in 0..1 of any size.
        least_separation: Between-class part of the label's variance, above which its near part is
            surely one thing; a bare slope has 0.75.
        whole: Nothing may be cut off at the picture's sides: there, furniture is as near.
    """
    height, width = picture.shape[:2]
    grey = cv2.resize((label * 255).astype(np.uint8), (width, height))
    threshold, near = cv2.threshold(grey, 0, 1, cv2.THRESH_BINARY | cv2.THRESH_OTSU)
    share = float(near.mean())
    if not 0.12 < share < 0.75 or _separation(grey, threshold) < least_separation:
        return None
    _, parts, stats, _ = cv2.connectedComponentsWithStats(near)
    largest = 1 + int(np.argmax(stats[1:, cv2.CC_STAT_AREA]))
    mask = parts == largest
    if whole and (mask[:, 0].any() or mask[:, -1].any()):
        return None
    inner = cv2.erode(mask.astype(np.float32), np.ones((3, 3), np.uint8))
    return from_mask(picture, np.asarray(inner, np.float32), label)


def _separation(grey: BgrImage, threshold: float) -> float:
    near = grey > threshold
    share = float(near.mean())
    gap = float(grey[near].mean()) - float(grey[~near].mean())
    return share * (1 - share) * gap**2 / max(float(grey.var()), 1e-6)


def paste(
    rng: np.random.Generator,
    scene: tuple[BgrImage, FloatMap],
    cutout: Cutout,
    stretch: float,
    height_range: tuple[float, float] = (0.45, 1.15),
) -> tuple[BgrImage, FloatMap]:
    """Put a person before a scene, framed as webcams frame people.

    Args:
        rng: Source of chance.
        scene: H x W x 3 picture and its H x W disparity in 0..1 (< 0 unknown); not changed.
        cutout: The person.
        stretch: How much wider the network's input makes things than they are.
        height_range: The person's height as a part of the scene's.

    Returns:
        Picture and disparity of the whole; the person is nearer than all that is behind it.
    """
    picture, disparity = scene
    height, width = disparity.shape
    factor = rng.uniform(*height_range) * height / cutout.alpha.shape[0]
    size = (
        max(int(cutout.alpha.shape[1] * factor * stretch), 4),
        max(int(cutout.alpha.shape[0] * factor), 4),
    )
    mode = cv2.INTER_AREA if factor < 1 else cv2.INTER_LINEAR
    person = cv2.resize(cutout.picture, size, interpolation=mode)
    alpha = cv2.resize(cutout.alpha, size, interpolation=mode)
    relief = cv2.resize(cutout.relief, size)
    if rng.random() < 0.5:
        person, alpha, relief = person[:, ::-1], alpha[:, ::-1], relief[:, ::-1]
    centre = float(np.clip(rng.normal(0.5, 0.2), 0.05, 0.95))
    left = int(centre * width - size[0] / 2)
    if cutout.grounded:
        top = height - size[1] + int(max(rng.normal(0, 0.08), 0) * height)
    else:
        top = int(rng.uniform(0.1, 1.0) * max(height - size[1], 1))
    return _blend(rng, picture, disparity, person, alpha, relief, top, left)


def _blend(
    rng: np.random.Generator,
    picture: BgrImage,
    disparity: FloatMap,
    person: BgrImage,
    alpha: FloatMap,
    relief: FloatMap,
    top: int,
    left: int,
) -> tuple[BgrImage, FloatMap]:
    height, width = disparity.shape
    y0, y1 = max(top, 0), min(top + alpha.shape[0], height)
    x0, x1 = max(left, 0), min(left + alpha.shape[1], width)
    if y1 - y0 < 8 or x1 - x0 < 8:
        return picture, disparity
    part = np.s_[y0 - top : y1 - top, x0 - left : x1 - left]
    window = np.s_[y0:y1, x0:x1]
    a = alpha[part][..., None]
    lit = _lit_like(rng, person[part], picture)
    picture, disparity = _shaded(rng, picture, alpha, top, left), disparity.copy()
    picture[window] = (a * lit + (1 - a) * picture[window]).astype(np.uint8)

    solid = alpha[part] > 0.5
    behind = disparity[window][solid]
    behind = behind[behind >= 0]
    room = rng.uniform(0.3, 0.9)  # the scene's share of the whole range of disparity
    known = disparity >= 0
    disparity[known] *= room
    farthest = room * float(np.quantile(behind, 0.95)) if behind.size else 0.5 * room
    near = farthest + rng.uniform(0.12, 0.6)
    shaped = near + rng.uniform(0.1, 0.5) * relief[part]
    disparity[window][solid] = np.maximum(shaped[solid], farthest + 0.05)
    return picture, disparity


def _shaded(
    rng: np.random.Generator, picture: BgrImage, alpha: FloatMap, top: int, left: int
) -> BgrImage:
    """A copy with the soft shadow that the person throws on what is close behind, now and then."""
    if rng.random() < 0.5:
        return picture.copy()
    height, width = picture.shape[:2]
    reach = rng.uniform(0.02, 0.12) * alpha.shape[0]
    shift = np.array([[1, 0, left + rng.uniform(-2, 2) * reach], [0, 1, top + reach]], np.float32)
    shadow = cv2.warpAffine(alpha, shift, (width, height))
    shadow = cv2.GaussianBlur(shadow, (0, 0), 0.4 * reach + 1)
    dimmed = picture * (1 - np.float32(rng.uniform(0.1, 0.5)) * shadow[..., None])
    return np.asarray(dimmed, np.uint8)


def _lit_like(rng: np.random.Generator, person: BgrImage, scene: BgrImage) -> FloatMap:
    """The person under a light a random part of the way to the scene's."""
    target = np.array(cv2.mean(scene)[:3], np.float32)
    own = np.array(cv2.mean(np.ascontiguousarray(person))[:3], np.float32)
    gain = np.clip(target / np.maximum(own, 1), 0.6, 1.6) ** rng.uniform(0, 0.7)
    return np.clip(person * gain.astype(np.float32), 0, 255).astype(np.float32)
