"""What is decided about a video after the shot: where the focus goes when, and which part is kept.

It is kept in a small file beside the video, which the desktop app writes and
``streamdefocus video --keyframes`` reads as well.
"""

from __future__ import annotations

import json
import math
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from streamdefocus.config import parse_focus
from streamdefocus.errors import InputError, OutputError

_VERSION = 1
_SAME_S = 0.05
"""Keyframes this close are one: a hand does not mean two."""

_ROUNDING_S = 1e-3


@dataclass(frozen=True, slots=True, order=True)
class Keyframe:
    """From a moment on, the focus goes to something.

    Attributes:
        time_s: Seconds from the first frame of the file.
        focus: What is sharp; see ``parse_focus``.
    """

    time_s: float
    focus: str


@dataclass(frozen=True, slots=True)
class Edit:
    """The focus of one video over time, and the part of it that is kept; immutable.

    Attributes:
        keyframes: In order.
        start_s: Where the kept part begins, seconds from the first frame; None = there.
        end_s: Where it ends, which is left out itself; None = at the end of the file.
    """

    keyframes: tuple[Keyframe, ...] = ()
    start_s: float | None = None
    end_s: float | None = None

    def put(self, time_s: float, focus: str) -> Edit:
        """The same with one keyframe more; another at the same moment is replaced."""
        others = [k for k in self.keyframes if abs(k.time_s - time_s) > _SAME_S]
        return self._with([*others, Keyframe(round(time_s, 4), focus)])

    def without(self, keyframe: Keyframe) -> Edit:
        """The same with one keyframe less."""
        return self._with([k for k in self.keyframes if k != keyframe])

    def moved(self, keyframe: Keyframe, time_s: float) -> Edit:
        """The same with a keyframe at another moment; one that is there already is replaced."""
        return self.without(keyframe).put(max(time_s, 0.0), keyframe.focus)

    def from_s(self, start_s: float | None) -> Edit:
        """The same beginning at another moment; an end that is not later is given up."""
        end_s = self.end_s
        if start_s is not None and end_s is not None and end_s <= start_s:
            end_s = None
        return replace(self, start_s=_rounded(start_s), end_s=end_s)

    def until_s(self, end_s: float | None) -> Edit:
        """The same ending at another moment; a beginning that is not earlier is given up."""
        start_s = self.start_s
        if end_s is not None and start_s is not None and start_s >= end_s:
            start_s = None
        return replace(self, start_s=start_s, end_s=_rounded(end_s))

    def active(self, time_s: float) -> Keyframe | None:
        """The last keyframe up to a moment, or the first one before all; None if there is none."""
        past = [k for k in self.keyframes if k.time_s <= time_s + _ROUNDING_S]
        return past[-1] if past else next(iter(self.keyframes), None)

    def nearest(self, time_s: float, within_s: float) -> Keyframe | None:
        """The keyframe closest to a moment, if it is close enough."""
        best = min(self.keyframes, key=lambda k: abs(k.time_s - time_s), default=None)
        return best if best and abs(best.time_s - time_s) <= within_s else None

    def neighbour(self, time_s: float, way: int) -> Keyframe | None:
        """The next keyframe after a moment (``way`` 1) or before it (-1)."""
        beyond = [k for k in self.keyframes if way * (k.time_s - time_s) > _ROUNDING_S]
        return min(beyond, key=lambda k: abs(k.time_s - time_s), default=None)

    def save(self, video: Path) -> Path:
        """Write it beside a video, or remove that file if there is nothing in it.

        Raises:
            OutputError: The folder cannot be written to.
        """
        file = sidecar(video)
        content = {"version": _VERSION, **asdict(self)}
        try:
            if self == Edit():
                file.unlink(missing_ok=True)
            else:
                file.write_text(json.dumps(content, indent=1) + "\n", "utf-8")
        except OSError as error:
            raise OutputError(f"cannot write {file}: {error.strerror}") from error
        return file

    def _with(self, keyframes: list[Keyframe]) -> Edit:
        return replace(self, keyframes=tuple(sorted(keyframes)))


def load_edit(video: Path) -> Edit:
    """What lies beside a video; an empty edit if there is no such file.

    Raises:
        InputError: The file is there and cannot be understood.
    """
    file = sidecar(video)
    return read_edit(file) if file.exists() else Edit()


def read_edit(file: Path) -> Edit:
    """What is in a file that the app wrote.

    Raises:
        InputError: The file is missing or cannot be understood.
    """
    try:
        content = json.loads(file.read_text("utf-8"))
        found = [Keyframe(_time(e["time_s"]), str(e["focus"])) for e in content["keyframes"]]
        for keyframe in found:
            parse_focus(keyframe.focus)
        start_s, end_s = (
            None if content.get(name) is None else _time(content[name])
            for name in ("start_s", "end_s")
        )
        if (start_s or 0.0) >= (math.inf if end_s is None else end_s):
            raise ValueError(f"start_s must lie before end_s. Received: {start_s} and {end_s}")
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise InputError(f"{file} holds no focus keyframes that can be read: {error}") from error
    return Edit(tuple(sorted(found)), start_s, end_s)


def sidecar(video: Path) -> Path:
    """The file that keeps a video's edit."""
    return video.with_name(f"{video.name}.focus.json")


def _time(value: object) -> float:
    seconds = float(value)  # type: ignore[arg-type]
    if not 0 <= seconds < math.inf:
        raise ValueError(f"times must be 0 s or later. Received: {value!r}")
    return seconds


def _rounded(time_s: float | None) -> float | None:
    return None if time_s is None else max(round(time_s, 4), 0.0)
