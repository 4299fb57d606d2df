import keras
import numpy as np
import pytest

from streamdefocus.training.config import OptimiserOptions
from streamdefocus.training.optimisers import Muon, open_optimiser


def step_of(optimiser, shape, gradient):
    variable = keras.Variable(np.zeros(shape, np.float32))
    optimiser.build([variable])
    optimiser.apply([keras.ops.convert_to_tensor(gradient)], [variable])
    return keras.ops.convert_to_numpy(variable)


@pytest.mark.parametrize("shape", [(3, 3, 16, 32), (1, 1, 96, 8)])
def test_muon_moves_a_kernel_in_all_directions_alike(shape):
    rng = np.random.default_rng(0)
    matrix = rng.normal(size=(np.prod(shape[:3]), shape[3])) * np.geomspace(1, 20, shape[3])
    moved = step_of(Muon(0.01, weight_decay=0), shape, matrix.reshape(shape).astype(np.float32))
    moved = moved.reshape(matrix.shape)
    sizes = np.linalg.svd(moved, compute_uv=False) / (0.01 * 0.2 * max(matrix.shape) ** 0.5)
    assert sizes.min() > 0.6 and sizes.max() < 1.3
    left, _, right = np.linalg.svd(matrix, full_matrices=False)
    along = np.sum(-moved * (left @ right)) / np.linalg.norm(moved) / np.linalg.norm(left @ right)
    assert along > 0.95  # five iterations leave the sizes between 0.7 and 1.2


@pytest.mark.parametrize("shape", [(288, 32), (64, 64), (27, 48)])
def test_the_gram_matrix_gives_what_keras_iteration_gives(shape):
    rng = np.random.default_rng(0)
    scales = np.geomspace(1e-3, 1e-7, shape[1])
    matrix = keras.ops.convert_to_tensor((rng.normal(size=shape) * scales).astype(np.float32))
    optimiser = Muon(0.01)
    ours = optimiser.zeropower_via_newtonschulz5(matrix, 5)
    theirs = keras.optimizers.Muon.zeropower_via_newtonschulz5(optimiser, matrix, 5)
    np.testing.assert_allclose(ours, theirs, atol=2e-3)


@pytest.mark.parametrize("shape", [(32,), (3, 3, 16, 1)])
def test_muon_leaves_biases_and_outputs_to_adam(shape):
    gradient = np.random.default_rng(0).normal(size=shape).astype(np.float32)
    adam = step_of(keras.optimizers.Adam(0.01, epsilon=1e-7), shape, gradient)
    np.testing.assert_allclose(
        step_of(Muon(0.01, weight_decay=0), shape, gradient), adam, rtol=1e-4
    )


def test_options_choose_the_optimiser():
    assert type(open_optimiser(OptimiserOptions(steps=1))) is keras.optimizers.Adam
    muon = open_optimiser(OptimiserOptions(steps=1, kind="muon", clip_norm=0.5))
    assert isinstance(muon, Muon) and muon.global_clipnorm == 0.5
    assert muon.weight_decay == 0 and muon.adam_weight_decay == 0
