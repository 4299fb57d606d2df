"""Real-lens depth of field for any webcam, video or photo, from one ordinary camera.

The public names are those of ``__all__``; they are loaded when they are first used, so that
importing the package costs nothing.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

__version__ = "0.1.0"

_HOMES = {
    "Config": "config",
    "Defocuser": "pipeline",
    "DisparityMap": "frames",
    "FocusPlane": "frames",
    "Frame": "frames",
    "LivePipeline": "pipeline",
    "Photo": "photos",
    "PhotoResult": "pipeline",
    "Pipeline": "pipeline",
    "Shot": "pipeline",
    "StreamDefocusError": "errors",
    "View": "frames",
    "defocus_photo": "pipeline",
    "load_config": "config",
    "open_engine": "depth",
    "open_sink": "sinks",
    "open_source": "sources",
    "read_photo": "photos",
}

__all__ = [
    "Config",
    "Defocuser",
    "DisparityMap",
    "FocusPlane",
    "Frame",
    "LivePipeline",
    "Photo",
    "PhotoResult",
    "Pipeline",
    "Shot",
    "StreamDefocusError",
    "View",
    "__version__",
    "defocus_photo",
    "load_config",
    "open_engine",
    "open_sink",
    "open_source",
    "read_photo",
]

if TYPE_CHECKING:
    from streamdefocus.config import Config, load_config
    from streamdefocus.depth import open_engine
    from streamdefocus.errors import StreamDefocusError
    from streamdefocus.frames import DisparityMap, FocusPlane, Frame, View
    from streamdefocus.photos import Photo, read_photo
    from streamdefocus.pipeline import (
        Defocuser,
        LivePipeline,
        PhotoResult,
        Pipeline,
        Shot,
        defocus_photo,
    )
    from streamdefocus.sinks import open_sink
    from streamdefocus.sources import open_source


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
