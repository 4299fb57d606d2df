"""Threads that move frames from a source through the stages to the sinks."""

from streamdefocus.pipeline.defocuser import Defocuser, Shot
from streamdefocus.pipeline.edit import Edit, Keyframe, load_edit, read_edit, sidecar
from streamdefocus.pipeline.keyed import KeyedDefocuser
from streamdefocus.pipeline.live import LivePipeline
from streamdefocus.pipeline.photo import PhotoResult, defocus_photo
from streamdefocus.pipeline.pipeline import Pipeline
from streamdefocus.pipeline.stats import Stats

__all__ = [
    "Defocuser",
    "Edit",
    "KeyedDefocuser",
    "Keyframe",
    "LivePipeline",
    "PhotoResult",
    "Pipeline",
    "Shot",
    "Stats",
    "defocus_photo",
    "load_edit",
    "read_edit",
    "sidecar",
]
