"""The package as it is installed and imported."""

from __future__ import annotations

import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
HEAVY = ("tensorflow", "keras", "cv2", "numpy", "openvino", "av", "PIL", "rich")


def python(code: str, **environment: str) -> str:
    """Run code in a fresh interpreter and return what it printed."""
    done = subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, **environment},
        cwd=environment.get("HOME", ROOT),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def imported_by(code: str) -> set[str]:
    out = python(f"{code}\nimport sys; print(*[m for m in {HEAVY!r} if m in sys.modules])")
    return set(out.split("\n")[-2].split())


def test_help_imports_nothing_heavy() -> None:
    assert imported_by("from streamdefocus.cli.main import run; run(['--help'])") == set()


@pytest.mark.parametrize("command", ["video", "photo"])
def test_the_help_of_a_command_imports_neither_tensorflow_nor_engines(command: str) -> None:
    code = f"from streamdefocus.cli.main import run; run(['{command}', '--help'])"
    assert not imported_by(code) & {"tensorflow", "keras", "openvino"}


def test_the_cpu_engine_never_imports_tensorflow() -> None:
    code = """
import numpy as np
from streamdefocus.config import Config
from streamdefocus.frames import Frame
from streamdefocus.pipeline import Defocuser
with Defocuser(Config(depth={"engine": "openvino"})) as defocuser:
    defocuser.render(defocuser.look(Frame(np.zeros((72, 128, 3), np.uint8))))
"""
    assert not imported_by(code) & {"tensorflow", "keras"}


def test_the_cpu_engine_does_not_phone_home() -> None:
    code = """
import sys
from streamdefocus.depth.engines.openvino import import_openvino
import_openvino()
print(sys.modules["openvino_telemetry"])
"""
    assert python(code).strip() == "None"


def test_a_wheel_carries_models_and_configurations(tmp_path: Path) -> None:
    builders = pytest.importorskip("hatchling.builders.wheel")
    wheel = next(iter(builders.WheelBuilder(str(ROOT)).build(directory=str(tmp_path))))
    installed = tmp_path / "installed"
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(installed)
    code = """
import streamdefocus
from pathlib import Path
from streamdefocus.config import load_config
from streamdefocus.depth.weights import find_model
load_config(Path("cinematic"))
print(streamdefocus.__file__)
print(find_model("compact").verified("openvino"))
"""
    lines = python(code, PYTHONPATH=str(installed), HOME=str(tmp_path)).splitlines()
    assert all(line.startswith(str(installed)) for line in lines), lines


def test_the_public_names() -> None:
    import streamdefocus

    assert sorted(streamdefocus.__all__) == [
        "Config",
        "Defocuser",
        "DisparityMap",
        "FocusPlane",
        "Frame",
        "LivePipeline",
        "Photo",
        "PhotoResult",
        "Pipeline",
        "Shot",
        "StreamDefocusError",
        "View",
        "__version__",
        "defocus_photo",
        "load_config",
        "open_engine",
        "open_sink",
        "open_source",
        "read_photo",
    ]
    for name in streamdefocus.__all__:
        assert getattr(streamdefocus, name) is not None
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        _ = streamdefocus.nothing  # type: ignore[attr-defined]


def test_importing_the_package_imports_nothing_heavy() -> None:
    assert imported_by("import streamdefocus") == set()
