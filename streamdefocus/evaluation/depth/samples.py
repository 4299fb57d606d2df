"""Pictures to measure on, with what is known of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from streamdefocus.errors import InputError
from streamdefocus.evaluation.depth.truths import Truth
from streamdefocus.frames import BgrImage


@dataclass(frozen=True)
class Sample:
    """A picture to measure on.

    Attributes:
        name: The picture's file, for people.
        picture: H x W x 3 BGR uint8.
        truths: What it is held against, by the data set's name in the scores; several where one
            picture is measured in several ways, such as up to 80 m and up to 50 m.
        right: The right view of a stereo pair of which ``picture`` is the left one, or None.
    """

    name: str
    picture: BgrImage
    truths: Mapping[str, Truth]
    right: BgrImage | None = None

    @property
    def pair(self) -> BgrImage:
        """Both views, H x W x 6, left first.

        Raises:
            InputError: There is no right view, or it has another size.
        """
        if self.right is None or self.right.shape != self.picture.shape:
            raise InputError(
                f"{self.name} has no right view of its size; a network that looks at both views "
                "can only be measured on stereo pairs"
            )
        return np.concatenate((self.picture, self.right), axis=2)


Load = Callable[[], Sample]
"""Reads one sample; raises InputError if a file is damaged."""

DataSet = Mapping[str, Sequence[Load]]
"""Samples by the collection they come from; nothing is read before it is called."""
