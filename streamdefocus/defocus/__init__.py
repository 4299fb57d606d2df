"""Rendering a shallow depth of field from a picture and its disparity."""

from streamdefocus.config import DefocusOptions
from streamdefocus.defocus.base import Renderer
from streamdefocus.defocus.classic import ClassicRenderer
from streamdefocus.defocus.grain import GrainyRenderer
from streamdefocus.defocus.layered import LayeredRenderer

__all__ = ["Renderer", "create_renderer"]

RENDERERS: dict[str, type[ClassicRenderer] | type[LayeredRenderer]] = {
    "classic": ClassicRenderer,
    "fast": LayeredRenderer,
}
"""Every renderer by its name in ``DefocusOptions.renderer``."""


def create_renderer(options: DefocusOptions) -> Renderer:
    """Make the renderer that the options ask for.

    Args:
        options: ``renderer`` names it; the others shape its blur.
    """
    renderer = RENDERERS[options.renderer](options)
    return GrainyRenderer(renderer, options.grain) if options.grain else renderer
