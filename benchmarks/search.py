r"""Networks of the compact family, and parts of what they learn from, compared: quality against ms.

    python benchmarks/search.py                                   # every network, one seed
    python benchmarks/search.py --only compact deep --seeds 0 1 2 # finalists
    python benchmarks/search.py --what data --network tiny        # each part of the data left out
    python benchmarks/search.py --what loss --network tiny        # each term of the loss left out

Every one is trained from scratch with Muon, on the same samples for the same number of steps, with
the default network's data but without configs/train/tuning.toml, on whose pictures it is measured.
What configs/train/holdout.toml lists is neither trained nor measured on: that is for reporting. The
same command again goes on where it was interrupted; everything lies in ``--folder``.

ms: of the CPU engine at 512x256, medians of runs that take turns. quality: the mean of Middlebury's
1 - AbsRel, of the IoU of COCO's people and of pasted people, and of the latter's boundary F within
3 px.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import tomllib
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from turns import medians_ms

from streamdefocus.config import load_config
from streamdefocus.depth.datasets import read_holdout
from streamdefocus.errors import StreamDefocusError
from streamdefocus.evaluation.depth import evaluate, network_method
from streamdefocus.evaluation.depth.collections import open_collections
from streamdefocus.training.folder import as_toml

BASE = Path("configs/train/compact-rooms.toml")
HOLDOUT, TUNING = Path("configs/train/holdout.toml"), Path("configs/train/tuning.toml")
Change = Mapping[str, Mapping[str, Any]]
"""Other values of a configuration, by table and key."""


def _sizes(**sizes: Any) -> Change:
    return {"network": {"sizes": sizes}}


NETWORKS: dict[str, Change] = {
    "compact": {},
    "bilinear": _sizes(upsampling="bilinear"),
    "separable": _sizes(separable=True),
    "full-finish": _sizes(finish="full"),
    "deep": _sizes(depths=[0, 1, 1, 3, 4, 3]),
    "wide-below": _sizes(encoder=[16, 32, 64, 128, 256, 384], decoder=[192, 128, 80, 48, 16]),
    "narrow-above": _sizes(encoder=[12, 24, 48, 128, 192, 256], decoder=[128, 112, 64, 32, 12]),
    "half": {"network": {"width": 0.5}},
    "tiny": _sizes(
        encoder=[8, 12, 32, 64, 128, 192], depths=[0, 0, 1, 1, 2, 2], decoder=[96, 48, 24, 12, 8]
    ),
    "tiny-separable": _sizes(
        encoder=[8, 16, 48, 96, 192, 256],
        depths=[0, 0, 1, 2, 2, 2],
        decoder=[96, 64, 32, 16, 8],
        separable=True,
    ),
}
DATA: dict[str, Change] = {
    "everything": {},
    "no rooms": {"labels": {"rooms": 0.0, "scenes": 0.42}},
    "no measured": {"labels": {"truth": 0.0, "matched": False, "scenes": 0.46}},
    "no matched": {"labels": {"matched": False}},
    "no pasted": {"labels": {"pasted": 0.0, "scenes": 0.66}},
    "no hands": {"labels": {"hands": 0.0}},
    "no photos": {"labels": {"scenes": 0.0, "faces": 0.0, "truth": 0.4, "rooms": 0.24}},
}
LOSS: dict[str, Change] = {
    "everything": {},
    "no gradient": {"objective": {"kind": "labels", "gradient": 0.0}},
    "no anchor": {"objective": {"kind": "labels", "anchor": 0.0}},
    "trimmed": {"objective": {"kind": "labels", "trim": 0.2}},
    "finest scale only": {"objective": {"kind": "labels", "scales": [1.0, 0.0, 0.0, 0.0]}},
}
KINDS = {"networks": NETWORKS, "data": DATA, "loss": LOSS}
QUALITY = {
    "middlebury": ("abs_rel",),
    "coco_people": ("iou",),
    "pasted_people": ("iou", "boundary_f"),
}
"""What is measured; the errors count from 1 downwards."""


# --- Training ---------------------------------------------------------------------------------


def train(name: str, change: Change, seed: int, arguments: argparse.Namespace) -> Path:
    """Train one in a process of its own, or go on with it; the folder of its run."""
    folder: Path = arguments.folder
    title = f"{_slug(name)}-{arguments.steps}-{arguments.precision}-seed{seed}"
    config = folder / "configs" / f"{title}.toml"
    config.parent.mkdir(parents=True, exist_ok=True)
    options = _configuration(change, seed, arguments.steps, folder)
    config.write_text(as_toml(options | {"precision": arguments.precision}), encoding="utf-8")
    command = [sys.executable, "-m", "streamdefocus", "train", str(config), "--runs", str(folder)]
    subprocess.run([*command, "--quiet"], check=True, stdout=subprocess.DEVNULL)
    return folder / config.stem


def _slug(name: str) -> str:
    return name.replace(",", "").replace(" ", "-")


def _configuration(change: Change, seed: int, steps: int, folder: Path) -> dict[str, Any]:
    options = tomllib.loads(BASE.read_text(encoding="utf-8"))
    del options["initial"]
    everything = folder / "holdout.toml"
    everything.write_text(as_toml({"holdout": [*read_holdout(HOLDOUT), *read_holdout(TUNING)]}))
    options["labels"]["holdout"] = everything.as_posix()
    options["optimiser"] |= {"kind": "muon", "steps": steps, "learning_rate": 2e-3}
    options["optimiser"] |= {"warm_up": min(100, steps // 4), "decay_from": 0.4}
    for table, values in change.items():
        options[table] = options.get(table, {}) | values
    return options | {"seed": seed, "save_every": steps, "picture_every": steps}


# --- Measuring --------------------------------------------------------------------------------


def measure(runs: Mapping[str, Path], data: Path) -> dict[str, dict[str, float]]:
    """The scores of every run, and of the trivial baselines, on the pictures for tuning."""
    samples = open_collections(data, read_holdout(TUNING))
    methods = {
        name: network_method(load_config(overrides={"model": str(run), "engine": "keras"}).depth)
        for name, run in runs.items()
    }
    scores = evaluate(methods, {name: samples[name] for name in QUALITY})
    return {name: _row({s: scores[s][name] for s in QUALITY}) for name in scores["middlebury"]}


def _row(scores: Mapping[str, Mapping[str, float]]) -> dict[str, float]:
    row = {
        f"{s} {metric}": scores[s][metric] for s, metrics in QUALITY.items() for metric in metrics
    }
    row["quality"] = float(np.mean([1 - v if "abs_rel" in key else v for key, v in row.items()]))
    return row


def milliseconds(variants: Mapping[str, Change], turns: int = 40) -> dict[str, float]:
    """Median time of each network on the CPU engine at 512x256; all of them take turns."""
    from streamdefocus.depth.engines.openvino import latency_options, openvino_core
    from streamdefocus.depth.export import export_openvino
    from streamdefocus.depth.network import build_network

    compiled = {}
    with tempfile.TemporaryDirectory() as place:
        for name, change in variants.items():
            arguments = {"encoder": "compact"} | dict(change.get("network", {}))
            network = build_network(**arguments)
            file = export_openvino(network, Path(place) / f"{_slug(name)}.xml")
            options = latency_options()
            compiled[name] = openvino_core().compile_model(str(file), "CPU", options)
    picture = np.random.default_rng(0).random((1, 256, 512, 3), np.float32)
    works = {name: partial(network, picture) for name, network in compiled.items()}
    return medians_ms(works, turns)


# --- Reporting --------------------------------------------------------------------------------


def as_markdown(rows: Mapping[str, Mapping[str, Sequence[float]]]) -> str:
    """Means over the seeds, and half of their range, by name and column; best quality first."""
    columns = list(dict.fromkeys(column for row in rows.values() for column in row))
    lines = ["| | " + " | ".join(columns) + " |", "|---" * (len(columns) + 1) + "|"]
    for name, row in sorted(rows.items(), key=lambda item: -np.mean(item[1]["quality"])):
        lines.append(f"| {name} | " + " | ".join(_cell(row.get(c, ())) for c in columns) + " |")
    return "\n".join(lines)


def _cell(values: Sequence[float]) -> str:
    if not values:
        return ""
    spread = (max(values) - min(values)) / 2
    return f"{np.mean(values):.3g}" + (f" ± {spread:.2g}" if len(values) > 1 else "")


def draw(rows: Mapping[str, Mapping[str, Sequence[float]]], path: Path) -> None:
    """Quality over milliseconds, a point a network."""
    points = {
        name: (float(np.mean(row["ms"])), float(np.mean(row["quality"])))
        for name, row in rows.items()
        if "ms" in row
    }
    if not points:
        return
    (left, right), (low, high) = ((min(v), max(v)) for v in zip(*points.values(), strict=True))
    width, height, margin = 760, 460, 60
    sheet = np.full((height, width, 3), 255, np.uint8)

    def write(text: str, at: tuple[int, int]) -> None:
        cv2.putText(sheet, text, at, cv2.FONT_HERSHEY_SIMPLEX, 0.45, (60, 60, 60), 1, cv2.LINE_AA)

    for name, (ms, quality) in points.items():
        x = margin + (ms - left) / max(right - left, 1e-6) * (width - 4 * margin)
        y = height - margin - (quality - low) / max(high - low, 1e-6) * (height - 2 * margin)
        cv2.circle(sheet, (round(x), round(y)), 5, (180, 90, 20), -1, cv2.LINE_AA)
        write(f"{name} {ms:.1f} ms, {quality:.3f}", (round(x) + 9, round(y) + 5))
    write("quality, upwards; ms at 512x256, to the right", (margin, height - 20))
    cv2.imwrite(str(path), sheet)


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--what", choices=tuple(KINDS), default="networks")
    parser.add_argument("--only", nargs="+", metavar="NAME")
    parser.add_argument("--network", choices=tuple(NETWORKS), help="whose data or loss is changed")
    parser.add_argument("--data", type=Path, default=Path("../shared/data/train"))
    parser.add_argument("--folder", type=Path, default=Path("runs/search"))
    parser.add_argument("--seeds", type=int, nargs="+", default=[0])
    parser.add_argument("--steps", type=int, default=1500)
    parser.add_argument("--precision", default="mixed_bfloat16", help="or float32")
    arguments = parser.parse_args()
    variants = KINDS[arguments.what]
    if unknown := set(arguments.only or ()) - set(variants):
        parser.error(f"--only knows {', '.join(variants)}. Received: {', '.join(unknown)}")
    variants = {name: variants[name] for name in arguments.only or variants}
    if network := arguments.network:
        variants = {
            f"{network}, {name}": {**NETWORKS[network], **c} for name, c in variants.items()
        }
    arguments.folder.mkdir(parents=True, exist_ok=True)
    rows: dict[str, dict[str, list[float]]] = {}
    try:
        for seed in arguments.seeds:
            runs = {name: train(name, c, seed, arguments) for name, c in variants.items()}
            for name, row in measure(runs, arguments.data).items():
                for column, value in row.items():
                    rows.setdefault(name, {}).setdefault(column, []).append(value)
        if variants.keys() <= NETWORKS.keys():
            for name, ms in milliseconds(variants).items():
                rows[name]["ms"] = [ms]
    except (StreamDefocusError, subprocess.CalledProcessError) as error:
        print(error, file=sys.stderr)
        return 1
    print(as_markdown(rows))
    (arguments.folder / f"{arguments.what}.json").write_text(json.dumps(rows, indent=1))
    draw(rows, arguments.folder / f"{arguments.what}.png")
    return 0


if __name__ == "__main__":
    sys.exit(main())
