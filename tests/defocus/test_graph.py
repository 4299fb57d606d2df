"""The renderer for GPUs is the one for CPUs, within a bound, on every backend of Keras.

The bound: at least 48 dB between the two, no value differs by more than 10 levels, and at most one
in 500 by more than 4. Where a pixel's colour decides between two sides of an edge, rounding can
tip it over. (Measured on TensorFlow: 53 dB or more, no value differs by more than 4 levels.)
Compiling takes seconds a graph, so most of them run operation by operation here.
"""

from __future__ import annotations

import os
import subprocess
import sys
from functools import partial
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from streamdefocus.config import DefocusOptions
from streamdefocus.defocus import create_renderer
from streamdefocus.defocus.compiled import CompiledRenderer
from streamdefocus.defocus.graph import make_plan, render
from streamdefocus.defocus.grid import make_grid
from streamdefocus.evaluation.similarity import psnr
from streamdefocus.frames import BgrImage, DisparityMap, FocusPlane

LEAST_DB, WORST_LEVELS, MOST_LEVELS, OUTLIERS = 48.0, 10, 4, 1 / 500
FAR, MIDDLE, NEAR = 0.05, 0.15, 0.25
PATIENCE_S = 300

pytestmark = pytest.mark.timeout(300)


def scene(width: int, height: int) -> tuple[BgrImage, DisparityMap]:
    """A textured subject before a wall with lamps, and disparity as a network gives it."""
    rng = np.random.default_rng(0)
    wall = rng.integers(20, 200, (9, 16, 3), np.uint8)
    image = cv2.resize(wall, (width, height), interpolation=cv2.INTER_CUBIC)
    for x, y in rng.random((12, 2)) * (width, height):
        cv2.circle(image, (int(x), int(y)), max(height // 90, 1), (255, 255, 255), -1)
    box = np.s_[height // 3 :, width // 3 : 2 * width // 3]
    image[box] = image[box][::-1] // 2 + 60
    image = image + rng.integers(0, 20, image.shape, np.uint8)
    values = np.tile(np.linspace(FAR, MIDDLE, height, dtype=np.float32)[:, None], (1, width))
    values[box] = NEAR
    values = cv2.resize(values, (128, 64), interpolation=cv2.INTER_AREA)
    return image, DisparityMap(values, FAR, NEAR)


def assert_same(result: BgrImage, expected: BgrImage) -> None:
    assert psnr(result, expected) >= LEAST_DB
    difference = np.abs(result.astype(int) - expected)
    assert difference.max() <= WORST_LEVELS
    assert (difference > MOST_LEVELS).mean() <= OUTLIERS


def both(size: tuple[int, int], focus: float, **look: Any) -> tuple[BgrImage, BgrImage, BgrImage]:
    """The picture, and what the two renderers make of it."""
    options = DefocusOptions(**{"blur": 3.0, **look})
    image, disparity = scene(*size)
    plane = FocusPlane(focus, 0.01)
    by_graph = CompiledRenderer(options)
    result = by_graph.render(image, disparity, plane)
    assert not by_graph.failed
    return image, result, create_renderer(options).render(image, disparity, plane)


@pytest.fixture
def _eagerly(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("streamdefocus.defocus.compiled.compiled", lambda p: partial(render, p))


def test_the_compiled_graph_renders_the_same() -> None:
    _, result, expected = both((320, 180), MIDDLE)
    assert_same(result, expected)


@pytest.mark.usefixtures("_eagerly")
@pytest.mark.parametrize("focus", [FAR, MIDDLE, NEAR])
def test_the_graph_renders_what_the_renderer_for_cpus_does(focus: float) -> None:
    image, result, expected = both((640, 360), focus)
    assert result.dtype == np.uint8
    assert_same(result, expected)
    assert psnr(image, expected) < LEAST_DB - 10


@pytest.mark.usefixtures("_eagerly")
@pytest.mark.parametrize(
    ("size", "look"),
    [
        ((64, 48), {}),
        ((213, 120), {"aperture_shape": "hexagon"}),
        ((120, 213), {"highlights": 8.0}),
        ((641, 363), {"blur": 6.0}),
        ((360, 640), {"foreground_blur": False}),
        ((8, 8), {}),
    ],
    ids=str,
)
def test_any_size_and_look(size: tuple[int, int], look: dict[str, Any]) -> None:
    _, result, expected = both(size, MIDDLE, **look)
    assert_same(result, expected)


@pytest.mark.usefixtures("_eagerly")
def test_a_map_as_large_as_the_picture_is_trusted() -> None:
    image, disparity = scene(320, 180)
    exact = DisparityMap(cv2.resize(disparity.values, (320, 180)), FAR, NEAR)
    options = DefocusOptions(blur=3)
    assert_same(
        CompiledRenderer(options).render(image, exact, FocusPlane(NEAR)),
        create_renderer(options).render(image, exact, FocusPlane(NEAR)),
    )


def test_turning_the_blur_up_a_little_compiles_nothing() -> None:
    plans = [
        make_plan(make_grid((1280, 720), blur), (512, 256), DefocusOptions())[0]
        for blur in (22.5, 23.0, 23.5)
    ]
    assert plans[0] == plans[1] == plans[2]


def test_nothing_is_uploaded_when_all_is_sharp(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(CompiledRenderer, "_by_graph", None)
    image, disparity = scene(320, 180)
    sharp = CompiledRenderer(DefocusOptions(blur=0)).render(image, disparity, FocusPlane(NEAR))
    np.testing.assert_array_equal(sharp, image)


def test_the_cpu_takes_over_when_the_device_fails(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(*_: object) -> None:
        raise RuntimeError("out of memory")

    monkeypatch.setattr(CompiledRenderer, "_by_graph", fail)
    monkeypatch.setattr(CompiledRenderer, "failed", False)  # it is put back afterwards
    image, disparity = scene(320, 180)
    renderer, options = CompiledRenderer(DefocusOptions()), DefocusOptions()
    expected = create_renderer(options).render(image, disparity, FocusPlane(NEAR))
    for _ in range(2):
        result = renderer.render(image, disparity, FocusPlane(NEAR))
        np.testing.assert_array_equal(result, expected)
    assert renderer.failed
    assert CompiledRenderer(DefocusOptions(blur=3)).failed, "nobody tries again"
    assert [record.getMessage() for record in caplog.records] == [
        "rendering goes on without the GPU: out of memory"
    ]


def test_cats_eyes_are_refused() -> None:
    with pytest.raises(ValueError, match="cats_eye must be 0"):
        CompiledRenderer(DefocusOptions(cats_eye=0.5))


@pytest.mark.parametrize("backend", ["jax", "torch"])
def test_other_backends_agree(backend: str) -> None:
    pytest.importorskip(backend)
    program = (
        "from tests.defocus.test_graph import assert_same, both, MIDDLE\n"
        "_, result, expected = both((160, 90), MIDDLE)\n"
        "assert_same(result, expected)\n"
    )
    subprocess.run(
        [sys.executable, "-c", program],
        env={**os.environ, "KERAS_BACKEND": backend, "OMP_NUM_THREADS": "2"},
        cwd=Path(__file__).parents[2],
        timeout=PATIENCE_S,
        check=True,
    )
