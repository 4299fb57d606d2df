r"""The paper's ablation, small: Deep3D, Deep3Ds, No LR, LR, and LR that sees both views.

    python benchmarks/ablation.py [--data ../shared/data/train] [--seeds 0 1] > table.md

Every method is trained from scratch on the same stereo pairs, for the same number of steps, from
the same seeds; none sees a disparity. Then the columns of the paper's table 1 are measured on
made-up rooms and streets, and on Middlebury scenes, that nothing was trained on. The same command
again goes on where it was interrupted; everything lies in ``--folder``. The full network, for a
GPU:

    python benchmarks/ablation.py --configs configs/train/ablation-full \
        --folder runs/ablation-full --size 512 256 --parallel 1

Depth is that of KITTI's rig, whatever made the pair: 721.5 px x 0.54 m / disparity in a picture of
1242 px, at most 80 m. So nothing is aligned, and D1-all counts the pixels of such a picture.
"""

from __future__ import annotations

import argparse
import csv
import json
import os
import subprocess
import sys
import tomllib
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import cache, partial
from pathlib import Path

import cv2
import numpy as np

from streamdefocus.depth.datasets import (
    StereoTruth,
    list_stereo_truth,
    read_holdout,
    read_photo,
    read_stereo_truth,
)
from streamdefocus.depth.measured import read_pairs
from streamdefocus.depth.postprocessing import combine_mirrored
from streamdefocus.depth.preprocessing import to_network_input
from streamdefocus.errors import StreamDefocusError
from streamdefocus.evaluation.depth.evaluation import Scores, evaluate
from streamdefocus.evaluation.depth.methods import Method
from streamdefocus.evaluation.depth.samples import Load, Sample
from streamdefocus.evaluation.depth.truths import DepthTruth
from streamdefocus.frames import BgrImage, FloatMap
from streamdefocus.training.stereo.pair import StereoPair
from streamdefocus.training.streams import by_processes
from streamdefocus.training.synthetic.rooms import Rooms
from streamdefocus.training.synthetic.streets import Streets
from streamdefocus.training.synthetic.views import Generator, Rig

Size = tuple[int, int]  # (width, height)

TRAINED_ON, REPORTED_ON = 1, 101
"""Seeds of the made-up pairs; nothing is tuned on the second."""
RIGS = {
    "rooms": (Rooms, Rig((70, 70), baseline_m=0.1, noise=3)),
    "streets": (Streets, Rig((70, 70), baseline_m=0.44, noise=3)),
}
TRAINING_PAIRS = {"rooms": 2000, "streets": 1000}
REPORTED_PAIRS = 60
KITTI_PX, KITTI_PX_M, KITTI_CAP_M = 1242, 721.5377 * 0.54, 80.0
COLUMNS = ("abs_rel", "sq_rel", "rmse", "rmse_log", "d1_all", "delta1", "delta2", "delta3")
ALIGNED, INNER = " aligned", " inner"
RIM = 0.1
"""Part of the width at the left that "inner" leaves out: much of it the right view never shows."""
TITLES = {
    "deep3d": "Deep3D",
    "deep3ds": "Deep3Ds",
    "no-lr": "No LR",
    "lr": "LR",
    "lr+pp": "LR + pp",
    "lr-stereo": "LR, both views",
    "mean": "mean of the training disparities",
    "ramp": "ramp, fitted to the truth",
}
"""The rows of the table; the last two are what a blind method reaches."""

COLOURS = {
    "deep3d": (40, 39, 214),
    "deep3ds": (14, 127, 255),
    "no-lr": (44, 160, 44),
    "lr": (180, 119, 31),
    "lr-stereo": (189, 103, 148),
}
"""Of the lines of what is trained, BGR."""


# --- Pairs ------------------------------------------------------------------------------------


@cache
def generator(kind: str, seed: int, size_px: Size) -> Generator:
    """The maker of one kind of pairs, with a fixed rig: disparity has a scale to be learnt."""
    make, rig = RIGS[kind]
    return make(seed, size_px, rig=rig)


