"""The devices that share each batch: one, or several through TensorFlow's or Keras' distribution.

TensorFlow: ``tf.distribute.MirroredStrategy``. JAX: ``keras.distribution.DataParallel``. On PyTorch
Keras has none, so it trains on one device.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import Any

import numpy as np

from streamdefocus.errors import ConfigError, EngineError
from streamdefocus.training.batches import Batch


class Devices:
    """One device.

    Attributes:
        count: How many share a batch.
        summed_gradients: How many gradients are added up to that of a batch; each is of a loss
            that was divided by this.
    """

    count = 1
    summed_gradients = 1

    def scope(self) -> AbstractContextManager[Any]:
        """Where variables are made."""
        return nullcontext()

    def share(self, batch: Batch) -> Any:
        """A batch as tensors, split among the devices."""
        from keras import ops

        return {name: ops.convert_to_tensor(array) for name, array in batch.items()}

    def check(self, batch_size: int) -> None:
        """See that a batch can be split.

        Raises:
            ConfigError: It cannot.
        """
        if batch_size % self.count:
            raise ConfigError(
                f"a batch must be a multiple of the {self.count} devices. Received: a batch of "
                f"{batch_size}; change [batches], or give --devices 1"
            )


class MirroredDevices(Devices):
    """Several devices, each with a copy of the weights (TensorFlow)."""

    def __init__(self, names: list[str]) -> None:
        import tensorflow as tf

        self._strategy = tf.distribute.MirroredStrategy(names)
        self.count = self.summed_gradients = len(names)

    def scope(self) -> AbstractContextManager[Any]:
        """See Devices."""
        return self._strategy.scope()

    def share(self, batch: Batch) -> Any:
        """See Devices."""
        import tensorflow as tf

        def split(array: Any) -> Any:
            parts = np.split(array, self.count)
            return self._strategy.experimental_distribute_values_from_function(
                lambda context: tf.convert_to_tensor(parts[context.replica_id_in_sync_group])
            )

        return {name: split(array) for name, array in batch.items()}


class ShardedDevices(Devices):
    """Several devices that Keras splits arrays among (JAX)."""

    def __init__(self, names: list[str]) -> None:
        self._names = names
        self.count = len(names)

    @contextmanager
    def scope(self) -> Iterator[None]:
        """See Devices."""
        from keras import distribution

        previous = distribution.distribution()
        distribution.set_distribution(distribution.DataParallel(devices=self._names))
        try:
            yield
        finally:
            distribution.set_distribution(previous)

    def share(self, batch: Batch) -> Any:
        """See Devices: Keras splits NumPy's arrays itself."""
        return dict(batch)


def open_devices(count: int | None = None) -> Devices:
    """Devices of the backend that Keras runs on.

    Args:
        count: How many; None for every GPU, or one CPU.

    Raises:
        EngineError: There are not as many.
    """
    import keras

    backend = keras.backend.backend()
    if backend == "torch":
        names = ["cpu or cuda:0"]
    elif backend == "jax":
        names = keras.distribution.list_devices()
    else:
        names = _tensorflow_devices()
    on_cpu = "cpu" in names[0].lower()
    wanted = (1 if on_cpu else len(names)) if count is None else count
    if wanted > len(names):
        raise EngineError(
            f"--devices {wanted}: the backend {backend} can use {len(names)} here "
            f"({', '.join(names)}); give fewer"
        )
    if wanted == 1:
        return Devices()
    several = ShardedDevices if backend == "jax" else MirroredDevices
    return several(names[:wanted])


def _tensorflow_devices() -> list[str]:
    import tensorflow as tf

    devices = tf.config.list_logical_devices("GPU") or tf.config.list_logical_devices("CPU")
    return [device.name for device in devices]
