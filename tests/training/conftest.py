"""A small collection, drawn here: squares before slopes, with their labels."""

from pathlib import Path

import cv2
import numpy as np
import pytest

from streamdefocus.depth.teacher import RECIPE
from streamdefocus.training.config import TrainOptions

PHOTO = (48, 64)  # height, width


def draw(rng):
    """A near square before a slope: the picture and its disparity in 0..1."""
    slope = np.broadcast_to(np.linspace(0, 0.5, PHOTO[0])[:, None], PHOTO).copy()
    picture = (255 * np.stack([slope, 1 - slope, slope], -1)).astype(np.uint8)
    top, left = rng.integers(4, 16, 2)
    slope[top:, left : left + 24] = 1
    picture[top:, left : left + 24] = rng.integers(0, 255, 3)
    return picture, slope


def write(path, picture):
    path.parent.mkdir(parents=True, exist_ok=True)
    assert cv2.imwrite(str(path), picture)


@pytest.fixture
def collection(tmp_path: Path) -> Path:
    """A data folder with photos, portraits and one stereo scene, all labelled in the cache."""
    rng = np.random.default_rng(0)
    data, cache = tmp_path / "data", tmp_path / "cache"
    names = [f"caltech101/Faces/image_{i:04}.jpg" for i in range(4)]
    names += [f"caltech101/cup/image_{i:04}.jpg" for i in range(4)]
    names += [f"coco_people/images/{i:012}.jpg" for i in range(3)]
    for name in names:
        picture, label = draw(rng)
        write(data / name, picture)
        target = cache / RECIPE / f"{name}.npy"
        target.parent.mkdir(parents=True, exist_ok=True)
        np.save(target, label.astype(np.float16))
    picture, label = draw(rng)
    write(data / "stereo/m/Scene/left.png", picture)
    write(data / "stereo/m/Scene/disp.png", (label * 60).astype(np.uint8))  # 0: unknown
    np.save(_made(cache / RECIPE / "stereo/m/Scene/left.png.npy"), label.astype(np.float16))
    rows = "left\tright\tgt_disparity\tgt_scale\nm/Scene/left.png\tx\tm/Scene/disp.png\t3\n"
    (data / "stereo" / "pairs.tsv").write_text(rows)
    (tmp_path / "holdout.toml").write_text('holdout = ["caltech101/Faces/image_0003.jpg"]\n')
    return tmp_path


def _made(path):
    path.parent.mkdir(parents=True, exist_ok=True)
    return path


@pytest.fixture
def options(collection: Path) -> TrainOptions:
    return TrainOptions.model_validate(
        {
            "precision": "float32",
            "log_every": 1,
            "save_every": 2,
            "network": {"encoder": "compact", "width": 0.1},
            "labels": {
                "folder": collection / "data",
                "holdout": collection / "holdout.toml",
                "teacher": collection / "none.onnx",
                "cache": collection / "cache",
            },
            "batches": {
                "size_px": (128, 64),
                "large_px": (192, 64),
                "batch_size": 3,
                "large_batch_size": 2,
                "large": 0.3,
                "upright": 0.15,
            },
            "optimiser": {"steps": 5, "learning_rate": 1e-3, "warm_up": 2, "ema": 0.9},
        }
    )