def prepare(folder: Path, size_px: Size, processes: int) -> None:
    """Draw the training pairs once, for all methods; what is there already stays."""
    folder.mkdir(parents=True, exist_ok=True)
    for kind, count in TRAINING_PAIRS.items():
        listed = folder / f"{kind}.txt"
        if listed.is_file():
            continue
        lines, total = [], np.zeros(size_px[::-1])
        make = generator(kind, TRAINED_ON, size_px).pair
        for k, pair in enumerate(by_processes(make, 0, processes, count)):
            names = [f"{kind}-{k:05}-{side}.png" for side in ("left", "right")]
            for name, view in zip(names, (pair.left, pair.right), strict=True):
                cv2.imwrite(str(folder / name), view, [cv2.IMWRITE_PNG_COMPRESSION, 1])
            lines.append(" ".join(names))
            total += _fraction(pair)
        np.save(folder / f"{kind}-mean.npy", (total / count).astype(np.float32))
        listed.write_text("\n".join(lines) + "\n", encoding="utf-8")


def mean_disparity(folder: Path) -> FloatMap:
    """The mean of all training disparities at each place: what a network learns that is blind."""
    counts = np.array(list(TRAINING_PAIRS.values()), np.float32)
    means = [np.load(folder / f"{kind}-mean.npy") for kind in TRAINING_PAIRS]
    return np.asarray(np.average(means, axis=0, weights=counts), np.float32)


def _fraction(pair: StereoPair) -> FloatMap:
    assert pair.disparity is not None
    return pair.disparity / np.float32(pair.disparity.shape[1])


# --- What is measured on ----------------------------------------------------------------------


def made_up(kind: str, size_px: Size, k: int) -> Sample:
    """A pair that nothing was trained on."""
    pair = generator(kind, REPORTED_ON, size_px).pair(k)
    return _sample(kind, pair.name, pair.left, pair.right, _fraction(pair))


def middlebury(data: Path) -> list[Load]:
    """The held-out scenes with ground truth, both views."""
    holdout = read_holdout(Path("configs/train/holdout.toml"))
    rights = {row.left: row.right for row in read_pairs(data / "stereo" / "pairs.tsv")}

    def load(item: StereoTruth) -> Sample:
        left, truth = read_photo(item.photo), read_stereo_truth(item)
        right = read_photo(data / "stereo" / rights[item.name.removeprefix("stereo/")])
        truth = truth / np.float32(truth.shape[1])
        return _sample("middlebury", item.name, left, right, truth)

    return [partial(load, item) for item in list_stereo_truth(data, holdout, held_out=True)]


def _sample(kind: str, name: str, left: BgrImage, right: BgrImage, fraction: FloatMap) -> Sample:
    truth = fraction * np.float32(KITTI_PX)
    near_enough = truth > KITTI_PX_M / KITTI_CAP_M
    metric = DepthTruth(truth, near_enough, "none", KITTI_PX, KITTI_PX_M, KITTI_CAP_M, in_px=True)
    aligned = DepthTruth(truth, near_enough, "scale-shift", 1.0, KITTI_PX_M, KITTI_CAP_M)
    rim = np.arange(truth.shape[1]) < RIM * truth.shape[1]
    inner = replace(metric, counts=near_enough & ~rim)
    truths = {kind: metric, kind + INNER: inner, kind + ALIGNED: aligned}
    return Sample(name, left, truths, right)


# --- Training ---------------------------------------------------------------------------------


def train_all(configs: Path, folder: Path, seeds: Sequence[int], parallel: int) -> dict[str, Path]:
    """Train every method from every seed; what was finished is not trained again.

    Returns:
        Folders of the runs, by "method seed".
    """
    runs = {
        f"{config.stem} {seed}": _config_of(config, seed, folder)
        for seed in seeds
        for config in sorted(configs.glob("*.toml"))
    }
    with ThreadPoolExecutor(parallel) as pool:
        failed = [run for run in pool.map(partial(_train, folder, parallel), runs.values()) if run]
    if failed:
        raise StreamDefocusError(f"training failed, see {', '.join(failed)}")
    return {name: folder / config.stem for name, config in runs.items()}


