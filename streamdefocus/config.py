"""Every option once: default, bounds, unit and help.

The command line, TOML files and the desktop app all read these models; none of them repeats a
default or a bound. A file has one table a section (``[defocus] blur = 2.0``); an option of the
command line is the field's name with dashes (``--blur 2.0``), so names are unique across sections.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal, cast

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from streamdefocus.errors import ConfigError
from streamdefocus.resources import resource_dir

MOST_BLUR = 10.0
"""Largest blur radius, % of the image width; a disc of a fifth of it leaves nothing to see."""

BlurMethod = Literal[
    "gaussian", "average", "median", "bilateral", "disc", "hexagon", "octagon", "stack"
]


class Section(BaseModel):
    """A group of options; immutable, and unknown names are errors."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


class DepthOptions(Section):
    """Which network estimates disparity, and on what."""

    model: str = Field(
        "compact", description="name of a model (see `models list`), file or training run"
    )
    engine: Literal["auto", "openvino", "keras"] = Field(
        "auto", description="auto takes a GPU when TensorFlow can use one, else the CPU engine"
    )
    threads: int = Field(
        0, ge=0, le=256, description="CPU threads of the depth engine; 0 lets it choose"
    )
    postprocess: bool = Field(
        False,
        description="look at the mirrored picture too and combine both; twice the time of depth",
    )


class SmoothingOptions(Section):
    """How calm disparity is over time."""

    smoothing: float = Field(
        0.6, ge=0, le=0.98, description="0 = every frame on its own, 0.98 = very calm and slow"
    )


class FocusOptions(Section):
    """What is sharp."""

    focus: str = Field(
        "centre",
        description="what is sharp: X,Y (0..1, right and down) | centre | track:X,Y | auto "
        "| disparity:D (0 = far end, 1 = near end)",
    )
    focus_range: float = Field(
        0.06,
        ge=0,
        le=1,
        description="depth kept fully sharp around the focus, as a share of the scene's depth",
    )
    rack: float = Field(
        0.35, ge=0, le=10, description="seconds in which the focus moves to a new plane"
    )

    @field_validator("focus")
    @classmethod
    def _known_focus(cls, value: str) -> str:
        parse_focus(value)
        return value


class DefocusOptions(Section):
    """What the blur looks like."""

    renderer: Literal["fast", "best", "classic"] = Field(
        "fast",
        description="fast = layered lens in linear light, best = many planes and what they hide, "
        "classic = the report's algorithm",
    )
    blur: float = Field(
        1.8, ge=0, le=MOST_BLUR, description="largest blur radius, % of the image width"
    )
    f_number: float | None = Field(
        None, ge=0.5, le=64, description="strength as that of a lens; wins over the blur"
    )
    focal_length_mm: float = Field(50.0, ge=4, le=1200, description="of the lens with an f-number")
    sensor_width_mm: float = Field(
        36.0, ge=1, le=100, description="longer side of its sensor; 36 = full frame"
    )
    subject_distance_m: float = Field(
        1.0, ge=0.05, le=1000, description="metres from the lens to the scene's near end"
    )
    far_distance_m: float | None = Field(
        None, ge=0.05, le=100_000, description="metres to its far end; by default very far away"
    )
    caution: float = Field(
        0.0,
        ge=0,
        le=10,
        description="blur less where disparity is doubtful, by this many standard deviations of "
        "it over 8 recoloured copies; above 0, depth takes nine times as long",
    )
    foreground_blur: bool = Field(
        True, description="blur what is nearer than the focus, too; on by default"
    )
    remember_background: bool = Field(
        False,
        description="for best, with a standing camera: fill what the subject hides with what was "
        "seen there before",
    )
    aperture_shape: Literal["disc", "hexagon", "octagon"] = Field(
        "disc", description="shape of an out-of-focus light"
    )
    cats_eye: float = Field(
        0.0, ge=0, le=1, description="how narrow out-of-focus lights become towards the corners"
    )
    highlights: float = Field(
        4.0, ge=0, le=16, description="light of a clipped lamp on top of white, in whites"
    )
    grain: float = Field(
        0.0, ge=0, le=1, description="share of the picture's noise that blurred areas get back"
    )
    blur_method: BlurMethod = Field("gaussian", description="how the classic renderer blurs")
    far_blur_method: BlurMethod | None = Field(
        None, description="how it blurs far from the focus; in between, the two are mixed"
    )
    levels: int = Field(
        8, ge=2, le=64, description="blurred versions that the classic renderer stitches"
    )

    @model_validator(mode="after")
    def _possible_lens(self) -> DefocusOptions:
        if self.f_number is None:
            return self
        if self.subject_distance_m * 1000 <= self.focal_length_mm:
            raise ValueError(
                f"a lens of {self.focal_length_mm:g} mm cannot focus on a subject at "
                "that distance; try a larger subject_distance_m. "
                f"Received: {self.subject_distance_m:g}"
            )
        if self.far_distance_m is not None and self.far_distance_m <= self.subject_distance_m:
            raise ValueError(
                "far_distance_m must be larger than subject_distance_m "
                f"({self.subject_distance_m:g}). Received: {self.far_distance_m:g}"
            )
        return self


