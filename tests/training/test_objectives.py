import os
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("tensorflow")

import keras
import tensorflow as tf
from keras import ops
from training.objective_gradients import OBJECTIVES, results

from streamdefocus.depth.network import MAX_DISPARITY, build_network
from streamdefocus.training.config import (
    Deep3DObjectiveOptions,
    LabelObjectiveOptions,
    StereoObjectiveOptions,
    TrainOptions,
)
from streamdefocus.training.losses.consistency import left_right_consistency
from streamdefocus.training.losses.photometric import appearance
from streamdefocus.training.losses.sampling import left_from_right, right_from_left
from streamdefocus.training.losses.smoothness import edge_aware_smoothness
from streamdefocus.training.objectives import (
    Deep3DObjective,
    LabelObjective,
    StereoObjective,
    open_objective,
)
from streamdefocus.training.objectives.labels import shrink

TESTS = Path(__file__).resolve().parents[1]
HEIGHT, WIDTH = 32, 64
SCALES = 2  # as many as tell scales apart: compiling is the slow part


@pytest.fixture(scope="module")
def inputs():
    """A batch of two, and outputs for it at the finest scales."""
    rng = np.random.default_rng(0)
    shape = (2, HEIGHT, WIDTH)
    arrays = {n: rng.integers(0, 256, (*shape, 3)).astype(np.uint8) for n in ("image", "left")}
    arrays["right"] = np.roll(arrays["left"], -5, axis=2)
    arrays["target"] = rng.random((*shape, 1), dtype=np.float32)
    arrays["target"][:, :4, :16] = -1
    for i in range(SCALES):
        scaled = (2, HEIGHT >> i, WIDTH >> i)
        arrays[f"disparity{i}"] = MAX_DISPARITY * rng.random((*scaled, 2), dtype=np.float32)
        logits = np.exp(3 * rng.random((*scaled, 7), dtype=np.float32))
        arrays[f"distribution{i}"] = logits / logits.sum(-1, keepdims=True)
    return arrays


@pytest.fixture(scope="module")
def reference(inputs):
    return results(inputs)


@pytest.fixture
def batch(inputs):
    return {n: ops.convert_to_tensor(inputs[n]) for n in ("image", "target", "left", "right")}


@pytest.fixture
def outputs(inputs):
    def of(name):
        kind = "distribution" if name.startswith("deep3d") else "disparity"
        return [ops.convert_to_tensor(inputs[f"{kind}{i}"]) for i in range(SCALES)]

    return of


@pytest.mark.parametrize("name", OBJECTIVES)
def test_the_loss_is_the_sum_of_its_parts(name, batch, outputs):
    objective = OBJECTIVES[name]
    found = {k: float(v) for k, v in objective(outputs(name), batch).items()}
    assert set(found) == {"loss", *objective.parts}
    assert found["loss"] == pytest.approx(sum(found[p] for p in objective.parts), rel=1e-6)
    assert all(found[p] > 0 for p in objective.parts)


@pytest.mark.parametrize("name", OBJECTIVES)
def test_pictures_are_in_0_to_1_and_as_large_as_the_batch(name, batch, outputs):
    for picture in OBJECTIVES[name].pictures(outputs(name), batch).values():
        found = np.asarray(picture)
        assert found.dtype == np.float32 and found.shape[:3] == (2, HEIGHT, WIDTH)
        assert found.shape[3] in (1, 3) and found.min() >= 0 and found.max() <= 1


@pytest.mark.parametrize("name", ["stereo", "deep3d"])
def test_small_disparities_are_shown_as_well_as_large_ones(name, batch, outputs):
    shown = np.asarray(OBJECTIVES[name].pictures(outputs(name), batch)["disparity_left"])
    assert shown.max(axis=(1, 2, 3)) == pytest.approx(1)
    assert shown.std() > 0


