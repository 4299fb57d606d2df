"""How the step size rises and falls."""

from __future__ import annotations

import math

from streamdefocus.training.config import OptimiserOptions


def learning_rate(step: int, steps: int, options: OptimiserOptions) -> float:
    """Linear warm-up, then the configured schedule.

    Args:
        step: Steps done, 0..steps.
        steps: Those of the whole run.
        options: See OptimiserOptions.
    """
    rise = min(1.0, (step + 1) / (options.warm_up + 1))
    fall = _halving(step, steps) if options.schedule == "halving" else _cosine(step, steps, options)
    return options.learning_rate * rise * fall


def _halving(step: int, steps: int) -> float:
    """Halved after 30 and 40 of 50 epochs (section 4.1)."""
    return 0.5 ** ((5 * step >= 3 * steps) + (5 * step >= 4 * steps))


def _cosine(step: int, steps: int, options: OptimiserOptions) -> float:
    start = options.decay_from * steps
    fall = max(0.0, (step - start) / max(steps - start, 1))
    return (1 + math.cos(math.pi * min(fall, 1))) / 2
