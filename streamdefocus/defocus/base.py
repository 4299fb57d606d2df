"""The contract of everything that renders a shallow depth of field."""

from __future__ import annotations

from abc import ABC, abstractmethod

from streamdefocus.frames import BgrImage, DisparityMap, FocusPlane


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
