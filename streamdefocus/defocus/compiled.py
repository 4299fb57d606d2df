"""The fast renderer on a GPU: the picture goes up, the result comes down, all between is one graph.

It has been compared with the renderer for CPUs on CPUs, on TensorFlow, JAX and PyTorch, and has
never run on a GPU yet.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from functools import lru_cache, partial
from typing import Any

import keras
import numpy as np

from streamdefocus.config import DefocusOptions
from streamdefocus.defocus import graph
from streamdefocus.defocus.grid import Grid
from streamdefocus.defocus.layered import LayeredRenderer
from streamdefocus.frames import BgrImage, FloatMap

_log = logging.getLogger(__name__)


class CompiledRenderer(LayeredRenderer):
    """Renders as ``LayeredRenderer`` does, by a graph that is compiled for the device of Keras.

    A picture of 1280x720 and its radii are 3.3 MB up, the result 2.8 MB down. A graph is compiled
    for each ``graph.Plan``, which takes seconds. Should the device fail, the CPU takes over for
    good, for every renderer of the program.

    The network has a graph of its own. Were the two one, the picture would not go up once more as
    the network sees it, 0.4 of 7.0 MB a frame (with the 0.5 MB of disparity that comes down between
    them). But smoothing over time needs that small picture on the CPU as well, and estimator,
    pipeline and renderer would have to hand around a picture that lives on the device.

    Args:
        options: As for ``LayeredRenderer``; ``cats_eye`` must be 0, cat's eyes are not in the
            graph.
    """

    failed = False

    def __init__(self, options: DefocusOptions) -> None:
        if options.cats_eye:
            raise ValueError(f"cats_eye must be 0 in a graph. Received: {options.cats_eye}")
        super().__init__(options)
        self._prepared: tuple[tuple[Any, ...], graph.Plan, graph.Tables] | None = None

    def _through_lens(
        self, bgr: BgrImage, radius: FloatMap, reach: tuple[float, float], grid: Grid
    ) -> BgrImage:
        if not self.failed:
            try:
                return self._by_graph(bgr, radius, grid)
            except Exception as error:  # drivers fail in more ways than can be named
                CompiledRenderer.failed = True
                _log.warning("rendering goes on without the GPU: %s", str(error).splitlines()[0])
        return super()._through_lens(bgr, radius, reach, grid)

    def _by_graph(self, bgr: BgrImage, radius: FloatMap, grid: Grid) -> BgrImage:
        key = (grid, radius.shape)
        if self._prepared is None or self._prepared[0] != key:
            plan, tables = graph.make_plan(grid, radius.shape[::-1], self._options)
            tables = {name: keras.ops.convert_to_tensor(table) for name, table in tables.items()}
            self._prepared = key, plan, tables
        _, plan, tables = self._prepared
        result = compiled(plan)(np.ascontiguousarray(bgr), radius, tables)
        return np.array(keras.ops.convert_to_numpy(result))


@lru_cache(maxsize=8)
def compiled(plan: graph.Plan) -> Callable[[Any, Any, graph.Tables], Any]:
    """The graph of a plan: (H x W x 3 uint8, h x w float32, tables) -> H x W x 3 uint8."""
    render = partial(graph.render, plan)
    if keras.backend.backend() == "tensorflow":
        import tensorflow as tf

        return tf.function(render, jit_compile=True)
    if keras.backend.backend() == "jax":
        import jax

        return jax.jit(render)
    import torch

    return torch.no_grad()(
        lambda bgr, radius, tables: render(
            keras.ops.convert_to_tensor(bgr), keras.ops.convert_to_tensor(radius), tables
        )
    )
