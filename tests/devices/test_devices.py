"""The tests of inside.py, run in a virtual machine with a real webcam and a real virtual camera."""

from __future__ import annotations

import ast
import os
import sys
from pathlib import Path
from xml.etree import ElementTree

import pytest

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
INSIDE = HERE / "inside.py"
TESTS = [
    node.name
    for node in ast.parse(INSIDE.read_text(encoding="utf-8")).body
    if isinstance(node, ast.FunctionDef) and node.name.startswith("test_")
]
_LIMIT_S = 1500

pytestmark = [pytest.mark.devices, pytest.mark.timeout(_LIMIT_S + 100)]


@pytest.fixture(scope="session")
def outcomes(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """What went wrong in the machine, by the name of the test; nothing for those that passed."""
    from devices import machine

    try:
        machine.prepare()
    except machine.Unavailable as reason:
        pytest.skip(str(reason))
    out = tmp_path_factory.mktemp("machine")
    write_brightness_network(out / "brightness.xml")
    code = machine.run(_pytest_inside(), out, _LIMIT_S)
    results = out / "r.xml"
    assert results.is_file(), f"the machine gave no results; exit code {code}"
    told: dict[str, str] = {}
    for case in ElementTree.parse(results).iter("testcase"):
        name = case.attrib["name"].partition("[")[0]
        for trouble in (*case.iter("failure"), *case.iter("error"), *case.iter("skipped")):
            told[name] = f"{told.get(name, '')}{case.attrib['name']}:\n{trouble.text}\n"
        told.setdefault(name, "")
    return told


def _pytest_inside() -> list[str]:
    # Plugins that happen to be installed would take half a minute to import in there.
    start = ["env", "PYTEST_DISABLE_PLUGIN_AUTOLOAD=1", sys.executable, "-m", "pytest"]
    plugins = ["-p", "pytest_timeout", "-p", "no:cacheprovider"]
    chosen = ["-m", "devices", "-k", os.environ.get("STREAMDEFOCUS_INSIDE", "")]
    report = ["-v", "--color=no", "--durations=5", "--junitxml=/out/r.xml"]
    return [*start, str(INSIDE), f"--rootdir={ROOT}", *plugins, *chosen, *report]


@pytest.mark.parametrize("name", TESTS)
def test_on_real_devices(name: str, outcomes: dict[str, str]) -> None:
    if name not in outcomes:
        pytest.skip("not chosen by STREAMDEFOCUS_INSIDE")
    assert not outcomes[name], outcomes[name]


def write_brightness_network(path: Path) -> None:
    """A depth network that is quick even in emulation: what is bright is near."""
    import openvino
    from openvino import opset13 as op

    picture = op.parameter([1, -1, -1, 3], openvino.Type.f32)
    grey = op.reduce_mean(picture, op.constant([3]), keep_dims=True)
    disparity = op.multiply(grey, op.constant(0.3, openvino.Type.f32))
    openvino.save_model(openvino.Model([disparity], [picture], "brightness"), path)