class VideoOptions(Section):
    """How a video file is written."""

    codec: Literal["h264", "hevc", "av1", "vp9", "ffv1"] | None = Field(
        None, description="video codec; by default what suits the container"
    )
    quality: int = Field(
        20, ge=0, le=51, description="constant rate factor: lower is better and larger"
    )
    preset: Literal[
        "ultrafast", "superfast", "veryfast", "faster", "fast", "medium", "slow", "slower"
    ] = Field("veryfast", description="encoder effort for h264 and hevc")


class PhotoOptions(Section):
    """How the results of photos are written."""

    format: Literal["png", "jpg", "webp", "tiff", "input"] = Field(
        "png", description="format of the defocused photo; input = the same as the input's"
    )
    uncertainty: bool = Field(
        False,
        description="write NAME_uncertainty.npy and .png: how much disparity changes with colours",
    )
    augmentations: int = Field(
        50, ge=2, le=1000, description="recoloured copies that --uncertainty looks at"
    )
    baseline_m: float | None = Field(
        None,
        gt=0,
        description="write NAME_depth_m.npy, for a network trained on stereo pairs whose cameras "
        "were this many metres apart",
    )
    focal_px: float | None = Field(
        None,
        gt=0,
        description="focal length for --baseline-m, in pixels of the photo; by default from EXIF",
    )


class LiveOptions(Section):
    """Where live frames come from, where they go to, and at what pace."""

    camera: str = Field(
        "0",
        description="number, path or name of a camera; a video file, shown again and again; or "
        "`synthetic`",
    )
    output: tuple[str, ...] = Field(
        ("window",),
        min_length=1,
        description="window | virtual-camera[:DEVICE] | null | FILE; several at once",
    )
    size: str | None = Field(
        None,
        pattern=r"^[1-9]\d{1,4}x[1-9]\d{1,4}$",
        examples=["1280x720"],
        description="WxH to ask the camera for",
    )
    fps: float | None = Field(None, gt=0, le=240, description="frames a second to ask for")
    mirror: bool = Field(False, description="flip left and right, as in a mirror")
    depth: Literal["auto", "every-frame", "decoupled"] = Field(
        "auto",
        description="every-frame = a frame is shown with its own depth, decoupled = at the "
        "camera's rate with the newest depth, auto = decoupled while depth cannot keep up",
    )
    target_fps: float | None = Field(
        None, gt=0, le=240, description="lower depth's rate, then the resolution, to reach it"
    )


class Config(Section):
    """All options of a run."""

    depth: DepthOptions = DepthOptions()
    smoothing: SmoothingOptions = SmoothingOptions()
    focus: FocusOptions = FocusOptions()
    defocus: DefocusOptions = DefocusOptions()
    video: VideoOptions = VideoOptions()
    photo: PhotoOptions = PhotoOptions()
    live: LiveOptions = LiveOptions()


FocusMode = Literal["point", "centre", "track", "auto", "disparity"]


