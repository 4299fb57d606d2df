from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import psutil
import pytest
from click.testing import CliRunner, Result

from streamdefocus.cli import doctor as cli
from streamdefocus.doctor import Examination, Finding, examine, machine, media, speed
from streamdefocus.doctor import examination as examination_module
from streamdefocus.errors import EngineError, OutputError
from streamdefocus.sources.devices import CameraDevice, CameraFormat

ENGINE = Finding("engine openvino", "ok", "5 ms", facts={"ms": 5.0})
NO_CAMERA = Finding("camera", "missing", "no camera [1]", "plug one in; " + "x" * 100)
NO_ENCODER = Finding("encoder libx264", "missing", "no H.264", "pip install av", vital=True)


def run_on(monkeypatch: pytest.MonkeyPatch, *findings: Finding, args: list[str]) -> Result:
    monkeypatch.setattr(cli, "examine", lambda _thorough: Examination(findings))
    return CliRunner().invoke(cli.command, args, standalone_mode=False)


# --- the command


def test_table_fixes_and_verdict(monkeypatch: pytest.MonkeyPatch) -> None:
    result = run_on(monkeypatch, ENGINE, NO_CAMERA, args=[])
    assert result.return_value == 0
    assert "no camera [1]" in result.stdout
    assert f"  camera: {NO_CAMERA.fix}\n" in result.stdout, "a fix is one line that can be copied"
    assert "can defocus photos and videos" in result.stdout


