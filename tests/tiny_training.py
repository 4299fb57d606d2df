"""Training in seconds: a network of two layers, and stereo pairs of noise.

As a program, in a process of its own since a process has one Keras backend::

    KERAS_BACKEND=jax python tests/tiny_training.py resume|devices FOLDER

prints as JSON the losses of each run's steps.
"""

import csv
import json
import os
import sys
from functools import partial
from pathlib import Path

import numpy as np

from streamdefocus.depth import network
from streamdefocus.training.config import TrainOptions
from streamdefocus.training.trainer import fit


def build(encoder, width=1.0, height=None, width_px=None, disparities=2, norm=True, scales=4):
    """Outputs from two layers: graphs of real networks take long to trace."""
    import keras
    from keras import layers

    image = layers.Input((None, None, 3))
    x = layers.Conv2D(round(8 * width), 3, padding="same", activation="elu")(image)
    if norm:
        x = layers.BatchNormalization()(x)
    outputs = []
    for scale in range(scales):
        logits = layers.Conv2D(disparities, 1)(layers.AveragePooling2D(2**scale)(x))
        outputs.append(network.disparity(logits, f"disp{scale + 1}"))
    return keras.Model(image, outputs)


def options(**changes):
    return TrainOptions.model_validate(
        {
            "log_every": 1,
            "save_every": 2,
            "picture_every": 3,
            "network": {"encoder": "vgg"},
            "stereo": [{"kind": "rooms"}],
            "objective": {"kind": "stereo"},
            "batches": {"batch_size": 2, "large_batch_size": 2},
            "optimiser": {"steps": 5, "learning_rate": 1e-3, "ema": 0.9},
            **changes,
        }
    )


class Pairs:
    """Makes batch number k; damage, if given, is called with k first.

    The coarsest scale must have three rows: SSIM looks at 3x3 pixels.
    """

    skipped = 0
    batches_per_epoch = None

    def __init__(self, damage=None):
        self.damage = damage

    def __call__(self, k):
        if self.damage is not None:
            self.damage(k)
        rng = np.random.default_rng(k)
        left = rng.integers(0, 256, (2, 32, 64, 3), dtype=np.uint8)
        return {"left": left, "right": np.roll(left, -2, axis=2)}


def losses(folder):
    with (folder / "log.csv").open(encoding="utf-8") as file:
        return [float(row["loss"]) for row in csv.DictReader(file)]


class InterruptedRunError(Exception):
    pass


def interrupt_at(step):
    def damage(k):
        if k == step:
            raise InterruptedRunError

    return damage


def resume(folder):
    """Losses of a run, of one that was interrupted and resumed, and of the network before."""
    whole, parts = folder / "whole", folder / "parts"
    for path in (whole, parts):
        path.mkdir()
    fit(options(), Pairs(), whole)
    try:
        fit(options(), Pairs(interrupt_at(3)), parts)
    except InterruptedRunError:
        fit(options(), Pairs(), parts)
    return {
        "whole": losses(whole),
        "parts": losses(parts),
        "weights_differ_by": max(
            float(np.abs(one - other).max())
            for one, other in zip(saved(whole), saved(parts), strict=True)
        ),
    }


def saved(folder):
    with np.load(folder / "state.npz") as arrays:
        return [arrays[name] for name in sorted(arrays) if name.startswith("network")]


def devices(folder):
    """Losses with one device and with two."""
    found = {}
    for count in (1, 2):
        path = folder / str(count)
        path.mkdir()
        fit(options(), Pairs(), path, devices=count)
        found[str(count)] = losses(path)
    return found


def main():
    os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
    import keras

    from streamdefocus.training import run

    backend = keras.backend.backend()
    if backend == "tensorflow":
        import tensorflow as tf

        tf.config.experimental.enable_op_determinism()
        cpu = tf.config.list_physical_devices("CPU")[0]
        if sys.argv[1] == "devices":
            tf.config.set_logical_device_configuration(
                cpu, [tf.config.LogicalDeviceConfiguration()] * 2
            )
    task = {"resume": resume, "devices": devices}[sys.argv[1]]
    # Two scales: XLA is slow to compile the loss of each.
    run.build_network = partial(build, norm=sys.argv[1] != "devices", scales=2)
    print(json.dumps(task(Path(sys.argv[2]))))


if __name__ == "__main__":
    main()
