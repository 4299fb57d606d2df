"""The pictures of a photo that the canvas shows."""

from __future__ import annotations

from streamdefocus.app.model.album import Document
from streamdefocus.app.parts.canvas import Layer
from streamdefocus.app.parts.pictures import peaking, qt_image
from streamdefocus.app.work.darkroom import Rendered
from streamdefocus.sinks.viewer.painter import disparity_picture


def photo_layer(view: str, document: Document, rendered: Rendered | None) -> Layer | None:
    """What a view shows of a photo, as far as it is known.

    Args:
        view: "result", "depth", or "focus" for the peaking.
        document: The photo.
        rendered: Its newest rendering.
    """
    if document.screen is None or document.disparity is None:
        return None
    if view == "depth":
        size = (document.screen.shape[1], document.screen.shape[0])
        plane = rendered.plane if rendered else None
        return Layer(qt_image(disparity_picture(document.disparity, plane, size)))
    if rendered is None:
        return None
    if view == "focus":
        return Layer(qt_image(peaking(document.screen, document.disparity, rendered.plane)))
    full = None if rendered.bgr is rendered.screen else qt_image(rendered.bgr)
    return Layer(qt_image(rendered.screen), full)
