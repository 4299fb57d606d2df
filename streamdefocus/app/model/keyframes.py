"""Focus over the time of a video: which place is sharp from when on."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

from streamdefocus.config import parse_focus
from streamdefocus.errors import InputError, OutputError

_VERSION = 1
_SAME_S = 0.05


@dataclass(frozen=True, slots=True, order=True)
class Keyframe:
    """From a moment on, the focus goes to something.

    Attributes:
        time_s: Seconds from the first frame.
        focus: What is sharp; see ``parse_focus``.
    """

    time_s: float
    focus: str


class Keyframes:
    """Those of one video, in order. Lists are replaced, never changed, so any thread may read."""

    def __init__(self, keyframes: list[Keyframe] | None = None) -> None:
        self.all: tuple[Keyframe, ...] = tuple(sorted(keyframes or []))

    def put(self, time_s: float, focus: str) -> None:
        """Add one; another at the same moment is replaced."""
        others = [k for k in self.all if abs(k.time_s - time_s) > _SAME_S]
        self.all = tuple(sorted([*others, Keyframe(round(time_s, 4), focus)]))

    def remove(self, keyframe: Keyframe) -> None:
        """Take one out, if it is there."""
        self.all = tuple(k for k in self.all if k != keyframe)

    def active(self, time_s: float) -> Keyframe | None:
        """The last one up to a moment, or the first one before all; None if there is none."""
        keyframes = self.all
        past = [k for k in keyframes if k.time_s <= time_s + 1e-6]
        return past[-1] if past else (keyframes[0] if keyframes else None)

    def nearest(self, time_s: float, within_s: float) -> Keyframe | None:
        """The one closest to a moment, if it is close enough."""
        best = min(self.all, key=lambda k: abs(k.time_s - time_s), default=None)
        return best if best and abs(best.time_s - time_s) <= within_s else None

    def save(self, video: Path) -> Path:
        """Write them beside a video, or remove that file if there are none.

        Raises:
            OutputError: The folder cannot be written to.
        """
        file = sidecar(video)
        content = {
            "version": _VERSION,
            "keyframes": [{"time_s": k.time_s, "focus": k.focus} for k in self.all],
        }
        try:
            if self.all:
                file.write_text(json.dumps(content, indent=1) + "\n", "utf-8")
            else:
                file.unlink(missing_ok=True)
        except OSError as error:
            raise OutputError(f"cannot write {file}: {error.strerror}") from error
        return file


def load_keyframes(video: Path) -> Keyframes:
    """Those that lie beside a video; none if there is no such file.

    Raises:
        InputError: The file is there and cannot be understood.
    """
    file = sidecar(video)
    return read_keyframes(file) if file.exists() else Keyframes()


def read_keyframes(file: Path) -> Keyframes:
    """Those of a file that the app wrote.

    Raises:
        InputError: The file is missing or cannot be understood.
    """
    try:
        entries = json.loads(file.read_text("utf-8"))["keyframes"]
        found = [Keyframe(float(e["time_s"]), str(e["focus"])) for e in entries]
        for keyframe in found:
            parse_focus(keyframe.focus)
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise InputError(f"{file} holds no focus keyframes that can be read: {error}") from error
    return Keyframes(found)


def sidecar(video: Path) -> Path:
    """The file that keeps a video's keyframes."""
    return video.with_name(f"{video.name}.focus.json")
