"""Measures what is where in photos."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

from streamdefocus.config import Config
from streamdefocus.frames import BgrImage, DisparityMap, Frame
from streamdefocus.pipeline import Defocuser

Step: TypeAlias = Callable[[str, float], None]
"""(what comes next, for people; share that is done, 0..1)"""


class Meter:
    """A depth network that is loaded when it is needed first. For one thread.

    Args:
        config: Which network.
    """

    def __init__(self, config: Config) -> None:
        self._config = config
        self._defocuser: Defocuser | None = None

    def measure(self, bgr: BgrImage, step: Step) -> DisparityMap:
        """Disparity of a photo that has nothing to do with the one before.

        Args:
            bgr: H x W x 3 uint8.
            step: Is told what comes next; what it raises ends the measurement.

        Raises:
            StreamDefocusError: The network cannot be loaded, or fails.
        """
        step("Loading the depth network", 0.25)
        if self._defocuser is None:
            self._defocuser = Defocuser(self._config)
        self._defocuser.estimator.prepare((bgr.shape[1], bgr.shape[0]))
        step("Estimating depth", 0.7)
        self._defocuser.reset()
        disparity = self._defocuser.measure(Frame(bgr))
        step("Ready", 1.0)
        return disparity

    def close(self) -> None:
        """Let the network go; idempotent."""
        if self._defocuser:
            self._defocuser.close()
            self._defocuser = None
