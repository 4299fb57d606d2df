"""The same training on every Keras backend, each in a process of its own."""

import json
import os
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest

PROGRAM = Path(__file__).resolve().parents[1] / "tiny_training.py"
BACKENDS = ("tensorflow", "jax", "torch")


pytestmark = pytest.mark.timeout(600)  # compilers of three backends


def run(backend, task, folder, **environment):
    if find_spec(backend) is None:
        pytest.skip(f"{backend} is not installed")
    found = subprocess.run(
        [sys.executable, str(PROGRAM), task, str(folder)],
        env=os.environ | {"KERAS_BACKEND": backend} | environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert found.returncode == 0, found.stderr[-3000:]
    return json.loads(found.stdout.splitlines()[-1])


@pytest.mark.parametrize("backend", BACKENDS)
def test_an_interrupted_run_goes_on_with_the_very_same_losses(backend, tmp_path):
    found = run(backend, "resume", tmp_path)
    assert len(found["whole"]) == 5 and found["whole"][0] != found["whole"][-1]
    assert found["parts"] == found["whole"]
    assert found["weights_differ_by"] < 1e-6


@pytest.mark.parametrize("backend", ["tensorflow", "jax"])
def test_two_devices_learn_as_one(backend, tmp_path):
    flags = {"XLA_FLAGS": "--xla_force_host_platform_device_count=2"} if backend == "jax" else {}
    found = run(backend, "devices", tmp_path, **flags)
    np.testing.assert_allclose(found["2"], found["1"], rtol=1e-4)
