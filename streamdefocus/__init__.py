"""Real-lens depth of field for any webcam, video or photo, from one ordinary camera."""

__version__ = "0.1.0"
