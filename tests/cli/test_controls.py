"""What keys do to the look of a live run."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import numpy as np
import pytest

from streamdefocus.cli.controls import Controls
from streamdefocus.config import Config, load_config
from streamdefocus.errors import OutputError
from streamdefocus.frames import Frame
from streamdefocus.sinks import Sink
from streamdefocus.sinks.viewer import (
    Action,
    ChangeBlur,
    ChangeHighlights,
    NextCatsEye,
    ToggleForeground,
    ToggleGrain,
    ToggleRecord,
)


def obeyed(config: Config, *actions: Action) -> Config:
    """The options that a run is told to take after some actions."""
    told = [config]
    defocuser = SimpleNamespace(change=told.append)
    controls = Controls(*cast(Any, (None, defocuser, None, config, None)))
    for action in actions:
        controls.obey(action)
    return told[-1]


@pytest.mark.parametrize(
    ("actions", "option", "expected"),
    [
        ((NextCatsEye(),), "cats_eye", 0.5),
        ((NextCatsEye(), NextCatsEye()), "cats_eye", 1.0),
        ((NextCatsEye(), NextCatsEye(), NextCatsEye()), "cats_eye", 0.0),
        ((ChangeHighlights(1),), "highlights", 5.0),
        ((ChangeHighlights(-20),), "highlights", 0.0),
        ((ChangeHighlights(20),), "highlights", 16.0),
        ((ToggleForeground(),), "foreground_blur", False),
        ((ToggleForeground(), ToggleForeground()), "foreground_blur", True),
        ((ToggleGrain(),), "grain", 1.0),
        ((ToggleGrain(), ToggleGrain()), "grain", 0.0),
        ((ChangeBlur(1),), "blur", pytest.approx(1.8 * 1.12)),
        ((ChangeBlur(100),), "blur", 10.0),
    ],
)
def test_keys_change_the_look(actions: tuple[Action, ...], option: str, expected: object) -> None:
    assert getattr(obeyed(Config(), *actions).defocus, option) == expected


def test_a_blur_given_as_an_f_number_is_changed_as_one() -> None:
    look = obeyed(load_config(overrides={"f_number": 2.8}), ChangeBlur(1)).defocus
    assert look.f_number == pytest.approx(2.5)
    assert look.blur == 1.8


class Recorder:
    """Controls with a window that keeps what it says, and outputs that keep their sinks."""

    def __init__(self) -> None:
        self.said: list[str] = []
        self.sinks: list[Sink] = []
        window = SimpleNamespace(update=lambda _status: (), toast=self.said.append)
        outputs = SimpleNamespace(
            attach=lambda sink, owned: self.sinks.append(sink), detach=lambda sink: None
        )
        pipeline = SimpleNamespace(
            outputs=outputs, dropped=0, trouble="", stats=SimpleNamespace(recent=lambda: (0.0, 0.0))
        )
        aim = SimpleNamespace(x=None, y=None, mode="centre")
        defocuser = SimpleNamespace(
            focus=SimpleNamespace(aim=aim), estimator=SimpleNamespace(engine_name="none")
        )
        self.controls = Controls(
            *cast(Any, (pipeline, defocuser, SimpleNamespace(), Config(), window))
        )


def frame(index: int, width: int = 64) -> Frame:
    return Frame(np.zeros((48, width, 3), np.uint8), index, index, Fraction(1, 25))


def test_a_recording_is_called_saved_when_it_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    run = Recorder()
    run.controls.obey(ToggleRecord())
    (sink,) = run.sinks
    for index in range(3):
        sink.write(frame(index))
    run.controls.obey(ToggleRecord())
    run.controls.update()
    assert run.said[-1].startswith("saving") and not list(tmp_path.glob("streamdefocus-*"))
    sink.close()
    run.controls.update()
    (file,) = tmp_path.glob("streamdefocus-*")
    assert run.said[-1] == f"saved {file.name}"


def test_a_recording_that_breaks_off_is_over(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    run = Recorder()
    run.controls.obey(ToggleRecord())
    run.sinks[0].write(frame(0))
    assert run.controls.status().recording
    with pytest.raises(OutputError):
        run.sinks[0].write(frame(1, width=32))
    run.controls.update()
    assert "must have one size" in run.said[-1]
    assert not run.controls.status().recording
