"""What the window shows right now, besides the picture."""

from __future__ import annotations

from dataclasses import dataclass

from streamdefocus.sinks.viewer.actions import (
    Action,
    Back,
    Quit,
    ToggleDisparity,
    ToggleHelp,
    ToggleHud,
)
from streamdefocus.sinks.viewer.keys import HELP
from streamdefocus.sinks.viewer.status import FocusMark, Status
from streamdefocus.sinks.viewer.text import Cell, Rows, Tone

_FIGURES_S = 0.25
"""Figures that change with every frame cannot be read."""

_TOAST_S = 1.6
_HINT_S = 6.0
_HINT = "click to focus, ? for help"

_GLOW_S = 1.2
"""A mark that was just set is bright that long, then it steps back."""

_GLOW_STEPS = 12


@dataclass(frozen=True, slots=True)
class Scene:
    """All that decides what is painted over and around the picture; equal scenes look equal.

    Attributes:
        canvas_px: (width, height) to fill.
        disparity_beside: Show the disparity as well.
        hud: Figures, or nothing.
        help: The list of keys, or nothing.
        toast: What just happened, for a moment.
        message: What is wrong or awaited.
        recording: Show the red light.
        mark: Where the focus is taken from.
        glow: 1 = the mark was just set, 0 = a while ago.
    """

    canvas_px: tuple[int, int]
    disparity_beside: bool = False
    hud: Rows = ()
    help: Rows = ()
    toast: str = ""
    message: str = ""
    recording: bool = False
    mark: FocusMark | None = None
    glow: float = 0.0


class Viewer:
    """Keeps what the user has switched on and off, and makes scenes of it.

    All times are seconds on one clock that does not jump.
    """

    def __init__(self, hud: bool = True) -> None:
        self._hud = hud
        self._help = False
        self._disparity = False
        self._toast = _HINT
        self._toast_until_s: float | None = None
        self._figures: Rows = ()
        self._figures_s = float("-inf")
        self._mark: FocusMark | None = None
        self._mark_s = float("-inf")

    @property
    def pane_count(self) -> int:
        """How many pictures lie side by side."""
        return 2 if self._disparity else 1

    def obey(self, action: Action) -> Action | None:
        """Do what concerns the window alone.

        Returns:
            What is left for the program to do, or None.
        """
        match action:
            case ToggleDisparity():
                self._disparity = not self._disparity
            case ToggleHud():
                self._hud = not self._hud
            case ToggleHelp():
                self._help = not self._help
            case Back():
                shown, self._help = self._help, False
                return None if shown else Quit()
            case _:
                return action
        return None

    def toast(self, text: str, now_s: float) -> None:
        """Say for a moment what just happened."""
        self._toast, self._toast_until_s = text, now_s + _TOAST_S

    def scene(self, status: Status, canvas_px: tuple[int, int], now_s: float) -> Scene:
        """What is to be seen at a moment."""
        return Scene(
            canvas_px=canvas_px,
            disparity_beside=self._disparity,
            hud=self._hud_rows(status, now_s) if self._hud else (),
            help=_help_rows() if self._help else (),
            toast=self._toast_now(now_s),
            message=status.message,
            recording=status.recording,
            mark=status.mark,
            glow=self._glow(status.mark, now_s),
        )

    def _hud_rows(self, status: Status, now_s: float) -> Rows:
        if now_s - self._figures_s >= _FIGURES_S:
            self._figures, self._figures_s = figures(status), now_s
        return (*self._figures, *settings(status))

    def _toast_now(self, now_s: float) -> str:
        if self._toast_until_s is None:
            self._toast_until_s = now_s + _HINT_S
        return self._toast if now_s < self._toast_until_s else ""

    def _glow(self, mark: FocusMark | None, now_s: float) -> float:
        old, self._mark = self._mark, mark
        moved_by_itself = old and mark and old.following and mark.following
        if mark != old and not moved_by_itself:
            self._mark_s = now_s
        left = max(0.0, 1 - (now_s - self._mark_s) / _GLOW_S)
        return round(left * _GLOW_STEPS) / _GLOW_STEPS


def figures(status: Status) -> Rows:
    """Speed and losses; what is not known is left out."""
    parts = [
        f"{status.fps:.1f} fps" if status.fps is not None else "",
        f"{status.latency_ms:.0f} ms" if status.latency_ms is not None else "",
        f"{status.dropped} dropped" if status.dropped is not None else "",
    ]
    return _line(parts, Tone.BRIGHT)


def settings(status: Status) -> Rows:
    """Who works, and how; what is not known is left out."""
    network = [status.model, status.engine]
    look = [
        status.focus_mode and f"focus {status.focus_mode}",
        _strength(status),
        status.aperture_shape,
    ]
    calm = [f"smoothing {status.smoothing:.2f}" if status.smoothing is not None else ""]
    return (*_line(look, Tone.BRIGHT), *_line([*network, *calm], Tone.DIM))


def _strength(status: Status) -> str:
    if status.f_number is not None:
        return f"f/{status.f_number:.1f}"
    return f"blur {status.blur:.1f} %" if status.blur is not None else ""


def _line(parts: list[str], tone: Tone) -> Rows:
    text = "   ".join(part for part in parts if part)
    return ((Cell(text, tone),),) if text else ()


def _help_rows() -> Rows:
    rows: list[tuple[Cell, ...]] = []
    for title, lines in HELP:
        if rows:
            rows.append(())
        rows.append((Cell(title, Tone.ACCENT),))
        rows += [(Cell(line.how), Cell(line.what, Tone.DIM)) for line in lines]
    return tuple(rows)
