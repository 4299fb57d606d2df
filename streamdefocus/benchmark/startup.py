"""From the start of the program to its first frame, and the memory it takes: in its own process."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from functools import partial
from pathlib import Path
from typing import Any

from streamdefocus.benchmark.file import make_clip
from streamdefocus.benchmark.report import Measurement
from streamdefocus.benchmark.task import Effort, Task
from streamdefocus.config import Config
from streamdefocus.errors import EngineError
from streamdefocus.training.folder import as_toml

_LIVE_S = 3.0
_CLIP_FRAMES = 30
_VIDEO_S = 4.0
_LIMIT_S = 120.0


def tasks(effort: Effort, config: Config) -> list[Task]:
    """Live, where the curtain is shown until the network is loaded; and a file, where it is not."""
    repeats = effort.repeats
    return [
        Task("startup", "live", repeats * (_LIVE_S + 1), partial(_live, config, repeats)),
        Task("startup", "video", repeats * _VIDEO_S, partial(_video, config, repeats)),
    ]


def _live(config: Config, repeats: int) -> dict[str, Measurement]:
    arguments = ["live", "--camera", "synthetic", "--output", "null", "--seconds", str(_LIVE_S)]
    return _figures("live 1280x720", "first frame shown", arguments, config, repeats)


def _video(config: Config, repeats: int) -> dict[str, Measurement]:
    with tempfile.TemporaryDirectory() as folder:
        clip, copy = Path(folder, "clip.mp4"), Path(folder, "copy.mp4")
        make_clip(clip, _CLIP_FRAMES)
        arguments = ["video", str(clip), str(copy)]
        return _figures("video 1280x720", "first frame defocused", arguments, config, repeats)


def _figures(
    name: str, first_frame: str, arguments: list[str], config: Config, repeats: int
) -> dict[str, Measurement]:
    reports = [_report_of(arguments, config) for _ in range(repeats)]
    return {
        f"{name}, {first_frame}": Measurement.of([r["first_frame_s"] for r in reports], "s"),
        f"{name}, peak memory": Measurement.of([r["memory_mb"]["peak"] for r in reports], "MB"),
    }


def _report_of(arguments: list[str], config: Config) -> dict[str, Any]:
    """What ``--report`` of a run with all these options says.

    Raises:
        EngineError: The program failed; the message is its last line.
    """
    with tempfile.TemporaryDirectory() as folder:
        report, options = Path(folder, "report.json"), Path(folder, "options.toml")
        changed = config.model_dump(mode="json", exclude_defaults=True, exclude_none=True)
        options.write_text(as_toml(changed), encoding="utf-8")
        command = [sys.executable, "-m", "streamdefocus", *arguments, "--config", str(options)]
        command += ["-q", "--report", str(report)]
        try:
            done = subprocess.run(
                command, capture_output=True, text=True, timeout=_LIMIT_S, check=False
            )
        except subprocess.TimeoutExpired as error:
            raise EngineError(f"`{arguments[0]}` took more than {_LIMIT_S:.0f} s") from error
        if done.returncode:
            last = (done.stderr.strip().splitlines() or ["no message"])[-1]
            raise EngineError(f"`{arguments[0]}` failed: {last}")
        content: dict[str, Any] = json.loads(report.read_text(encoding="utf-8"))
        return content
