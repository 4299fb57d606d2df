"""One view from the other: bilinear sampling along rows ([Godard] section 3.3), and pyramids."""

from __future__ import annotations

from typing import Any

from keras import ops

Tensor = Any  # of whichever backend Keras runs on


def left_from_right(right: Tensor, disparity_left: Tensor) -> Tensor:
    """The left view: I~l(x) = Ir(x - dl); see sample_rows."""
    return sample_rows(right, -disparity_left)


def right_from_left(left: Tensor, disparity_right: Tensor) -> Tensor:
    """The right view: I~r(x) = Il(x + dr); see sample_rows."""
    return sample_rows(left, disparity_right)


def sample_rows(source: Tensor, offset: Tensor) -> Tensor:
    """Values of each row at shifted columns, interpolated between the two nearest pixels.

    Beyond the border all is zero, as in the original implementation: within one pixel of it values
    fade to zero, further out they are zero and have no gradient.

    Args:
        source: B x H x W x C; the gradient reaches it too.
        offset: B x H x W x 1, what is added to a pixel's column to find its value, as a fraction of
            the width.

    Returns:
        B x H x W x C.
    """
    batch, height, width, channels = ops.shape(source)
    columns = ops.cast(ops.arange(width), "float32")[None, None, :, None]
    last = ops.cast(width, "float32")
    x = ops.clip(columns + offset * last, -1.0, last)
    floor = ops.floor(x)
    # Rows with a zero before and two behind them, one after the other: pixel -1 of a row is its 0.
    pixels = ops.reshape(ops.pad(source, ((0, 0), (0, 0), (1, 2), (0, 0))), (-1, channels))
    rows = ops.reshape(ops.arange(batch * height) * (width + 3), (batch, height, 1))
    # What is not a number has a column, too: so it reaches the loss, where training looks for it.
    column = ops.clip(ops.cast(floor[..., 0], "int32"), -1, width)
    index = column + ops.cast(rows, "int32") + 1
    before, after = ops.take(pixels, index, axis=0), ops.take(pixels, index + 1, axis=0)
    return before + (x - floor) * (after - before)


def pyramid(image: Tensor, levels: int) -> list[Tensor]:
    """An image at 1, 1/2, 1/4, ... of its size, by the mean over areas.

    Args:
        image: B x H x W x C; H and W are multiples of 2 ** (levels - 1).
        levels: How many sizes.
    """
    images = [image]
    for _ in range(levels - 1):
        images.append(ops.average_pool(images[-1], 2, 2))
    return images
