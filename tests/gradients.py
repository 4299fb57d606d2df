"""Values and gradients of functions of tensors, compiled, on whichever backend Keras runs.

And gradients of plain NumPy functions, to hold them against.
"""

import keras
import numpy as np
from keras import ops


def values_and_gradients(function, *arrays):
    """A scalar function's value at float32 arrays, and its gradient for each of them."""
    backend = keras.backend.backend()
    if backend == "tensorflow":
        return _on_tensorflow(function, arrays)
    if backend == "jax":
        return _on_jax(function, arrays)
    return _on_torch(function, arrays)


def _on_tensorflow(function, arrays):
    import tensorflow as tf

    open_sizes = [tf.TensorSpec((None, None, None, a.shape[-1]), tf.float32) for a in arrays]

    @tf.function(input_signature=open_sizes)  # sizes unknown to the graph, as in training
    def run(*tensors):
        with tf.GradientTape() as tape:
            for tensor in tensors:
                tape.watch(tensor)
            value = function(*tensors)
        return value, tape.gradient(value, tensors, unconnected_gradients="zero")

    value, gradients = run(*map(tf.constant, arrays))
    return float(value), [g.numpy() for g in gradients]


def _on_jax(function, arrays):
    import jax

    numbers = tuple(range(len(arrays)))
    value, gradients = jax.jit(jax.value_and_grad(function, numbers))(*map(ops.array, arrays))
    return float(value), [np.asarray(g) for g in gradients]


def _on_torch(function, arrays):
    import torch

    tensors = [torch.tensor(a, requires_grad=True) for a in arrays]
    value = function(*tensors)
    gradients = torch.autograd.grad(value, tensors, allow_unused=True, materialize_grads=True)
    return float(value), [g.numpy() for g in gradients]


def differences(function, arrays, index=0, step=1e-6):
    """The gradient for one of the arrays, by central differences in float64."""
    arrays = [a.astype(np.float64) for a in arrays]
    gradient = np.zeros_like(arrays[index])
    for i in np.ndindex(gradient.shape):
        at = arrays[index][i]
        sides = []
        for sign in (1, -1):
            arrays[index][i] = at + sign * step
            sides.append(function(*arrays))
        arrays[index][i] = at
        gradient[i] = (sides[0] - sides[1]) / (2 * step)
    return gradient
