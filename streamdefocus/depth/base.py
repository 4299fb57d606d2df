"""The contract of everything that estimates disparity."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Self

from streamdefocus.frames import BgrImage, FloatMap


class DepthEngine(ABC):
    """Runs a depth network on one picture at a time.

    Guarantees, checked for every engine by one test suite:

    - ``infer`` may be called from one thread at a time, any thread; it releases the GIL while it
      computes, and the array it returns is the caller's.
    - Engines agree with each other on the same model within a tested bound.
    - ``close()`` is idempotent.

    Attributes:
        name: What ``--engine`` calls it, e.g. "openvino".
        device: Where it computes, for people, e.g. "CPU" or "GPU (NVIDIA H200)".
        size_px: (width, height) of the input, the size asked for unless the model has but one.
    """

    name: str
    device: str
    size_px: tuple[int, int]

    @abstractmethod
    def infer(self, bgr: BgrImage) -> FloatMap:
        """Disparity of a picture that already has the network's input size.

        Args:
            bgr: H x W x 3 uint8; H and W are multiples of the network's stride. H x W x 6, left
                view first, for a network that looks at both views of a stereo pair.

        Returns:
            H x W float32, larger is nearer, in the network's own unit.
        """

    @abstractmethod
    def close(self) -> None:
        """Free the network; idempotent."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc_info: object) -> None:
        self.close()
