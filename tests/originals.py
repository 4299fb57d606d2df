"""Checkpoints as the original implementation writes them, and its networks computed from them.

Names and shapes are those of notes on the released files; nothing here knows of our networks.
"""

from __future__ import annotations

import zipfile
from itertools import pairwise
from pathlib import Path

import numpy as np
import tensorflow as tf

Arrays = dict[str, np.ndarray]

VGG = ((32, 7), (64, 5), (128, 3), (256, 3), (512, 3), (512, 3), (512, 3))
STAGES = ((64, 3), (128, 4), (256, 6), (512, 3))
UPCONVS = (512, 512, 256, 128, 64, 32, 16)


def scaled(channels: int, width: float) -> int:
    return max(1, round(channels * width))


def vgg_shapes(width: float, views: int) -> list[tuple[int, ...]]:
    channels = [3 * views, *(scaled(c, width) for c, _ in VGG)]
    shapes: list[tuple[int, ...]] = []
    for (before, after), (_, kernel) in zip(pairwise(channels), VGG, strict=True):
        shapes += [(kernel, kernel, before, after), (kernel, kernel, after, after)]
    return shapes


def resnet_shapes(width: float, views: int) -> list[tuple[int, ...]]:
    before = scaled(64, width)
    shapes: list[tuple[int, ...]] = [(7, 7, 3 * views, before)]
    for channels, blocks in STAGES:
        inner = scaled(channels, width)
        for _ in range(blocks):
            shapes += [
                (1, 1, before, inner),
                (3, 3, inner, inner),
                (1, 1, inner, 4 * inner),
                (1, 1, before, 4 * inner),
            ]
            before = 4 * inner
    return shapes


def decoder_shapes(encoder: str, width: float) -> list[tuple[int, ...]]:
    if encoder == "vgg":
        skips = [scaled(c, width) for c, _ in VGG][::-1]
        ups = UPCONVS
    else:
        first = scaled(64, width)
        skips = [*(4 * scaled(c, width) for c, _ in STAGES[::-1]), first, first]
        ups = UPCONVS[1:]
    before, shapes = skips[0], []
    for i, up in enumerate(ups):
        channels, level = scaled(up, width), len(ups) - i
        skip = skips[i + 1] if i + 1 < len(skips) else 0
        coarser = 2 if level <= 3 else 0
        shapes += [(3, 3, before, channels), (3, 3, channels + skip + coarser, channels)]
        if level <= 4:
            shapes.append((3, 3, channels, 2))
        before = channels
    return shapes


def make(encoder: str, width: float = 1.0, views: int = 1, seed: int = 0) -> Arrays:
    """Random weights by the names of a checkpoint's variables."""
    rng = np.random.default_rng(seed)
    encoding = vgg_shapes if encoder == "vgg" else resnet_shapes
    arrays: Arrays = {}
    for part, shapes in (
        ("encoder", encoding(width, views)),
        ("decoder", decoder_shapes(encoder, width)),
    ):
        for number, shape in enumerate(shapes):
            scope = f"model/{part}/Conv" + (f"_{number}" if number else "")
            kernel = rng.standard_normal(shape, np.float32)
            arrays[f"{scope}/weights"] = kernel / np.float32(np.sqrt(np.prod(shape[:3])))
            arrays[f"{scope}/biases"] = 0.1 * rng.standard_normal(shape[-1], np.float32)
    return arrays


def save(arrays: Arrays, prefix: Path, *, training: bool = False) -> Path:
    """Write with TensorFlow 1's saver; with Adam's moments and the step as after training."""
    prefix.parent.mkdir(parents=True, exist_ok=True)
    if training:
        moments = {
            f"{name}/{slot}": np.ones_like(value)
            for name, value in arrays.items()
            for slot in ("Adam", "Adam_1")
        }
        steps = {"global_step": np.int32(7), "beta1_power": np.float32(0.5)}
        arrays = {**arrays, **moments, **steps}
    v1 = tf.compat.v1
    with tf.Graph().as_default(), v1.Session() as session:
        held = {}
        for name, value in arrays.items():
            place = v1.placeholder(value.dtype, value.shape)
            held[v1.Variable(place, name=name, use_resource=False)] = (place, value)
        for variable, (place, value) in held.items():
            session.run(variable.initializer, {place: value})
        v1.train.Saver(list(held)).save(session, str(prefix), write_meta_graph=False)
    return prefix


def pack(folder: Path, archive: Path, inside: str = "") -> Path:
    """A zip of a folder's files, in a folder ``inside`` it."""
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as packed:
        for file in sorted(folder.iterdir()):
            packed.write(file, f"{inside}{file.name}")
    return archive


class Original:
    """The original network, computed with plain TensorFlow operations.

    Args:
        arrays: Of ``make``.
    """

    def __init__(self, arrays: Arrays) -> None:
        self._arrays = arrays
        self._made = {"encoder": 0, "decoder": 0}

    def __call__(self, image: np.ndarray) -> list[np.ndarray]:
        """B x H x W x C to disparities of both views, finest first."""
        is_vgg = "model/encoder/Conv_14/weights" not in self._arrays
        skips = self._vgg(image) if is_vgg else self._resnet(image)
        x, outputs, coarser = skips.pop(), [], None
        while True:
            x = self._conv(double(x), "decoder")
            parts = [x] + ([skips.pop()] if skips else [])
            parts += [double(coarser)] if coarser is not None else []
            finest = len(parts) < 3 and coarser is not None
            x = self._conv(np.concatenate(parts, axis=-1), "decoder")
            if x.shape[1] >= image.shape[1] // 8:
                coarser = 0.3 / (1 + np.exp(-self._conv(x, "decoder", act=False)))
                outputs.insert(0, coarser)
            if finest:
                return outputs

    def _vgg(self, x: np.ndarray) -> list[np.ndarray]:
        features = []
        for _ in VGG:
            x = self._conv(self._conv(x), stride=2)
            features.append(x)
        return features

    def _resnet(self, x: np.ndarray) -> list[np.ndarray]:
        x = self._conv(x, stride=2)
        features = [x]
        x = tf.nn.max_pool2d(padded(x, 1), 3, 2, "VALID").numpy()
        features.append(x)
        for _, blocks in STAGES:
            for block in range(blocks):
                stride = 2 if block == blocks - 1 else 1
                inner = self._conv(self._conv(x), stride=stride)
                inner = self._conv(inner, act=False)
                shortcut = self._conv(x, stride=stride, act=False)
                x = tf.nn.elu(inner + shortcut).numpy()
            features.append(x)
        return features

    def _conv(
        self, x: np.ndarray, part: str = "encoder", stride: int = 1, act: bool = True
    ) -> np.ndarray:
        number = self._made[part]
        self._made[part] += 1
        scope = f"model/{part}/Conv" + (f"_{number}" if number else "")
        kernel = self._arrays[f"{scope}/weights"]
        x = padded(x, (kernel.shape[0] - 1) // 2)
        x = tf.nn.conv2d(x, kernel, stride, "VALID") + self._arrays[f"{scope}/biases"]
        return (tf.nn.elu(x) if act else x).numpy()


def padded(x: np.ndarray, margin: int) -> np.ndarray:
    return np.pad(x, ((0, 0), (margin, margin), (margin, margin), (0, 0)))


def double(x: np.ndarray) -> np.ndarray:
    return x.repeat(2, axis=1).repeat(2, axis=2)
