"""Options of a training run, read from a TOML file; unknown keys are errors."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from streamdefocus.errors import ConfigError

Part = Annotated[float, Field(ge=0, le=1)]
Size = tuple[Annotated[int, Field(gt=0)], Annotated[int, Field(gt=0)]]


class _Table(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class NetworkOptions(_Table):
    """Arguments of depth.network.build_network."""

    encoder: str
    width: float = Field(default=1.0, gt=0)


class DataOptions(_Table):
    """What is learnt from. Paths are relative to the working directory: the checkout.

    Attributes:
        folder: Folder of the collections.
        holdout: TOML file with the patterns of what is never trained on.
        teacher: The teacher's ONNX file.
        cache: Where pseudo-labels are kept.
        scenes, faces, truth, pasted: Parts of the samples: pseudo-labelled photos of anything,
            of portraits, photos with measured disparity, people pasted on one of the former.
    """

    folder: Path
    holdout: Path
    teacher: Path
    cache: Path = Path(".cache/labels")
    scenes: Part = 0.3
    faces: Part = 0.2
    truth: Part = 0.1
    pasted: Part = 0.4

    @model_validator(mode="after")
    def _parts_are_whole(self) -> Self:
        total = self.scenes + self.faces + self.truth + self.pasted
        if abs(total - 1) > 1e-6:
            raise ValueError(f"scenes + faces + truth + pasted must be 1. Received: {total:g}")
        return self


class BatchOptions(_Table):
    """Shapes of the batches.

    Attributes:
        small_px, large_px: (width, height) of landscape pictures.
        small_batch, large_batch: Pictures in a batch.
        large: Part of the batches that are large.
        upright: Part of the batches that stand on their short side.
    """

    small_px: Size = (256, 128)
    large_px: Size = (512, 256)
    small_batch: int = Field(default=16, gt=0)
    large_batch: int = Field(default=4, gt=0)
    large: Part = 0.3
    upright: Part = 0.15


class LossOptions(_Table):
    """Weights of the losses; see losses.py.

    Attributes:
        trim: Part of each picture's pixels that the loss leaves out.
        gradient: Weight of the gradient loss against the scale-and-shift-invariant one.
        anchor: Weight of the absolute difference, which keeps disparities in a fixed range.
        scales: Weights of the four outputs.
    """

    trim: Part = 0.0
    gradient: float = Field(default=0.5, ge=0)
    anchor: float = Field(default=2.0, ge=0)
    scales: tuple[float, float, float, float] = (1.0, 0.5, 0.25, 0.25)


class OptimiserOptions(_Table):
    """Adam, and how its step size rises and falls.

    Attributes:
        steps: Batches in all.
        learning_rate: The largest.
        warm_up: Steps in which it rises from nothing.
        decay_from: Part of the steps after which it falls by a cosine to nothing. Until then
            `steps` may be changed and the run resumed.
        clip_norm: Largest norm of a step's gradient.
        ema: Momentum of the average of weights that is saved as the result.
    """

    steps: int = Field(gt=0)
    learning_rate: float = Field(gt=0)
    warm_up: int = Field(default=500, ge=0)
    decay_from: Part = 0.6
    clip_norm: float = Field(default=1.0, gt=0)
    ema: float = Field(default=0.999, ge=0, lt=1)


class TrainOptions(_Table):
    """A whole run; its name is the file's.

    Attributes:
        seed: Of the weights and of every batch.
        precision: Keras' dtype policy.
        log_every: Steps between lines of log.csv.
        save_every: Steps between checkpoints.
    """

    seed: int = 0
    precision: str = "mixed_bfloat16"
    log_every: int = Field(default=50, gt=0)
    save_every: int = Field(default=1000, gt=0)
    network: NetworkOptions
    data: DataOptions
    batches: BatchOptions = BatchOptions()
    loss: LossOptions = LossOptions()
    optimiser: OptimiserOptions


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
