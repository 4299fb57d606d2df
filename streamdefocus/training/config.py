"""Options of a training run, read from a TOML file; unknown keys are errors.

The defaults are the paper's: Godard, Mac Aodha, Brostow: "Unsupervised Monocular Depth Estimation
with Left-Right Consistency", CVPR 2017, section 4.1. Paths are relative to the working directory:
the checkout.
"""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from streamdefocus.errors import ConfigError

Part = Annotated[float, Field(ge=0, le=1)]
Size = tuple[Annotated[int, Field(gt=0)], Annotated[int, Field(gt=0)]]
Weight = Annotated[float, Field(ge=0)]


class _Table(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class NetworkSizes(_Table):
    """Other values of depth.network.config.Config, for the encoder "compact"."""

    encoder: tuple[Annotated[int, Field(gt=0)], ...] | None = None
    depths: tuple[Annotated[int, Field(ge=0)], ...] | None = None
    decoder: tuple[Annotated[int, Field(gt=0)], ...] | None = None
    separable: bool | None = None
    upsampling: Literal["nearest", "bilinear"] | None = None
    finish: Literal["transposed", "full"] | None = None


class NetworkOptions(_Table):
    """Arguments of depth.network.build_network; what is not given is its default."""

    encoder: str
    width: float = Field(default=1.0, gt=0)
    input_channels: Literal[3, 6] = 3
    disparities: int | None = Field(default=None, gt=0)
    head: Literal["disparity", "deep3d"] = "disparity"
    projecting_shortcuts: bool = False
    sizes: NetworkSizes | None = None

    def arguments(self) -> dict[str, Any]:
        """What differs from the defaults."""
        return self.model_dump(mode="json", exclude_defaults=True)


# --- What is learnt from ----------------------------------------------------------------------


class LabelOptions(_Table):
    """Photos with pseudo-labels or measured disparity; see labels/.

    Attributes:
        folder: Folder of the collections.
        photos: More folders of photos, all of which are pseudo-labelled.
        measured: More folders of pictures with measured disparity or depth; see depth.measured.
        holdout: TOML file with the patterns of what is never trained on.
        teacher: The teacher's ONNX file.
        cache: Where pseudo-labels are kept.
        scenes, faces, truth, pasted: Parts of the samples: pseudo-labelled photos of anything,
            of portraits, photos with measured disparity, people pasted on one of the former.
        rooms: Part of rendered rooms, whose disparity is exact.
        different_rooms: How many are rendered.
        matched: Whether stereo pairs without measured disparity are matched, and count as such.
        hands: Part of the pasted people before whom a hand is held up.
    """

    folder: Path
    photos: tuple[Path, ...] = ()
    measured: tuple[Path, ...] = ()
    holdout: Path
    teacher: Path
    cache: Path = Path(".cache/labels")
    scenes: Part = 0.3
    faces: Part = 0.2
    truth: Part = 0.1
    pasted: Part = 0.4
    rooms: Part = 0.0
    different_rooms: int = Field(default=1000, gt=0)
    matched: bool = False
    hands: Part = 0.0

    @model_validator(mode="after")
    def _parts_are_whole(self) -> Self:
        total = self.scenes + self.faces + self.truth + self.pasted + self.rooms
        if abs(total - 1) > 1e-6:
            raise ValueError(
                f"scenes + faces + truth + pasted + rooms must be 1. Received: {total:g}"
            )
        return self


class _StereoPart(_Table):
    """One source of stereo pairs.

    Attributes:
        share: How often it is drawn from, against the shares of the others.
        smallest_crop: Least side of the random crops, as a part of the picture's; 1 is all of it.
    """

    share: float = Field(default=1.0, gt=0)
    smallest_crop: float = Field(default=1.0, gt=0, le=1)


class PairListOptions(_StereoPart):
    """A text file with two paths a line, left and right view, as the original implementation's.

    Attributes:
        file: The list.
        root: What its paths are relative to.
        suffix: Read files with this suffix instead of the listed one, as ".jpg" for ".png".
        keep_top: Part of the rows that is kept; 0.8 drops Cityscapes' car hood.
    """

    kind: Literal["list"]
    file: Path
    root: Path
    suffix: str | None = None
    keep_top: float = Field(default=1.0, gt=0, le=1)


class PairTableOptions(_StereoPart):
    """A folder with ``stereo/pairs.tsv``, whose first two columns are left and right view.

    Attributes:
        folder: The folder that holds ``stereo``.
        holdout: TOML file with the patterns of what is never trained on.
    """

    kind: Literal["table"]
    folder: Path
    holdout: Path


class SyntheticOptions(_StereoPart):
    """Pairs rendered as they are needed; see synthetic/.

    Attributes:
        textures: Folder of photos that hang on walls, stand on screens and cover things, beside
            the painted patterns; none by default.
    """

    kind: Literal["rooms", "streets"]
    textures: Path | None = None


class WarpedOptions(_StereoPart):
    """Single photos, and the second view that their pseudo-labels make of them.

    Attributes:
        folder, holdout, teacher, cache: See LabelOptions.
    """

    kind: Literal["photos"]
    folder: Path
    holdout: Path
    teacher: Path
    cache: Path = Path(".cache/labels")


StereoPartOptions = Annotated[
    PairListOptions | PairTableOptions | SyntheticOptions | WarpedOptions,
    Field(discriminator="kind"),
]


class BatchOptions(_Table):
    """Shapes of the batches.

    Attributes:
        size_px: (width, height) of landscape pictures.
        batch_size: Pictures, or pairs, in a batch.
        large_px, large_batch_size: Those of the large batches, if there are any.
        large: Part of the batches that are large.
        upright: Part of the batches that stand on their short side.
    """

    size_px: Size = (512, 256)
    batch_size: int = Field(default=8, gt=0)
    large_px: Size = (512, 256)
    large_batch_size: int = Field(default=4, gt=0)
    large: Part = 0.0
    upright: Part = 0.0


# --- What is minimised ------------------------------------------------------------------------


class LabelObjectiveOptions(_Table):
    """Arguments of objectives.LabelObjective.

    Attributes:
        trim: Part of each picture's pixels that the loss leaves out.
        gradient: Weight of the gradient loss against the scale-and-shift-invariant one.
        anchor: Weight of the absolute difference, which keeps disparities in a fixed range.
        scales: Weights of the four outputs.
    """

    kind: Literal["labels"] = "labels"
    trim: Part = 0.0
    gradient: Weight = 0.5
    anchor: Weight = 2.0
    scales: tuple[Weight, Weight, Weight, Weight] = (1.0, 0.5, 0.25, 0.25)


class StereoObjectiveOptions(_Table):
    """Arguments of objectives.StereoObjective, the paper's equations 1 to 4.

    Attributes:
        appearance, smoothness, consistency: Weights of the three terms; no consistency is the
            paper's "No LR".
        ssim: Part of SSIM in the appearance term.
    """

    kind: Literal["stereo"]
    appearance: Weight = 1.0
    smoothness: Weight = 0.1
    consistency: Weight = 1.0
    ssim: Part = 0.85


class Deep3DObjectiveOptions(_Table):
    """Arguments of objectives.Deep3DObjective (supplement, section 3).

    Attributes:
        concentration, smoothness: Weights of the terms that make Deep3D the paper's Deep3Ds.
    """

    kind: Literal["deep3d"]
    concentration: Weight = 0.0
    smoothness: Weight = 0.0


ObjectiveOptions = Annotated[
    LabelObjectiveOptions | StereoObjectiveOptions | Deep3DObjectiveOptions,
    Field(discriminator="kind"),
]


# --- How ------------------------------------------------------------------------------------


class OptimiserOptions(_Table):
    """The optimiser, and how its step size rises and falls.

    Attributes:
        kind: "adam", the paper's; or "muon", which learns more from each batch: see optimisers.
        steps: Batches in all; or
        epochs: Times that as many pairs are drawn as the lists hold; every pair once each, if there
            is one list and all batches are of one size.
        learning_rate: The largest.
        schedule: "halving", the paper's: at 3/5 and at 4/5 of the steps; or "cosine".
        warm_up: Steps in which it rises from nothing.
        decay_from: Part of the steps after which the cosine falls. Until then `steps` may be
            changed and the run resumed.
        epsilon: Adam's.
        clip_norm: Largest norm of a step's gradient; none by default.
        ema: Momentum of the average of weights that is saved as the result, 0 for the weights
            themselves. It is lowered so that the average spans a tenth of the steps at most.
    """

    kind: Literal["adam", "muon"] = "adam"
    steps: int | None = Field(default=None, gt=0)
    epochs: int | None = Field(default=None, gt=0)
    learning_rate: float = Field(default=1e-4, gt=0)
    schedule: Literal["halving", "cosine"] = "halving"
    warm_up: int = Field(default=0, ge=0)
    decay_from: Part = 0.6
    epsilon: float = Field(default=1e-8, gt=0)
    clip_norm: float | None = Field(default=None, gt=0)
    ema: float = Field(default=0.0, ge=0, lt=1)

    @model_validator(mode="after")
    def _one_length(self) -> Self:
        if (self.steps is None) == (self.epochs is None):
            raise ValueError("give either steps or epochs")
        return self


class TrainOptions(_Table):
    """A whole run; its name is the file's.

    Attributes:
        seed: Of the weights and of every batch.
        precision: Keras' dtype policy. (float16 would need its loss scaled.)
        initial: File of weights to start from; random ones by default.
        freeze_norm: Normalise with the initial weights' statistics, as at inference, not with each
            batch's. A network that was trained with those of batches is worse without them.
        log_every: Steps between lines of log.csv and points of TensorBoard's curves.
        picture_every: Steps between TensorBoard's pictures.
        save_every: Steps between checkpoints.
        labels, stereo: What is learnt from: one of the two.
    """

    seed: int = Field(default=0, ge=0)
    precision: Literal["float32", "mixed_bfloat16"] = "float32"
    initial: Path | None = None
    freeze_norm: bool = False
    log_every: int = Field(default=50, gt=0)
    picture_every: int = Field(default=1000, gt=0)
    save_every: int = Field(default=1000, gt=0)
    network: NetworkOptions
    labels: LabelOptions | None = None
    stereo: tuple[StereoPartOptions, ...] = ()
    batches: BatchOptions = BatchOptions()
    objective: ObjectiveOptions = LabelObjectiveOptions()
    optimiser: OptimiserOptions

    @model_validator(mode="after")
    def _one_kind_of_data(self) -> Self:
        from_labels = self.objective.kind == "labels"
        if from_labels != (self.labels is not None) or from_labels == bool(self.stereo):
            needed = "a table [labels] and no" if from_labels else "no table [labels], but"
            raise ValueError(
                f'the objective "{self.objective.kind}" needs {needed} tables [[stereo]]'
            )
        if from_labels and self.network.input_channels != 3:
            raise ValueError("single photos need network.input_channels = 3")
        if self.freeze_norm and self.initial is None:
            raise ValueError("freeze_norm needs initial: new weights have no statistics")
        if (self.objective.kind == "deep3d") != (self.network.head == "deep3d"):
            raise ValueError('the objective "deep3d" and the head "deep3d" go together')
        return self


def load_train_options(path: Path) -> TrainOptions:
    """Read and check a training configuration.

    Raises:
        ConfigError: The file is missing, is not TOML, or has an unknown key or a bad value; the
            message names the table and the key.
    """
    try:
        return TrainOptions.model_validate(tomllib.loads(path.read_text(encoding="utf-8")))
    except OSError as error:
        raise ConfigError(f"cannot read the training configuration {path}: {error}") from error
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"{path} is not valid TOML: {error}") from error
    except ValidationError as error:
        lines = [f"{'.'.join(map(str, e['loc']))}: {e['msg']}" for e in error.errors()]
        raise ConfigError(f"{path}: {'; '.join(lines)}") from error