def _config_of(config: Path, seed: int, folder: Path) -> Path:
    """The configuration with a seed, under the name of its run."""
    seeded = folder / "configs" / f"{config.stem}-seed{seed}.toml"
    seeded.parent.mkdir(parents=True, exist_ok=True)
    seeded.write_text(f"seed = {seed}\n{config.read_text('utf-8')}", encoding="utf-8")
    return seeded


def _train(folder: Path, parallel: int, config: Path) -> str:
    """Run the trainer in a process of its own; returns its log's name if it failed."""
    if _finished(folder / config.stem, config):
        return ""
    cores = max((os.cpu_count() or 1) // parallel, 1)
    environment = os.environ | {
        "TF_NUM_INTRAOP_THREADS": str(cores),
        "TF_NUM_INTEROP_THREADS": "1",
        "OMP_NUM_THREADS": str(cores),
    }
    command = [sys.executable, "-m", "streamdefocus", "train", str(config), "--runs", str(folder)]
    output = folder / f"{config.stem}.txt"
    with output.open("w", encoding="utf-8") as file:
        done = subprocess.run(
            [*command, "--threads", "1", "--quiet"],
            env=environment,
            stdout=file,
            stderr=subprocess.STDOUT,
            check=False,
        )
    return output.as_posix() if done.returncode else ""


def _finished(run: Path, config: Path) -> bool:
    steps = tomllib.loads(config.read_text(encoding="utf-8"))["optimiser"]["steps"]
    try:  # the log may be ahead of the checkpoint
        with np.load(run / "state.npz") as state:
            return int(state["step"]) == steps
    except OSError:
        return False


def _log(run: Path) -> list[dict[str, str]]:
    path = run / "log.csv"
    if not path.is_file():
        return []
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


# --- Measuring --------------------------------------------------------------------------------


Estimate = Callable[[FloatMap], FloatMap]
"""From B x H x W x C float32 RGB in 0..1 to B x H x W disparity, a fraction of the width."""


def open_run(run: Path) -> tuple[Estimate, tuple[int, int], bool]:
    """A trained network, (width, height) of its pictures, and whether it sees both views."""
    from keras import ops

    from streamdefocus.depth.network import build_network, disparity_network

    table = tomllib.loads((run / "network.toml").read_text(encoding="utf-8"))
    arguments = {key: value for key, value in table.items() if key not in ("input_px", "metric")}
    width, height = table["input_px"]
    network = build_network(**arguments, height=height, width_px=width)
    network.load_weights(run / f"{run.name}.weights.h5")
    if arguments.get("head") == "deep3d":
        network = disparity_network(network)

    def estimate(pictures: FloatMap) -> FloatMap:
        finest = network(pictures, training=False)[0]
        return np.asarray(ops.convert_to_numpy(finest[..., 0]), np.float32)

    return estimate, (width, height), arguments.get("input_channels", 3) == 6


def methods_of(run: Path, name: str) -> dict[str, Method]:
    """A run as methods to measure; "lr" post-processed as well."""
    estimate, size_px, sees_pairs = open_run(run)

    def prepared(picture: BgrImage) -> FloatMap:
        views = np.split(picture, picture.shape[2] // 3, axis=2)
        small = [to_network_input(view, size_px)[..., ::-1] for view in views]
        return np.asarray(np.concatenate(small, axis=2)[None] / np.float32(255), np.float32)

    def resized(disparity: FloatMap, picture: BgrImage) -> FloatMap:
        size = picture.shape[1::-1]
        return np.asarray(cv2.resize(disparity, size, interpolation=cv2.INTER_LINEAR), np.float32)

    def plain(picture: BgrImage) -> FloatMap:
        return resized(estimate(prepared(picture))[0], picture)

    def post_processed(picture: BgrImage) -> FloatMap:
        image = prepared(picture)
        direct, mirrored = estimate(image)[0], estimate(image[:, :, ::-1])[0]
        return resized(combine_mirrored(direct, mirrored[:, ::-1]), picture)

    method, seed = name.split()
    methods = {name: Method(plain, is_metric=True, sees_pairs=sees_pairs)}
    if method == "lr":
        methods[f"lr+pp {seed}"] = Method(post_processed, is_metric=True)
    return methods


def measure(runs: dict[str, Path], pairs: Path, size_px: Size, data: Path) -> Scores:
    """Every run, and the baselines, on what none was trained on."""
    mean = mean_disparity(pairs)

    def blind(picture: BgrImage) -> FloatMap:
        return np.asarray(cv2.resize(mean, picture.shape[1::-1]), np.float32)

    methods = {"mean 0": Method(blind, is_metric=True)}
    for name, run in runs.items():
        methods |= methods_of(run, name)
    sets: dict[str, Sequence[Load]] = {
        kind: [partial(made_up, kind, size_px, k) for k in range(REPORTED_PAIRS)] for kind in RIGS
    }
    if (data / "stereo" / "pairs.tsv").is_file():
        sets["middlebury"] = middlebury(data)
    scores: Scores = {}
    for kind, loads in sets.items():  # one at a time: baselines are fitted to each
        scores |= evaluate(methods, {kind: loads})
    return scores


# --- Reporting --------------------------------------------------------------------------------


def by_method(scores: dict[str, dict[str, float]]) -> dict[str, dict[str, list[float]]]:
    """{method: {metric: values of all seeds}} of {"method seed": {metric: value}}."""
    found: dict[str, dict[str, list[float]]] = {}
    for name, row in scores.items():
        for key, value in row.items():
            found.setdefault(name.split()[0], {}).setdefault(key, []).append(value)
    return found


def as_markdown(scores: Scores) -> str:
    """A table for each data set: means over the seeds, and half of their range."""
    lines = []
    for kind in (name for name in scores if not name.endswith((ALIGNED, INNER))):
        rows, *others = (by_method(scores[kind + suffix]) for suffix in ("", INNER, ALIGNED))
        images = round(next(iter(rows.values()))["images"][0])
        lines += [f"### {kind}, {images} pictures", ""]
        lines.append(
            "| method | " + " | ".join(COLUMNS) + f" | abs_rel{INNER} | abs_rel{ALIGNED} |"
        )
        lines.append("|---" * (len(COLUMNS) + 3) + "|")
        for method, title in TITLES.items():
            if method in rows:
                cells = [_cell(rows[method][column]) for column in COLUMNS]
                cells += [_cell(other[method]["abs_rel"]) for other in others]
                lines.append(f"| {title} | " + " | ".join(cells) + " |")
        lines.append("")
    return "\n".join(lines)


def _cell(values: list[float]) -> str:
    mean, spread = float(np.mean(values)), (max(values) - min(values)) / 2
    return f"{mean:.3g} ± {spread:.2g}" if len(values) > 1 else f"{mean:.3g}"


def write_curves(runs: dict[str, Path], path: Path) -> None:
    """The losses of all runs in one table: run, step, samples, seconds, loss, appearance."""
    columns = ("step", "samples", "seconds", "loss", "appearance")
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(("run", *columns))
        for name, run in runs.items():
            writer.writerows([name, *(row[key] for key in columns)] for row in _log(run))


def draw_curves(runs: dict[str, Path], path: Path) -> None:
    """The loss of every run over its steps, on a logarithmic scale; a colour a method."""
    rows = {
        name: [(int(r["step"]), float(r["loss"])) for r in _log(run)] for name, run in runs.items()
    }
    last = max(step for points in rows.values() for step, _ in points)
    losses = [loss for points in rows.values() for _, loss in points]
    low, high = np.log(min(losses)), np.log(max(losses))
    width, height, margin = 640, 360, 48

    def place(step: int, loss: float) -> tuple[int, int]:
        x = margin + step / last * (width - 2 * margin)
        y = margin / 2 + (high - np.log(loss)) / (high - low) * (height - 1.5 * margin)
        return round(x), round(y)

    def write(text: str, at: tuple[int, int], colour: tuple[int, int, int]) -> None:
        cv2.putText(sheet, text, at, cv2.FONT_HERSHEY_SIMPLEX, 0.45, colour, 1, cv2.LINE_AA)

    sheet = np.full((height, width, 3), 255, np.uint8)
    for loss in (level for level in (0.25, 0.5, 1.0, 2.0) if low <= np.log(level) <= high):
        left, right = place(0, loss), place(last, loss)
        cv2.line(sheet, left, right, (225, 225, 225), 1)
        write(f"{loss:g}", (8, left[1] + 5), (90, 90, 90))
    for step in range(0, last + 1, 500):
        write(f"{step}", (place(step, 1.0)[0] - 12, height - 14), (90, 90, 90))
    for name, points in rows.items():
        line = np.array([place(*point) for point in points], np.int32)
        cv2.polylines(sheet, [line], False, COLOURS[name.split()[0]], 1, cv2.LINE_AA)
    for i, (method, colour) in enumerate(COLOURS.items()):
        write(TITLES[method], (width - 190, 40 + 18 * i), colour)
    cv2.imwrite(str(path), sheet)


def draw_sheet(runs: dict[str, Path], size_px: Size, data: Path, path: Path) -> None:
    """Pictures, truths and what every method's first seed makes of them, side by side."""
    samples = [made_up(kind, size_px, k) for kind in RIGS for k in (1, 2)]
    if (data / "stereo" / "pairs.tsv").is_file():
        samples += [load() for load in middlebury(data)[:2]]
    seed = next(iter(runs)).split()[1]
    methods: dict[str, Method] = {}
    for name, run in runs.items():
        if name.endswith(f" {seed}"):
            methods |= methods_of(run, name)
    order = list(TITLES)
    methods = dict(sorted(methods.items(), key=lambda item: order.index(item[0].split()[0])))
    rows = []
    for sample in samples:
        truth = next(iter(sample.truths.values()))
        assert isinstance(truth, DepthTruth)
        maps = [truth.disparity / KITTI_PX, *(method(sample) for method in methods.values())]
        near = float(np.quantile(maps[0], 0.98))
        tiles = [cv2.resize(sample.picture, (192, 96), interpolation=cv2.INTER_AREA)]
        for values in maps:
            grey = (255 * np.clip(cv2.resize(values, (192, 96)) / near, 0, 1)).astype(np.uint8)
            tiles.append(cv2.applyColorMap(grey, cv2.COLORMAP_INFERNO))
        rows.append(np.hstack(tiles))
    titles = ["", "truth", *(TITLES[name.split()[0]] for name in methods)]
    head = np.zeros((20, 192 * len(titles), 3), np.uint8)
    for i, title in enumerate(titles):
        at = (192 * i + 4, 14)
        cv2.putText(head, title, at, cv2.FONT_HERSHEY_SIMPLEX, 0.45, (255, 255, 255), 1)
    cv2.imwrite(str(path), np.vstack([head, *rows]), [cv2.IMWRITE_JPEG_QUALITY, 60])


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--configs", type=Path, default=Path("configs/train/ablation"))
    parser.add_argument("--data", type=Path, default=Path("../shared/data/train"))
    parser.add_argument("--folder", type=Path, default=Path("runs/ablation"))
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1])
    parser.add_argument("--size", type=int, nargs=2, default=[256, 128], help="of made-up pairs")
    parser.add_argument("--parallel", type=int, default=2, help="trainings at once (default 2)")
    arguments = parser.parse_args()
    folder, size_px = arguments.folder, (arguments.size[0], arguments.size[1])
    try:
        prepare(folder / "pairs", size_px, arguments.parallel)
        runs = train_all(arguments.configs, folder, arguments.seeds, arguments.parallel)
        scores = measure(runs, folder / "pairs", size_px, arguments.data)
    except StreamDefocusError as error:
        print(error, file=sys.stderr)
        return 1
    print(as_markdown(scores))
    (folder / "scores.json").write_text(json.dumps(scores, indent=1), encoding="utf-8")
    write_curves(runs, folder / "curves.csv")
    draw_curves(runs, folder / "curves.png")
    draw_sheet(runs, size_px, arguments.data, folder / "sheet.jpg")
    return 0


if __name__ == "__main__":
    sys.exit(main())
