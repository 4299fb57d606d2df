"""What sources and sinks of video files both need to know: containers, colour, time, rotation."""

import cv2  # noqa: F401  (before anything imports av: the other way round, windows hang on Linux)