def test_the_papers_loss_is_equation_1_at_every_scale(inputs, batch, outputs):
    expected = 0.0
    left, right = (inputs[n].astype(np.float32) / 255 for n in ("left", "right"))
    for scale, output in enumerate(outputs("stereo")):
        of_left, of_right = output[..., :1], output[..., 1:]
        expected += float(appearance(left, left_from_right(right, of_left)))
        expected += float(appearance(right, right_from_left(left, of_right)))
        expected += 0.1 / 2**scale * float(edge_aware_smoothness(of_left, left))
        expected += 0.1 / 2**scale * float(edge_aware_smoothness(of_right, right))
        expected += float(left_right_consistency(of_left, of_right))
        left, right = (
            v.reshape(2, v.shape[1] // 2, 2, v.shape[2] // 2, 2, 3).mean((2, 4))
            for v in (left, right)
        )
    found = float(StereoObjective()(outputs("stereo"), batch)["loss"])
    assert found == pytest.approx(expected, rel=1e-4)


def test_no_lr_learns_the_left_disparity_alone(reference, batch, outputs):
    for i in range(SCALES):
        gradient = reference[f"no lr {i}"]
        assert np.abs(gradient[..., 0]).max() > 0 and (gradient[..., 1] == 0).all()
    one_channel = [output[..., :1] for output in outputs("no lr")]
    no_lr = StereoObjective(consistency=0)
    found = float(no_lr(one_channel, batch)["loss"])
    assert found == pytest.approx(float(reference["no lr"]), rel=1e-5)
    assert "consistency" not in no_lr.parts


def test_deep3d_without_its_terms_is_appearance_alone(batch, outputs):
    objective = Deep3DObjective(concentration=0, smoothness=0)
    found = objective(outputs("deep3d"), batch)
    assert set(found) == {"loss", "appearance"}


def test_a_stereo_network_sees_the_left_view_before_the_right(inputs, batch):
    one = np.asarray(StereoObjective().inputs(batch))
    both = np.asarray(StereoObjective(both_views=True).inputs(batch))
    np.testing.assert_allclose(one, inputs["left"] / np.float32(255), rtol=1e-6)
    np.testing.assert_array_equal(both[..., :3], one)
    np.testing.assert_allclose(both[..., 3:], inputs["right"] / np.float32(255), rtol=1e-6)


def test_labels_are_shrunk_over_known_pixels():
    targets = np.arange(16, dtype=np.float32).reshape(1, 4, 4, 1)
    known = np.ones_like(targets)
    known[0, 0, 0] = 0
    mean, mask = shrink(ops.array(targets), ops.array(known), 2)
    assert np.asarray(mask)[0, :, :, 0].tolist() == [[0, 1], [1, 1]]
    assert np.asarray(mean)[0, 0, 1, 0] == pytest.approx((2 + 3 + 6 + 7) / 4)


@pytest.mark.parametrize(
    ("table", "kind"),
    [
        (LabelObjectiveOptions(), LabelObjective),
        (StereoObjectiveOptions(kind="stereo"), StereoObjective),
        (Deep3DObjectiveOptions(kind="deep3d"), Deep3DObjective),
    ],
)
def test_a_configuration_opens_its_objective(table, kind, batch):
    options = TrainOptions.model_construct(
        objective=table, network=TrainOptions.model_fields["network"].annotation(encoder="vgg")
    )
    objective = open_objective(options)
    assert isinstance(objective, kind)
    assert objective.inputs(batch).shape[-1] == 3


@pytest.mark.timeout(300)  # JAX compiles for 15 s of a core
@pytest.mark.parametrize("backend", ["jax", "torch"])
def test_every_backend_finds_the_same_losses_and_gradients(backend, inputs, reference, tmp_path):
    if find_spec(backend) is None:
        pytest.skip(f"{backend} is not installed; pip install {backend}")
    np.savez(tmp_path / "inputs.npz", **inputs)
    paths = os.pathsep.join(filter(None, (str(TESTS), os.environ.get("PYTHONPATH"))))
    subprocess.run(
        [
            sys.executable,
            TESTS / "training" / "objective_gradients.py",
            tmp_path / "inputs.npz",
            tmp_path / "results.npz",
        ],
        env={**os.environ, "KERAS_BACKEND": backend, "PYTHONPATH": paths},
        check=True,
    )
    with np.load(tmp_path / "results.npz") as file:
        found = dict(file)
    assert found.keys() == reference.keys()
    for name, value in reference.items():
        difference = np.abs(found[name] - value)
        # The pixel that is itself the limit of trimming may fall on either side of it by rounding.
        assert np.quantile(difference, 0.999) <= 1e-5 + 1e-3 * np.abs(value).max(), name
        assert difference.max() <= 0.1 * np.abs(value).max(), name


@pytest.mark.parametrize("policy", ["float32", "mixed_bfloat16", "mixed_float16"])
@pytest.mark.parametrize("name", ["stereo", "deep3ds"])
def test_a_step_of_any_precision_is_finite_and_lowers_the_loss(policy, name, batch):
    previous = keras.config.dtype_policy()
    keras.config.set_dtype_policy(policy)
    try:
        head = "deep3d" if name == "deep3ds" else "disparity"
        channels = 8 if name == "deep3ds" else 2
        keras.utils.set_random_seed(0)
        network = build_network(
            "compact", width=0.1, height=64, width_px=64, head=head, disparities=channels
        )
    finally:
        keras.config.set_dtype_policy(previous)
    batch = {n: ops.repeat(v, 2, axis=1) for n, v in batch.items()}  # 64 x 64
    objective = OBJECTIVES[name]
    optimiser = keras.optimizers.Adam(1e-3)
    if policy == "mixed_float16":
        optimiser = keras.optimizers.LossScaleOptimizer(optimiser, initial_scale=2.0**10)
    losses = []
    for _ in range(4):
        with tf.GradientTape() as tape:
            outputs = network(objective.inputs(batch), training=True)
            loss = objective(outputs, batch)["loss"]
            scaled = optimiser.scale_loss(loss)
        gradients = tape.gradient(scaled, network.trainable_variables)
        assert all(np.isfinite(g.numpy()).all() for g in gradients)
        optimiser.apply_gradients(zip(gradients, network.trainable_variables, strict=True))
        assert loss.dtype == tf.float32
        losses.append(float(loss))
    assert losses[-1] < losses[0]
