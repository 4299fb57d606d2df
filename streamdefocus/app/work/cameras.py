"""Which cameras there are, and sources for them."""

from __future__ import annotations

from dataclasses import dataclass

from streamdefocus.sources.base import Source
from streamdefocus.sources.camera import CameraSource
from streamdefocus.sources.devices import list_cameras
from streamdefocus.sources.synthetic import SyntheticSource

SYNTHETIC = "synthetic"

_USUAL_SIZES = ((1280, 720), (1920, 1080), (640, 480))


@dataclass(frozen=True, slots=True)
class CameraChoice:
    """A camera as the window offers it.

    Attributes:
        address: Path or number, as text; "synthetic" is the made-up scene.
        name: For people.
        sizes: (width, height), the best first.
    """

    address: str
    name: str
    sizes: tuple[tuple[int, int], ...] = _USUAL_SIZES


def camera_choices() -> list[CameraChoice]:
    """The cameras of this machine that are no virtual ones, then the made-up scene."""
    found = [
        CameraChoice(
            str(camera.address),
            camera.name,
            tuple(sorted({offer.size_px for offer in camera.formats}, reverse=True))
            or _USUAL_SIZES,
        )
        for camera in list_cameras()
        if not camera.virtual
    ]
    return [*found, CameraChoice(SYNTHETIC, "Made-up scene")]


def open_choice(address: str, size: tuple[int, int]) -> Source:
    """The source of a choice.

    Raises:
        CameraError: It is missing, busy, not permitted, or gives no picture.
    """
    if address == SYNTHETIC:
        return SyntheticSource(*size, frames=None, live=True)
    return CameraSource(int(address) if address.isdecimal() else address, size)