@pytest.mark.parametrize(
    "findings", [(NO_CAMERA,), (ENGINE, NO_ENCODER), (Finding("engine keras", "ok", "there"),)]
)
def test_without_a_running_engine_or_something_vital_the_exit_code_is_1(
    findings: tuple[Finding, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    result = run_on(monkeypatch, *findings, args=[])
    assert result.return_value == 1
    assert "cannot yet defocus" in result.stdout


def test_json(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    path = tmp_path / "doctor.json"
    run_on(monkeypatch, ENGINE, NO_CAMERA, args=["--json", str(path)])
    report = json.loads(path.read_text())
    assert report["ready"] is True
    assert [finding["status"] for finding in report["findings"]] == ["ok", "missing"]
    assert report["findings"][0]["facts"] == {"ms": 5.0}


def test_a_json_file_that_cannot_be_written_is_an_error(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    result = run_on(monkeypatch, ENGINE, args=["--json", str(tmp_path / "no" / "doctor.json")])
    assert isinstance(result.exception, OutputError)


def test_a_check_that_breaks_is_a_finding_and_the_others_go_on() -> None:
    def check_the_moon() -> Finding:
        raise ZeroDivisionError("no moon")

    moon, engine = examine(run=[check_the_moon, lambda: ENGINE]).findings
    assert moon.name == "the moon"
    assert moon.status == "warn"
    assert "no moon" in moon.detail
    assert engine is ENGINE


def test_a_real_machine_is_examined_without_tensorflow() -> None:
    """Everything, here, in a process of its own: nothing breaks, and TensorFlow is not loaded."""
    code = (
        "import sys, json; from streamdefocus.doctor import examine; e = examine(); "
        "print(json.dumps([e.as_json(), 'tensorflow' in sys.modules]))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    report, imported = json.loads(done.stdout)
    names = [finding["name"] for finding in report["findings"]]
    assert {"system", "processor", "memory", "GPU", "engine openvino", "blur"} <= set(names)
    assert not [f for f in report["findings"] if "could not be looked at" in f["detail"]]
    assert not [f for f in report["findings"] if f["status"] != "ok" and not f["fix"]]
    if "used for depth" not in str(report["findings"]):
        assert not imported


# --- the checks


def test_every_check_is_told_in_order() -> None:
    assert len(examination_module.checks(thorough=False)) == 12


def test_a_small_processor_is_told_what_will_be_slow(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(machine, "_features", lambda: {"SSE4.2"})
    monkeypatch.setattr(machine.os, "sched_getaffinity", lambda _pid: {0}, raising=False)
    monkeypatch.setattr(machine.os, "cpu_count", lambda: 1)
    finding = machine.check_processor()
    assert finding.status == "warn"
    assert "fewer than 2 cores and no AVX2" in finding.detail
    assert "live video will stutter" in finding.detail
    assert "--target-fps" in finding.fix
    monkeypatch.setattr(machine, "_features", lambda: {"AVX2", "SSE4.2"})
    assert "no AVX2" not in machine.check_processor().detail


@pytest.mark.parametrize(
    ("total", "available", "status"),
    [(16e9, 8e9, "ok"), (2e9, 1.5e9, "warn"), (16e9, 0.2e9, "warn")],
)
def test_memory(
    total: float, available: float, status: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Memory:
        def __init__(self) -> None:
            self.total, self.available = total, available

    monkeypatch.setattr(psutil, "virtual_memory", Memory)
    finding = machine.check_memory()
    assert finding.status == status
    assert bool(finding.fix) == (status == "warn")


@pytest.mark.parametrize(
    ("cards", "usable", "status", "told"),
    [
        ([], False, "ok", "depth runs on the processor"),
        (["H200"], True, "ok", "H200; used for depth"),
        (["H200"], False, "warn", "TensorFlow cannot use it"),
    ],
)
def test_gpu(
    cards: list[str], usable: bool, status: str, told: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(machine, "_nvidia_cards", lambda: cards)
    monkeypatch.setattr(machine, "gpu_is_usable", lambda: usable)
    finding = machine.check_gpu()
    assert finding.status == status
    assert told in finding.detail
    assert bool(finding.fix) == (status == "warn")


def test_no_screen_and_an_opencv_without_windows(monkeypatch: pytest.MonkeyPatch) -> None:
    def no_screen() -> None:
        raise OutputError("there is no screen; try another one")

    monkeypatch.setattr(machine, "check_screen", no_screen)
    finding = machine.check_screen_found()
    assert (finding.detail, finding.fix) == ("there is no screen", "try another one")
    monkeypatch.setattr(machine.cv2, "currentUIFramework", lambda: "")
    assert "opencv-python-headless" in machine.check_screen_found().fix


class Engine:
    device = "CPU"

    def __enter__(self) -> Engine:
        return self

    def __exit__(self, *_: object) -> None: ...

    def infer(self, bgr: Any) -> Any:
        return np.zeros(bgr.shape[:2], np.float32)


def test_an_engine_is_measured_and_judged_by_the_rate_of_a_camera(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(speed, "open_engine", lambda _options, _size: Engine())
    finding = speed.check_openvino()
    assert finding.status == "ok"
    assert finding.facts["ms"] < 33
    monkeypatch.setattr(speed, "_median_ms", lambda _work: 100.0)
    monkeypatch.setattr(psutil, "getloadavg", lambda: (0.0, 0.0, 0.0))
    slow = speed.check_openvino()
    assert slow.status == "warn"
    assert "10 frames a second" in slow.detail
    assert "other programs" not in slow.fix
    monkeypatch.setattr(psutil, "getloadavg", lambda: (99.0, 0.0, 0.0))
    assert "other programs" in speed.check_renderer().fix


def test_an_engine_that_is_not_there(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(_options: object, _size: object) -> Engine:
        raise EngineError("the engine 'openvino' is not installed; try: pip install openvino")

    monkeypatch.setattr(speed, "open_engine", refuse)
    finding = speed.check_openvino()
    assert (finding.status, finding.fix) == ("missing", "pip install openvino")


def test_keras_is_loaded_on_request_or_for_a_gpu_only(monkeypatch: pytest.MonkeyPatch) -> None:
    measured = Finding("engine keras", "ok", "3 ms", facts={"ms": 3})
    monkeypatch.setattr(speed, "_check_engine", lambda _name, _package: measured)
    monkeypatch.setattr(speed, "gpu_is_usable", lambda: False)
    assert "not measured (--all does)" in speed.check_keras(thorough=False).detail
    assert speed.check_keras(thorough=True) is measured
    monkeypatch.setattr(speed, "gpu_is_usable", lambda: True)
    assert speed.check_keras(thorough=False) is measured


def test_cameras_are_told_with_the_largest_size_of_each_format(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    formats = (
        CameraFormat("YUYV", (640, 480), (30.0, 15.0)),
        CameraFormat("MJPG", (640, 480), (30.0,)),
        CameraFormat("MJPG", (1920, 1080), (60.0, 30.0)),
    )
    cameras = [
        CameraDevice(0, "Desk", formats=formats),
        CameraDevice(1, "Lid"),
        CameraDevice(2, "OBS Virtual Camera"),
    ]
    monkeypatch.setattr(media, "list_cameras", lambda: cameras)
    monkeypatch.setattr(media, "_locked_cameras", list)
    monkeypatch.setattr(media.sys, "platform", "darwin")
    desk, lid = media.check_cameras()
    assert desk.detail == "Desk: YUYV up to 640x480 at 30 fps, MJPG up to 1920x1080 at 60 fps"
    assert desk.facts["formats"][2] == {
        "fourcc": "MJPG",
        "size": [1920, 1080],
        "fps": [60.0, 30.0],
    }
    assert "unknown" in lid.detail
    monkeypatch.setattr(media, "list_cameras", list)
    (none,) = media.check_cameras()
    assert none.status == "missing"
    assert "--camera synthetic" in none.fix


@pytest.mark.skipif(sys.platform != "linux", reason="asks a Linux kernel")
def test_a_camera_in_use_and_one_that_may_not_be_opened(monkeypatch: pytest.MonkeyPatch) -> None:
    from streamdefocus.sources import v4l2

    monkeypatch.setattr(media, "list_cameras", lambda: [CameraDevice("/dev/video0", "Desk")])
    monkeypatch.setattr(v4l2, "is_busy", lambda _node: True)
    monkeypatch.setattr(v4l2, "users_of", lambda _node: ["firefox (1)"])
    monkeypatch.setattr(v4l2, "device_nodes", lambda: [Path("/dev/video1")])
    monkeypatch.setattr(media.os, "access", lambda _node, _mode: False)
    busy, locked = media.check_cameras()
    assert busy.status == "warn"
    assert "in use by firefox (1)" in busy.detail
    assert locked.status == "missing"
    assert "usermod -aG video" in locked.fix


def test_virtual_cameras_of_linux(monkeypatch: pytest.MonkeyPatch) -> None:
    from streamdefocus.sinks import loopback_devices as loopbacks

    monkeypatch.setattr(media.sys, "platform", "linux")
    monkeypatch.setattr(loopbacks, "list_loopbacks", list)
    monkeypatch.setattr(loopbacks, "no_loopback_advice", lambda: "not loaded: sudo modprobe it")
    (none,) = media.check_virtual_cameras()
    assert (none.status, none.detail, none.fix) == ("missing", "not loaded", "sudo modprobe it")
    devices = [loopbacks.LoopbackDevice(f"/dev/video{n}", "Cam") for n in (8, 9)]
    troubles = {"/dev/video8": None, "/dev/video9": "/dev/video9 is taken; stop that"}
    monkeypatch.setattr(loopbacks, "list_loopbacks", lambda: devices)
    monkeypatch.setattr(loopbacks, "loopback_trouble", troubles.__getitem__)
    good, taken = media.check_virtual_cameras()
    assert (good.status, good.detail) == ("ok", "Cam")
    assert (taken.status, taken.fix) == ("warn", "stop that")


@pytest.mark.parametrize("platform", ["win32", "darwin"])
def test_virtual_cameras_elsewhere(
    platform: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(media.sys, "platform", platform)
    monkeypatch.setattr(media, "_OBS_PLACES", {platform: (str(tmp_path / "obs"),)})
    (none,) = media.check_virtual_cameras()
    assert none.status == "missing"
    assert "obsproject.com" in none.fix
    (tmp_path / "obs").touch()
    (found,) = media.check_virtual_cameras()
    assert found.status == "ok"


def test_encoders(monkeypatch: pytest.MonkeyPatch) -> None:
    assert {finding.status for finding in media.check_encoders()} == {"ok"}
    monkeypatch.setattr(media, "_ENCODERS", {"libnothing": "videos of nothing"})
    (finding,) = media.check_encoders()
    assert (finding.status, finding.detail) == ("missing", "no videos of nothing")
    assert finding.vital
