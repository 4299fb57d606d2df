"""Threads that move frames from a source through the stages to the sinks."""

from streamdefocus.pipeline.defocuser import Defocuser, Shot
from streamdefocus.pipeline.pipeline import Pipeline
from streamdefocus.pipeline.stats import Stats

__all__ = ["Defocuser", "Pipeline", "Shot", "Stats"]
