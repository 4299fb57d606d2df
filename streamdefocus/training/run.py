"""One network being trained: a step, the average of its weights, checkpoints."""

from __future__ import annotations

import logging
import math
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

import numpy as np

from streamdefocus.errors import ModelError
from streamdefocus.training.batches import Batch
from streamdefocus.training.config import LossOptions, OptimiserOptions, TrainOptions

AVERAGE_EVERY = 10  # steps between updates of the averaged weights: copying them takes a while

log = logging.getLogger(__name__)


class Run:
    """A network being trained: its weights, their average, the optimiser, the step.

    Args:
        options: The run's configuration.
        state: Where checkpoints are written.
    """

    def __init__(self, options: TrainOptions, state: Path) -> None:
        import keras

        from streamdefocus.depth.network import build_network

        keras.utils.set_random_seed(options.seed)
        self._options = options
        self._state = state
        self.step = 0
        network = options.network
        self.network = build_network(
            network.encoder, width=network.width, height=None, width_px=None
        )
        # Adam's epsilon of 1e-7 suits float32; clipping guards against rare batches.
        self._optimiser = keras.optimizers.Adam(
            options.optimiser.learning_rate, global_clipnorm=options.optimiser.clip_norm
        )
        self._optimiser.build(self.network.trainable_variables)
        self._average = [_copied(v) for v in self.network.trainable_variables]
        self._train = compile_step(self.network, self._optimiser, options.loss)
        self.learning_rate = 0.0

    def train_on(self, batch: Batch) -> float:
        """One step; returns its loss."""
        self.learning_rate = learning_rate(self.step, self._options.optimiser)
        self._optimiser.learning_rate.assign(self.learning_rate)
        loss = float(self._train(batch.images, batch.targets))
        self.step += 1
        if self.step % AVERAGE_EVERY == 0:
            self._update_average()
        return loss

    def save(self, weights: Path) -> None:
        """Write the checkpoint, and the averaged weights as a file for use; both or the old."""
        arrays: dict[str, Any] = {
            f"variable_{i}": _copied(v) for i, v in enumerate(self._variables())
        }
        arrays |= {f"average_{i}": a for i, a in enumerate(self._average)}
        arrays["step"] = np.array(self.step)
        unfinished = self._state.with_suffix(".part")
        with unfinished.open("wb") as file:
            np.savez(file, **arrays)
        unfinished.replace(self._state)
        self._save_average(weights)
        log.info("step %d: saved %s", self.step, weights)

    def resume(self) -> None:
        """Go on from the checkpoint, if there is one.

        Raises:
            ModelError: The checkpoint is damaged or of another network.
        """
        if not self._state.is_file():
            return
        variables = self._variables()
        try:
            with self._state.open("rb") as file, np.load(file) as arrays:
                for i, variable in enumerate(variables):
                    variable.assign(arrays[f"variable_{i}"])
                self._average = [arrays[f"average_{i}"] for i in range(len(self._average))]
                self.step = int(arrays["step"])
        except (OSError, ValueError, KeyError, EOFError, BadZipFile) as error:
            raise ModelError(
                f"cannot resume from {self._state}: {error}; it is damaged or of another network. "
                "Delete it, or rename the configuration, to start anew"
            ) from error
        log.info("resumed at step %d", self.step)

    def _variables(self) -> list[Any]:
        return [*self.network.variables, *self._optimiser.variables]

    def _update_average(self) -> None:
        momentum = self._options.optimiser.ema**AVERAGE_EVERY
        momentum = min(momentum, self.step / (self.step + 10 * AVERAGE_EVERY))  # quick at first
        trainable = self.network.trainable_variables
        for i, variable in enumerate(trainable):
            self._average[i] += (1 - momentum) * (_copied(variable) - self._average[i])

    def _save_average(self, weights: Path) -> None:
        trainable = self.network.trainable_variables
        current = [_copied(v) for v in trainable]
        for variable, average in zip(trainable, self._average, strict=True):
            variable.assign(average)
        unfinished = weights.with_name(f"part.{weights.name}")
        self.network.save_weights(unfinished)
        unfinished.replace(weights)
        for variable, value in zip(trainable, current, strict=True):
            variable.assign(value)


def _copied(variable: Any) -> Any:
    """A variable's value as an array of our own."""
    from keras import ops

    return np.array(ops.convert_to_numpy(variable))


def learning_rate(step: int, options: OptimiserOptions) -> float:
    """Linear warm-up, then constant, then a cosine to nothing."""
    rise = min(1.0, (step + 1) / (options.warm_up + 1))
    start = options.decay_from * options.steps
    fall = max(0.0, (step - start) / max(options.steps - start, 1))
    return options.learning_rate * rise * (1 + math.cos(math.pi * min(fall, 1))) / 2


def compile_step(network: Any, optimiser: Any, options: LossOptions) -> Any:
    """A graph that takes uint8 images and targets, moves the weights and returns the loss."""
    import tensorflow as tf

    from streamdefocus.training.objective import objective

    signature = [
        tf.TensorSpec((None, None, None, 3), tf.uint8),
        tf.TensorSpec((None, None, None, 1), tf.float32),
    ]

    @tf.function(input_signature=signature)  # type: ignore[untyped-decorator]
    def step(images: Any, targets: Any) -> Any:
        with tf.GradientTape() as tape:
            outputs = network(tf.cast(images, tf.float32) / 255, training=True)
            loss = objective(outputs, targets, options)
        variables = network.trainable_variables
        optimiser.apply_gradients(zip(tape.gradient(loss, variables), variables, strict=True))
        return loss

    return step
