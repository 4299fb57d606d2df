"""What keys do to the look of a live run."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, cast

import pytest

from streamdefocus.cli.controls import Controls
from streamdefocus.config import Config, load_config
from streamdefocus.sinks.viewer import (
    Action,
    ChangeBlur,
    ChangeHighlights,
    NextCatsEye,
    ToggleForeground,
    ToggleGrain,
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
