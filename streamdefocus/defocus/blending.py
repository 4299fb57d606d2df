"""Blurred layers and the picture itself, put together into the picture that is shown."""

from __future__ import annotations

from typing import Any, cast

import cv2
import numpy as np
from numpy.typing import NDArray

from streamdefocus.defocus.edges import Sharpness
from streamdefocus.defocus.grid import Grid, Window
from streamdefocus.defocus.light import encode
from streamdefocus.defocus.scratch import Scratch
from streamdefocus.frames import BgrImage, FloatMap

SPREAD = np.float32(0.02)
"""Weight of the background where the picture itself is in focus: what is blended in beside an
edge must be the background's colour on both sides of it."""

Mask = NDArray[np.uint8]


class Blender:
    """Blends what is blurred to different degrees, from back to front.

    Args:
        scratch: Buffers.
    """

    def __init__(self, scratch: Scratch) -> None:
        self._scratch = scratch

    def without_front(
        self, base: FloatMap, back: FloatMap, far: FloatMap, sharp: Mask, grid: Grid
    ) -> tuple[BgrImage, FloatMap]:
        """The focus and what is behind it.

        Args:
            base: 3 x h x w float32: the light of the picture without its front.
            back: What is behind the focus, blurred, premultiplied by coverage, and coverage.
            far: h x w float32, the share of each pixel that is behind the focus.
            sharp: The share that comes from the picture at full size.
            grid: Sizes.

        Returns:
            h x w x 3 uint8, what to blend with the sharp picture; and 3 x h x w float32, the
            linear light of the two together.
        """
        kept = cv2.resize(sharp, grid.work, interpolation=cv2.INTER_AREA) * np.float32(1 / 255)
        coverage = back[3]
        # Where no layer reaches, the background's colour is the picture's own.
        known = np.minimum(coverage * 20, np.float32(1))
        step = back[:3] * (known / np.maximum(coverage, np.float32(1e-3)))
        step -= base * known  # from the picture's light to the background's
        near = 1 - far
        np.minimum(kept, near, out=kept)
        whole = step * far
        whole += base
        step *= (far + SPREAD) / (1 + SPREAD - kept)
        step += base
        return encode(step), whole

    def soften(self, fine: BgrImage, soft: BgrImage, masks: Sharpness, grid: Grid) -> None:
        """Blend the layers over the slightly blurred fine grid, in place."""
        if grid.fine != grid.work:
            soft = cast(BgrImage, cv2.resize(soft, grid.fine, interpolation=cv2.INTER_CUBIC))
        medium, little = masks.medium, masks.soft
        if medium.shape != soft.shape[:2]:
            medium = cast(Mask, cv2.resize(medium, grid.fine, interpolation=cv2.INTER_AREA))
            little = cast(Mask, cv2.resize(little, grid.fine, interpolation=cv2.INTER_AREA))
        little = np.maximum(little, np.uint8(1))
        share = cast(Mask, cv2.divide(little, cv2.add(medium, little), scale=255))
        self._dim(soft, share)
        self._dim(fine, cast(Mask, cv2.bitwise_not(share)))
        cv2.add(fine, soft, dst=fine)

    def put_together(
        self,
        bgr: BgrImage,
        crisp: Mask,
        fine: BgrImage,
        seen: Mask | None,
        rest: BgrImage | None,
        grid: Grid,
    ) -> BgrImage:
        """The picture itself where it is crisp, the fine grid elsewhere, and what is before both.

        All shares add up at the resolution of ``crisp``; at full size, where every step costs
        most, one share of the picture is left to add. Exact where ``crisp`` is 255.

        Args:
            bgr: H x W x 3 uint8.
            crisp: How much of each pixel comes from the picture, at its size or the fine grid's.
            fine: Overwritten.
            seen: h x w, how much of each pixel the front does not hide; None: all.
            rest: h x w x 3 uint8, what the front adds.
            grid: Sizes.
        """
        size = (crisp.shape[1], crisp.shape[0])
        fine = self._enlarged("mixed", fine, size)
        share, other = crisp, cast(Mask, cv2.bitwise_not(crisp))
        if seen is not None:
            seen = cast(Mask, cv2.resize(seen, size, interpolation=cv2.INTER_LINEAR))
            share = cast(Mask, cv2.multiply(crisp, seen, scale=1 / 255))
            other = cast(Mask, cv2.subtract(seen, share))
        self._dim(fine, other)
        if rest is not None:
            # In two steps: in one, small lights become stars.
            rest = cast(BgrImage, cv2.resize(rest, grid.fine, interpolation=cv2.INTER_CUBIC))
            cv2.add(fine, self._enlarged("rest", rest, size), dst=fine)
        out = np.empty_like(bgr)
        cv2.resize(fine, grid.size, out, interpolation=cv2.INTER_LINEAR)
        share = self._enlarged("share", share, grid.size)
        left, top, width, height = cv2.boundingRect(share)
        part = np.s_[top : top + height, left : left + width]
        if width:
            over = self._scratch.array("shares", (height, width, 3), np.uint8)
            cv2.merge([share[part]] * 3, over)
            cv2.multiply(bgr[part], over, dst=over, scale=1 / 255)
            cv2.add(out[part], over, dst=out[part])
        return out

    def _dim(self, image: BgrImage, share: Mask) -> None:
        """Multiply by a share of 0..255, in place."""
        shares = self._scratch.array("shares", image.shape, np.uint8)
        cv2.merge([share] * 3, shares)
        cv2.multiply(image, shares, dst=image, scale=1 / 255)

    def _enlarged(self, name: str, image: NDArray[Any], size: tuple[int, int]) -> Any:
        if image.shape[1::-1] == size:
            return image
        large = self._scratch.array(name, (size[1], size[0], *image.shape[2:]), np.uint8)
        return cv2.resize(image, size, large, interpolation=cv2.INTER_LINEAR)


def in_front(whole: FloatMap, front: FloatMap, window: Window, grid: Grid) -> tuple[Mask, BgrImage]:
    """How to blend the front over the rest as if it were done in linear light.

    At full size that would cost more than all else. So the picture is dimmed by what hides it as
    it is, and the rest of the right result, which is smooth, is added.

    Args:
        whole: 3 x h x w float32, linear light of what is behind the front.
        front: 4 x h x w float32, the front within the window: light premultiplied by coverage,
            and coverage.
        window: Where the front is.
        grid: Sizes.

    Returns:
        h x w uint8, how much is seen of what is behind the front; h x w x 3 uint8, what to add.
    """
    part = (window.rows, window.columns)
    seen = np.maximum(1 - front[3], np.float32(0))
    whole = whole[:, *part]
    together = whole * seen
    together += front[:3]
    dimmed = cv2.multiply(encode(whole), cv2.merge([seen] * 3), dtype=cv2.CV_8U)
    rest = np.zeros((grid.work[1], grid.work[0], 3), np.uint8)
    rest[part] = cv2.subtract(encode(together), dimmed)
    shares = np.full(rest.shape[:2], 255, np.uint8)
    shares[part] = cv2.convertScaleAbs(seen, alpha=255)
    return shares, rest
