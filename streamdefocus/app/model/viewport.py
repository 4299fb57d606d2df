"""Which part of a picture is seen, and which point of it lies under a pixel of the widget."""

from __future__ import annotations

from dataclasses import dataclass

MOST_ZOOM = 32.0


@dataclass(slots=True)
class Viewport:
    """A picture in a widget: fitted, zoomed and moved.

    Attributes:
        widget_px: (width, height) of the widget.
        image_px: (width, height) of the picture.
        zoom: 1 = the whole picture fits; larger is closer.
        centre_x: Point of the picture in the middle of the widget, 0..1.
        centre_y: See ``centre_x``.
        margin_px: Kept free around a picture that fits.
    """

    widget_px: tuple[float, float] = (1.0, 1.0)
    image_px: tuple[int, int] = (1, 1)
    zoom: float = 1.0
    centre_x: float = 0.5
    centre_y: float = 0.5
    margin_px: float = 0.0

    @property
    def fit_scale(self) -> float:
        """Widget pixels of one image pixel when the whole picture fits."""
        room = [max(side - 2 * self.margin_px, 1.0) for side in self.widget_px]
        return min(room[0] / self.image_px[0], room[1] / self.image_px[1])

    @property
    def scale(self) -> float:
        """Widget pixels of one image pixel."""
        return self.fit_scale * self.zoom

    def rect(self) -> tuple[float, float, float, float]:
        """(left, top, width, height) of the whole picture, in pixels of the widget."""
        width, height = self.image_px[0] * self.scale, self.image_px[1] * self.scale
        left = self.widget_px[0] / 2 - self.centre_x * width
        top = self.widget_px[1] / 2 - self.centre_y * height
        return left, top, width, height

    def image_point(self, x_px: float, y_px: float) -> tuple[float, float] | None:
        """The point of the picture (0..1) under a pixel of the widget; None beside it."""
        left, top, width, height = self.rect()
        x, y = (x_px - left) / width, (y_px - top) / height
        return (x, y) if 0 <= x <= 1 and 0 <= y <= 1 else None

    def widget_point(self, x: float, y: float) -> tuple[float, float]:
        """Where in the widget a point of the picture lies."""
        left, top, width, height = self.rect()
        return left + x * width, top + y * height

    def zoom_at(self, x_px: float, y_px: float, factor: float) -> None:
        """Come closer; what is under a pixel stays there."""
        left, top, width, height = self.rect()
        x, y = (x_px - left) / width, (y_px - top) / height
        self.zoom = min(max(self.zoom * factor, 1.0), MOST_ZOOM)
        _, _, width, height = self.rect()
        self.centre_x = x - (x_px - self.widget_px[0] / 2) / width
        self.centre_y = y - (y_px - self.widget_px[1] / 2) / height
        self._hold()

    def pan(self, dx_px: float, dy_px: float) -> None:
        """Move the picture by pixels of the widget."""
        _, _, width, height = self.rect()
        self.centre_x -= dx_px / width
        self.centre_y -= dy_px / height
        self._hold()

    def fit(self) -> None:
        """Show the whole picture."""
        self.zoom, self.centre_x, self.centre_y = 1.0, 0.5, 0.5

    def _hold(self) -> None:
        """Do not lose the picture: no gap opens where it is larger than the widget."""
        _, _, width, height = self.rect()
        self.centre_x = _held(self.centre_x, self.widget_px[0] / width / 2)
        self.centre_y = _held(self.centre_y, self.widget_px[1] / height / 2)


def _held(centre: float, half_view: float) -> float:
    return 0.5 if half_view >= 0.5 else min(max(centre, half_view), 1 - half_view)