def parse_focus(text: str) -> tuple[FocusMode, tuple[float, ...]]:
    """Read a focus as the user writes it.

    Args:
        text: ``X,Y``, ``centre``, ``track:X,Y``, ``auto`` or ``disparity:D``.

    Returns:
        The mode and its numbers, each 0..1.

    Raises:
        ValueError: The text is none of these, or a number is outside 0..1.
    """
    if text == "centre":
        return "centre", ()
    if text == "auto":
        return "auto", ()
    head, colon, tail = text.partition(":")
    mode, numbers, count = ("point", text, 2) if not colon else (head, tail, 2)
    if mode == "disparity":
        count = 1
    try:
        values = tuple(float(part) for part in numbers.split(","))
    except ValueError:
        values = ()
    if mode not in ("point", "track", "disparity") or len(values) != count:
        raise ValueError(
            "focus must be X,Y | centre | track:X,Y | auto | disparity:D, "
            f"for example 0.5,0.4. Received: {text!r}"
        )
    if not all(0 <= value <= 1 for value in values):
        raise ValueError(f"focus must lie in 0..1 (0,0 is the top left). Received: {text!r}")
    return cast(FocusMode, mode), values


def load_config(path: Path | None = None, overrides: Mapping[str, Any] | None = None) -> Config:
    """Combine defaults, a TOML file and options given by name.

    Args:
        path: TOML file, the bare name of one that comes with the package ("cinematic"), or None.
            It has one table a section; options may also stand before all tables, by name.
        overrides: Options by field name, as the command line gives them; they win. None values
            count as not given.

    Returns:
        A validated configuration.

    Raises:
        ConfigError: The file cannot be read, or an option is unknown, of a wrong type or out of
            range; the message names the section and the option.
    """
    found = _read_toml(path) if path else {}
    homes = option_sections()
    # "focus" is an option and the section that it is in.
    alone = {n: v for n, v in found.items() if n in homes and not isinstance(v, dict)}
    tables = {name: value for name, value in found.items() if name not in alone}
    for name, value in [*alone.items(), *(overrides or {}).items()]:
        if value is not None:
            table = tables.setdefault(homes[name], {})
            if isinstance(table, dict):  # otherwise validation below says what is wrong
                table[name] = value
    try:
        return Config.model_validate(tables)
    except ValidationError as error:
        raise ConfigError(describe_validation_error(error, path)) from error


def option_sections() -> dict[str, str]:
    """The section that each option belongs to, by option name."""
    return {
        option: section
        for section, field in Config.model_fields.items()
        for option in field.annotation.model_fields  # type: ignore[union-attr]
    }


def describe_validation_error(error: ValidationError, path: Path | None = None) -> str:
    """One line that names the option, what was received and what is allowed."""
    first = error.errors()[0]
    where = ".".join(str(part) for part in first["loc"])
    source = f"{path}: " if path else ""
    if first["type"] == "extra_forbidden":
        return f"{source}unknown option {where!r}. Known: {_known_at(first['loc'])}"
    received = first["input"]
    message = first["msg"].removeprefix("Value error, ")
    if first["type"] == "string_pattern_mismatch":
        message = f"must be {_example_at(first['loc'])}"
    shown = "" if "Received:" in message else f" Received: {received!r}"
    if shown:
        message = message.removesuffix(".") + "."
    return f"{source}{where}: {message}{shown}"


def _known_at(location: tuple[int | str, ...]) -> str:
    sections = Config.model_fields
    if len(location) == 1:
        return ", ".join(sections)
    section = sections[str(location[0])].annotation
    return ", ".join(section.model_fields)  # type: ignore[union-attr]


def _example_at(location: tuple[int | str, ...]) -> str:
    """Of an option that has a pattern, which says nothing to people."""
    section = Config.model_fields[str(location[0])].annotation
    field = section.model_fields[str(location[1])]  # type: ignore[union-attr]
    return f"like {', '.join(field.examples)}" if field.examples else str(field.description)


def _read_toml(path: Path) -> dict[str, Any]:
    shipped = resource_dir("configs") / f"{path}.toml"
    try:
        with (shipped if not path.exists() and shipped.is_file() else path).open("rb") as file:
            return tomllib.load(file)
    except OSError as error:
        there = ", ".join(sorted(file.stem for file in resource_dir("configs").glob("*.toml")))
        raise ConfigError(
            f"cannot read configuration {path}: {error.strerror}; give a TOML file, or {there}"
        ) from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path} is not a valid TOML file: {error}") from error
