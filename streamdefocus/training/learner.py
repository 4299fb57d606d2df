"""A network together with what it minimises: the model that Keras trains.

Keras' own train_on_batch makes the step, on TensorFlow, JAX and PyTorch alike. It was measured as
fast as fit(), and leaves the loop to us: exact resuming, and errors of the batches as they are.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import keras
from keras import ops

from streamdefocus.depth.export import save_weights
from streamdefocus.training.devices import Devices

AVERAGE_EVERY = 10  # steps between updates of the average: in every step it costs 14 % of a CPU run


class Learner(keras.Model):  # type: ignore[misc]
    """A network with its objective.

    Args:
        network: From pictures to outputs.
        objective: What is minimised; see objectives/.
        devices: Those that share each batch.
    """

    def __init__(self, network: keras.Model, objective: Any, devices: Devices) -> None:
        super().__init__(dtype="float32", name="learner")
        self.network = network
        self.objective = objective
        self._devices = devices
        self.built = True  # the network is
        self._parts = {name: keras.metrics.Mean(name=name) for name in objective.parts}

    def call(self, batch: Any, training: bool = False) -> Any:
        """The network's outputs for a batch."""
        return self.network(self.objective.inputs(batch), training=training)

    def compute_loss(
        self,
        x: Any = None,
        y: Any = None,
        y_pred: Any = None,
        sample_weight: Any = None,
        training: bool = True,
    ) -> Any:
        """The objective; its parts are noted as metrics."""
        values = self.objective(y_pred, x)
        for name, metric in self._parts.items():
            metric.update_state(values[name])
        return values["loss"] / self._devices.summed_gradients

    def learn(self, batch: Any) -> dict[str, float]:
        """One step; returns the loss and its parts."""
        values = self.train_on_batch(self._devices.share(batch), return_dict=True)
        return {name: float(value) for name, value in values.items()}

    def look(self, batch: Any) -> dict[str, Any]:
        """Pictures of what the network makes of a batch, by name, B x H x W x C in 0..1."""
        tensors = {name: ops.convert_to_tensor(array) for name, array in batch.items()}
        pictures = self.objective.pictures(self(tensors, training=False), tensors)
        return {name: ops.convert_to_numpy(picture) for name, picture in pictures.items()}


class Average:
    """The running average of a network's weights, better than the weights themselves.

    Args:
        network: Whose weights.
        momentum: Of the average, a step; 0 for the weights themselves.
    """

    def __init__(self, network: keras.Model, momentum: float) -> None:
        self._variables = network.trainable_variables
        self._momentum = momentum**AVERAGE_EVERY
        self.restart()

    def restart(self) -> None:
        """Start from the weights as they are."""
        self.values = [_value(v) for v in self._variables]

    def update(self, step: int) -> None:
        """To be called after every step."""
        if step % AVERAGE_EVERY == 0:
            momentum = min(self._momentum, step / (step + 10 * AVERAGE_EVERY))  # quick at first
            self.values = [
                average + (1 - momentum) * (_value(variable) - average)
                for average, variable in zip(self.values, self._variables, strict=True)
            ]

    def save(self, network: keras.Model, path: Path) -> None:
        """Write the network with averaged weights.

        Raises:
            OSError: See save_weights.
        """
        current = [ops.convert_to_numpy(v).copy() for v in self._variables]
        averages = self.values if self._momentum else current
        try:
            for variable, value in zip(self._variables, averages, strict=True):
                variable.assign(value)
            save_weights(network, path)
        finally:
            for variable, value in zip(self._variables, current, strict=True):
                variable.assign(value)


def _value(variable: Any) -> Any:
    """A variable's value now; the variable may change without it."""
    return ops.stop_gradient(ops.copy(variable))
