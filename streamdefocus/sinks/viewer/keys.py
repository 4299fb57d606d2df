"""Which key means what: one table that the window obeys and the help shows."""

from __future__ import annotations

from dataclasses import dataclass

from streamdefocus.sinks.viewer.actions import (
    Action,
    Back,
    ChangeBlur,
    ChangeHighlights,
    ChangeSmoothing,
    NextApertureShape,
    NextCatsEye,
    NextFocusMode,
    Quit,
    Snapshot,
    ToggleDisparity,
    ToggleForeground,
    ToggleGrain,
    ToggleHelp,
    ToggleHud,
    ToggleMirror,
    ToggleRecord,
)

_KEYS: dict[str, Action] = {
    "+": ChangeBlur(1),
    "=": ChangeBlur(1),  # the same key as plus, without shift
    "-": ChangeBlur(-1),
    ">": ChangeSmoothing(1),
    ".": ChangeSmoothing(1),  # the same keys on many keyboards, without shift
    "<": ChangeSmoothing(-1),
    ",": ChangeSmoothing(-1),
    "a": NextApertureShape(),
    "c": NextCatsEye(),
    "]": ChangeHighlights(1),
    "[": ChangeHighlights(-1),
    "b": ToggleForeground(),
    "g": ToggleGrain(),
    "f": NextFocusMode(),
    "d": ToggleDisparity(),
    "m": ToggleMirror(),
    "s": Snapshot(),
    " ": Snapshot(),
    "r": ToggleRecord(),
    "h": ToggleHud(),
    "?": ToggleHelp(),
    "/": ToggleHelp(),  # the same key as the question mark, without shift
    "q": Quit(),
    "\x1b": Back(),
}

_SPECIAL: dict[int, str] = {
    0xFFAB: "+",  # of the number pad, as X11 names it (Qt and GTK)
    0xFFAD: "-",
    0xFFBE: "?",  # F1 of X11
    0xF704: "?",  # F1 of macOS
    0x700000: "?",  # F1 of Windows
}


@dataclass(frozen=True, slots=True)
class HelpLine:
    """One line of the help: what to do, and what happens then."""

    how: str
    what: str


HELP: tuple[tuple[str, tuple[HelpLine, ...]], ...] = (
    (
        "Mouse",
        (
            HelpLine("click", "focus there"),
            HelpLine("double click", "follow that thing"),
            HelpLine("right click", "focus on the centre"),
            HelpLine("drag up, down", "pull the focus: farther, nearer"),
            HelpLine("wheel", "more or less blur"),
        ),
    ),
    (
        "Keys",
        (
            HelpLine("+  -", "more or less blur"),
            HelpLine("A, C", "aperture: shape, cat's eyes"),
            HelpLine("B, G, ]  [", "front blur, grain, lamps"),
            HelpLine("F", "how the focus is found"),
            HelpLine(">  <", "calmer or livelier depth"),
            HelpLine("D", "disparity beside the image"),
            HelpLine("M", "mirror"),
            HelpLine("S, space", "snapshot: photo and disparity"),
            HelpLine("R", "record"),
            HelpLine("H", "figures on or off"),
            HelpLine("?, F1", "this help"),
            HelpLine("Q, Esc", "quit"),
        ),
    ),
)
"""The help's two lists, with their titles."""


def action_of_key(code: int) -> Action | None:
    """What a key means.

    Args:
        code: As ``cv2.waitKeyEx`` gives it; the numbers depend on the window system.

    Returns:
        The action, or None for a key that has none.
    """
    if code < 0:
        return None
    symbol = _SPECIAL.get(code) or _SPECIAL.get(code & 0xFFFF)
    if symbol is None:
        low = code & 0xFFFF  # above that GTK reports shift, control and the number lock
        symbol = chr(low).lower() if low < 0x80 else ""
    return _KEYS.get(symbol)
