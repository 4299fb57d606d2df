"""The contract of everything that renders a shallow depth of field."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable

from streamdefocus.defocus.plate import Plate
from streamdefocus.frames import BgrImage, DisparityMap, FocusPlane

Progress = Callable[[float], None]
"""Told the share of the work that is done, 0..1; an exception that it raises ends the work."""


class Renderer(ABC):
    """Blurs each point of a picture by its distance from the plane in focus.

    Guarantees, checked for every renderer by one test suite:

    - The input is not changed; the result is a new array of the same shape and dtype.
    - No state is kept from one picture to the next except buffers and tables.
    - With a blur of 0, or everything inside the focus range, the picture comes back unchanged.
    """

    @abstractmethod
    def render(self, bgr: BgrImage, disparity: DisparityMap, focus: FocusPlane) -> BgrImage:
        """Render one picture.

        Args:
            bgr: H x W x 3 uint8.
            disparity: Its disparity, at any resolution of the same picture.
            focus: The plane that stays sharp, in the units of ``disparity``.

        Returns:
            H x W x 3 uint8.
        """

    def render_watched(
        self,
        bgr: BgrImage,
        disparity: DisparityMap,
        focus: FocusPlane,
        progress: Progress,
        plate: Plate | None = None,
    ) -> BgrImage:
        """Render one picture with all that is known, while somebody watches.

        Args:
            bgr: As for ``render``.
            disparity: As for ``render``.
            focus: As for ``render``.
            progress: Called once with 1 by renderers that take no more than a moment, and again
                and again by others.
            plate: What the picture hides, if that is known from other pictures. Renderers that
                gain little from it take no notice.

        Returns:
            As ``render``.
        """
        result = self.render(bgr, disparity, focus)
        progress(1.0)
        return result
