"""Movement of the focus: quick, never past its target, without a jerk when the target changes."""

from __future__ import annotations

import math
from dataclasses import dataclass

ARRIVAL = 6.638
"""Radians after which a critically damped spring has gone 99 % of its way: (1 + t) e^-t = 1 %."""


@dataclass(frozen=True, slots=True)
class Motion:
    """Where the focus is and how it moves.

    Attributes:
        position: Disparity.
        velocity: Disparity a second.
    """

    position: float
    velocity: float = 0.0


def move(motion: Motion, target: float, step_s: float, rack_s: float) -> Motion:
    """Let a critically damped spring pull the focus for a while.

    The solution is exact for a target that rests, whatever the length of the step:
    x = position - target, q = v + w x; x' = (x + q t) e^(-w t), v' = (v - w q t) e^(-w t).

    Args:
        motion: As it is.
        target: Disparity to go to.
        step_s: Seconds to go, 0 or more.
        rack_s: Seconds in which 99 % of the way from rest is gone; 0 = at once.

    Returns:
        The motion ``step_s`` later. From rest it never passes the target.
    """
    if rack_s <= 0:
        return Motion(target)
    rate = ARRIVAL / rack_s
    offset = motion.position - target
    pull = motion.velocity + rate * offset
    decay = math.exp(-rate * step_s)
    return Motion(
        target + (offset + pull * step_s) * decay,
        (motion.velocity - rate * pull * step_s) * decay,
    )
