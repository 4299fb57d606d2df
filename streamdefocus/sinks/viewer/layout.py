"""Where the panes of the window lie, and which point of the image a point of the window is."""

from __future__ import annotations

from dataclasses import dataclass

_GAP_PX = 2
"""Between the image and the disparity beside it."""


@dataclass(frozen=True, slots=True)
class Rect:
    """A rectangle of whole pixels."""

    left: int
    top: int
    width: int
    height: int

    @property
    def slices(self) -> tuple[slice, slice]:
        """Rows and columns of it in an array."""
        return (
            slice(self.top, self.top + self.height),
            slice(self.left, self.left + self.width),
        )

    def holds(self, x_px: float, y_px: float) -> bool:
        """Whether a pixel lies in it."""
        return 0 <= x_px - self.left < self.width and 0 <= y_px - self.top < self.height


@dataclass(frozen=True, slots=True)
class Layout:
    """How a canvas is divided.

    Attributes:
        width: Of the canvas, px.
        height: Of the canvas, px.
        panes: Where the image is shown, and behind it where its disparity is, if it is; all of
            the same size and of the image's aspect ratio.
    """

    width: int
    height: int
    panes: tuple[Rect, ...]

    def image_point(self, x_px: float, y_px: float) -> tuple[float, float] | None:
        """The point of the image that is shown at a pixel of the canvas.

        Returns:
            (x, y), 0..1, of the pixel's middle, in whichever pane it lies; None beside them.
        """
        for pane in self.panes:
            if pane.holds(x_px, y_px):
                x = (x_px - pane.left + 0.5) / pane.width
                y = (y_px - pane.top + 0.5) / pane.height
                return min(x, 1.0), min(y, 1.0)
        return None


def lay_out(canvas_px: tuple[int, int], image_px: tuple[int, int], pane_count: int = 1) -> Layout:
    """Show an image, once or twice, as large as a canvas allows.

    Args:
        canvas_px: (width, height) of the canvas.
        image_px: (width, height) of the image; only their ratio matters.
        pane_count: 1, or 2 for the disparity beside the image, or below it where it is larger so.
    """
    width, height = canvas_px
    beside = _grid(canvas_px, image_px, pane_count, 1)
    below = _grid(canvas_px, image_px, 1, pane_count)
    return Layout(width, height, beside if beside[0].width >= below[0].width else below)


def _grid(
    canvas_px: tuple[int, int], image_px: tuple[int, int], columns: int, rows: int
) -> tuple[Rect, ...]:
    (canvas_width, canvas_height), (image_width, image_height) = canvas_px, image_px
    room_x = canvas_width - (columns - 1) * _GAP_PX
    room_y = canvas_height - (rows - 1) * _GAP_PX
    scale = min(room_x / columns / image_width, room_y / rows / image_height)
    # Rounded down, for several panes must fit; the tiny amount is for 719.9999.
    width = max(1, int(scale * image_width + 1e-6))
    height = max(1, int(scale * image_height + 1e-6))
    left = max(0, (room_x - columns * width) // 2)
    top = max(0, (room_y - rows * height) // 2)
    return tuple(
        Rect(left + column * (width + _GAP_PX), top + row * (height + _GAP_PX), width, height)
        for row in range(rows)
        for column in range(columns)
    )
