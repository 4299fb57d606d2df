"""The suite measures what it says, survives what is missing, and tells change from noise."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import pytest

from streamdefocus.benchmark import (
    PARTS,
    QUICK,
    Effort,
    Measurement,
    Missing,
    Report,
    Task,
    compare,
    engines,
    file,
    live,
    plan,
    read_report,
    renderers,
    run,
    startup,
)
from streamdefocus.benchmark.comparison import differences
from streamdefocus.benchmark.machine import describe_machine
from streamdefocus.benchmark.task import repeated
from streamdefocus.cli import benchmark as command_module
from streamdefocus.cli.main import run as run_program
from streamdefocus.config import Config, load_config
from streamdefocus.defocus import RENDERERS
from streamdefocus.errors import EngineError, InputError

LEAST = Effort(seconds=0.01, live_s=0.6, repeats=2, frames=3)


def figure(median: float, spread: float, unit: str = "ms") -> Measurement:
    return Measurement.model_validate(
        {"unit": unit, "median": median, "low": median - spread, "high": median + spread, "runs": 9}
    )


def report(**figures: Measurement | Missing) -> Report:
    return Report(version="1", machine={"processor": "P"}, parts={"part": figures})


# --- measuring


def test_a_measurement_is_median_and_middle_half() -> None:
    found = Measurement.of([1, 2, 3, 4, 100], "ms")
    assert (found.low, found.median, found.high, found.runs) == (2, 3, 4, 5)


def test_work_is_warmed_up_and_repeated_at_least_five_times() -> None:
    calls: list[int] = []
    assert repeated(lambda: calls.append(1), budget_s=0.0001).runs >= 1
    calls.clear()
    found = repeated(lambda: calls.append(1), budget_s=10)
    assert found.runs == 200  # quick work is not repeated for ever
    assert len(calls) > found.runs


def test_slow_work_is_measured_three_times_after_one_warm_up() -> None:
    calls: list[int] = []

    def work() -> None:
        calls.append(1)
        time.sleep(0.05)

    assert repeated(work, budget_s=0.01).runs == 3
    assert len(calls) == 4


# --- the suite


def test_all_parts_are_planned_and_some_can_be_chosen(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(renderers, "gpu_is_usable", lambda: False)
    everything = plan([], QUICK, Config())
    assert {task.part for task in everything} == set(PARTS)
    assert all(task.seconds > 0 for task in everything)
    assert {task.part for task in plan(["engines", "file"], QUICK, Config())} == {"engines", "file"}
    names = [task.name for task in plan(["renderers"], QUICK, Config())]
    assert len(names) == len(set(names)) == 4 * len(RENDERERS)
    assert "classic 3840x2160" in names


def test_what_fails_is_missing_and_the_rest_is_measured() -> None:
    def fail() -> dict[str, Measurement]:
        raise EngineError("the engine 'x' is not installed")

    found = report()
    begun: list[str] = []
    tasks = [
        Task("engines", "x", 1.0, fail),
        Task("engines", "y", 1.0, lambda: {"y": figure(1, 0)}),
    ]
    run(tasks, found, lambda task: begun.append(task.name))
    assert begun == ["x", "y"]
    assert found.parts["engines"] == {
        "x": Missing(missing="the engine 'x' is not installed"),
        "y": figure(1, 0),
    }
    assert found.complete


def test_an_interruption_keeps_what_there_is() -> None:
    def interrupt() -> dict[str, Measurement]:
        raise KeyboardInterrupt

    found = report()
    tasks = [Task("a", "x", 1, lambda: {"x": figure(1, 0)}), Task("b", "y", 1, interrupt)]
    with pytest.raises(KeyboardInterrupt):
        run(tasks, found, lambda _: None)
    assert found.parts["a"]["x"] == figure(1, 0)
    assert not found.complete


def test_what_takes_far_too_long_ends_the_run() -> None:
    def slow() -> dict[str, Measurement]:
        time.sleep(0.05)
        return {"slow": figure(50, 0)}

    found = report()
    run([Task("a", "slow", 0.001, slow), Task("a", "next", 0.001, slow)], found, lambda _: None)
    assert found.parts["a"]["slow"] == figure(50, 0)
    assert isinstance(found.parts["a"]["next"], Missing)


def test_the_machine_is_described_without_its_name_or_its_users() -> None:
    import getpass
    import platform

    machine = describe_machine()
    assert {"processor", "memory", "system", "load", "openvino", "numpy"} <= set(machine)
    told = json.dumps(machine)
    for private in (platform.node(), str(Path.home())):
        assert not private or private == "/" or private not in told
    assert getpass.getuser() == "root" or getpass.getuser() not in told


# --- the parts, each as briefly as can be


def test_engines_are_measured() -> None:
    tasks = {task.name: task for task in engines.tasks(LEAST, Config())}
    assert {"openvino, compact 512x256", "keras, compact 512x256"} <= set(tasks)
    (found,) = tasks["openvino, compact 512x256"].run().items()
    assert found[0] == "openvino, compact 512x256"
    assert found[1].unit == "ms"
    assert found[1].median > 0


def test_a_models_file_is_measured_too_and_told_by_its_name(tmp_path: Path) -> None:
    file = tmp_path / "mine.xml"
    config = load_config(overrides={"model": str(file)})
    names = [task.name for task in engines.tasks(LEAST, config)]
    assert "openvino, mine.xml 512x256" in names
    assert command_module._told(config) == {"depth": {"model": "mine.xml"}}


def test_renderers_are_measured() -> None:
    tasks = {task.name: task for task in renderers.tasks(LEAST, Config())}
    (found,) = tasks["fast 854x480"].run().values()
    assert found.unit == "ms"
    assert found.median > 0


def test_the_renderer_of_a_gpu_is_measured_where_there_is_one(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for usable in (False, True):
        monkeypatch.setattr(renderers, "gpu_is_usable", lambda usable=usable: usable)
        names = [task.name for task in renderers.tasks(LEAST, Config())]
        assert ("fast on the GPU 1280x720" in names) == usable


def test_a_live_run_is_measured(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live, "CAMERAS", (((160, 96), 30),))
    monkeypatch.setattr(live, "_WARM_UP_S", 0.2)
    (task,) = live.tasks(LEAST, Config())
    found = task.run()
    name = "160x96, camera 30 fps"
    assert list(found) == [name, f"{name}, latency", f"{name}, busy"]
    assert [figure.unit for figure in found.values()] == ["fps", "ms", "cores"]
    assert found["160x96, camera 30 fps, latency"].median > 0


def test_a_file_is_measured_beside_its_plain_transcode(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(file, "SIZE", (160, 96))
    make_clip: Callable[..., None] = file.make_clip
    monkeypatch.setattr(file, "make_clip", lambda path, n: make_clip(path, n, (160, 96)))
    (task,) = file.tasks(LEAST, Config())
    found = task.run()
    assert list(found) == ["160x96 H.264, plain transcode", "160x96 H.264, defocused"]
    assert all(f.unit == "fps" and f.runs == 2 for f in found.values())


def test_startup_is_measured_in_a_process_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[list[str]] = []

    def report_of(arguments: list[str], config: Config) -> dict[str, object]:
        asked.append(arguments)
        return {"first_frame_s": 1.5, "memory_mb": {"peak": 400.0}}

    monkeypatch.setattr(startup, "_report_of", report_of)
    monkeypatch.setattr(startup, "make_clip", lambda path, frames: path.touch())
    live_task, video_task = startup.tasks(LEAST, Config())
    found = {**live_task.run(), **video_task.run()}
    assert found["live 1280x720, first frame shown"].median == 1.5
    assert found["video 1280x720, peak memory"].unit == "MB"
    assert [arguments[0] for arguments in asked] == ["live", "live", "video", "video"]


def test_a_program_that_fails_to_start_is_told_by_its_last_line() -> None:
    with pytest.raises(EngineError, match=r"`video` failed: error: .*none\.mp4"):
        startup._report_of(["video", "none.mp4", "copy.mp4"], Config())


def test_startup_is_measured_with_all_options(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[Config] = []

    def run(command: list[str], **_: object) -> SimpleNamespace:
        asked.append(load_config(Path(command[command.index("--config") + 1])))
        Path(command[command.index("--report") + 1]).write_text("{}")
        return SimpleNamespace(returncode=0)

    monkeypatch.setattr(startup.subprocess, "run", run)
    wanted = load_config(overrides={"blur": 3.5, "postprocess": True, "cats_eye": 0.5})
    startup._report_of(["live"], wanted)
    assert asked == [wanted]


# --- comparing


@pytest.mark.parametrize(
    ("before", "after", "unit", "verdict"),
    [
        ((10, 1), (15, 1), "ms", "worse"),
        ((10, 1), (5, 1), "ms", "better"),
        ((10, 1), (15, 1), "fps", "better"),
        ((10, 1), (11, 1), "ms", "within the spread"),
        ((10, 6), (15, 1), "ms", "within the spread"),
    ],
)
def test_a_change_counts_only_beyond_the_spread(
    before: tuple[float, float], after: tuple[float, float], unit: str, verdict: str
) -> None:
    (change,) = compare(report(x=figure(*before, unit)), report(x=figure(*after, unit)))
    assert change.verdict == verdict
    assert change.ratio == after[0] / before[0]


def test_one_run_tells_nothing() -> None:
    once = Measurement.of([3000], "ms")
    (change,) = compare(report(x=once), report(x=figure(1, 0)))
    assert change.verdict == "too few runs"


def test_only_what_both_have_is_compared() -> None:
    before = report(a=figure(1, 0), b=figure(1, 0), c=Missing(missing="no"), d=figure(1, 0, "s"))
    after = report(a=figure(2, 0), c=figure(1, 0), d=figure(1, 0, "ms"), e=figure(1, 0))
    assert [change.name for change in compare(before, after)] == ["a"]


def test_another_machine_or_other_options_are_told() -> None:
    before = report()
    after = before.model_copy(
        update={"machine": {"processor": "Q", "load": "9"}, "options": {"depth": {"threads": 1}}}
    )
    told = differences(before, after)
    assert told == ["processor: P -> Q", "options: default -> {'depth': {'threads': 1}}"]


# --- the command


@pytest.fixture
def one_task(monkeypatch: pytest.MonkeyPatch) -> None:
    tasks = [Task("engines", "x", 0.1, lambda: {"x": figure(10, 1)})]
    monkeypatch.setattr(command_module, "plan", lambda *_: tasks)


@pytest.mark.usefixtures("one_task")
def test_the_command_writes_what_it_can_compare_with(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "now.json"
    assert run_program(["benchmark", "--json", str(path)]) == 0
    shown = capsys.readouterr()
    assert "10.00 ms" in shown.out
    assert "about 10 s" in shown.err
    assert read_report(path).parts["engines"]["x"] == figure(10, 1)
    assert run_program(["benchmark", "-q", "--compare", str(path)]) == 0
    shown = capsys.readouterr()
    assert "x 1.00" in shown.out
    assert "within the spread" in shown.out
    assert not shown.err


@pytest.mark.parametrize("only", [["live,file"], ["live", "--only", "file"]])
def test_parts_are_named_in_a_list_or_one_by_one(
    only: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[list[str]] = []

    def plan(parts: list[str], *_: object) -> list[Task]:
        asked.append(parts)
        return [Task("live", "x", 0.1, lambda: {"x": figure(10, 1)})]

    monkeypatch.setattr(command_module, "plan", plan)
    assert run_program(["benchmark", "-q", "--only", *only]) == 0
    assert asked == [["live", "file"]]


@pytest.mark.usefixtures("one_task")
@pytest.mark.parametrize(("load", "warned"), [("0.1", False), ("999.0", True)])
def test_a_busy_machine_is_told(
    load: str, warned: bool, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    machine = {"processor": "P", "load": load}
    monkeypatch.setattr(command_module, "describe_machine", lambda: machine)
    assert run_program(["benchmark"]) == 0
    assert ("other programs are busy" in capsys.readouterr().err) == warned


def test_an_interrupted_command_shows_and_writes_what_it_has(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def interrupt() -> dict[str, Measurement]:
        raise KeyboardInterrupt

    tasks = [
        Task("engines", "x", 0.1, lambda: {"x": figure(10, 1)}),
        Task("engines", "y", 0.1, interrupt),
    ]
    monkeypatch.setattr(command_module, "plan", lambda *_: tasks)
    path = tmp_path / "now.json"
    assert run_program(["benchmark", "--json", str(path)]) == 130
    assert "10.00 ms" in capsys.readouterr().out
    assert not read_report(path).complete


def test_wrong_arguments_are_told_in_one_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run_program(["benchmark", "--only", "engines,speed"]) == 2
    assert "--only does not know speed. Known: startup, engines" in capsys.readouterr().err
    assert run_program(["benchmark", "--compare", str(tmp_path / "none.json")]) == 1
    assert "cannot read the report" in capsys.readouterr().err


@pytest.mark.parametrize("content", ["", "[]", "{}", '{"version": "1", "machine": {"a": 1}}'])
def test_a_file_that_is_no_report_is_refused(content: str, tmp_path: Path) -> None:
    path = tmp_path / "old.json"
    path.write_text(content)
    with pytest.raises(InputError, match="was not written by"):
        read_report(path)
