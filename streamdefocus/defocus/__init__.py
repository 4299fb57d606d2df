"""Rendering a shallow depth of field from a picture and its disparity."""

from streamdefocus.config import DefocusOptions
from streamdefocus.defocus.base import Renderer
from streamdefocus.defocus.classic import ClassicRenderer
from streamdefocus.defocus.grain import GrainyRenderer
from streamdefocus.defocus.layered import LayeredRenderer
from streamdefocus.defocus.multiplane import MultiplaneRenderer

__all__ = ["Renderer", "create_renderer"]

RENDERERS: dict[str, type[ClassicRenderer] | type[LayeredRenderer] | type[MultiplaneRenderer]] = {
    "best": MultiplaneRenderer,
    "classic": ClassicRenderer,
    "fast": LayeredRenderer,
}
"""Every renderer by its name in ``DefocusOptions.renderer``."""


def create_renderer(options: DefocusOptions, on_gpu: bool = False) -> Renderer:
    """Make the renderer that the options ask for.

    Args:
        options: ``renderer`` names it; the others shape its blur.
        on_gpu: Whether Keras can compute on a GPU. Of the renderers only ``fast`` can use it, and
            not for cat's eyes.
    """
    renderer: Renderer
    if on_gpu and options.renderer == "fast" and not options.cats_eye:
        from streamdefocus.defocus.compiled import CompiledRenderer

        renderer = CompiledRenderer(options)
    else:
        renderer = RENDERERS[options.renderer](options)
    return GrainyRenderer(renderer, options.grain) if options.grain else renderer
