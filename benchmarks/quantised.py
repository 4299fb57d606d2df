r"""Whether the CPU engine gains from an 8-bit model, and what that costs: each pixel and score.

    pip install nncf
    python benchmarks/quantised.py [--model compact] [--photos 200]

The OpenVINO model is quantised after training by NNCF, calibrated with photos it may be trained on:
"int8" all of it, "int8, float ends" without the first convolution and what makes disparity. Beside
them stand float32 and bfloat16, which the engine prefers where the processor has it.

ms: medians of runs at 512x256 that take turns. holes: the part of the pixels off by more than a
quarter of the picture's span, in the worst of the photos, and how many photos have more than 2 %
of them. Then the scores on the pictures of configs/train/holdout.toml. A model is fit to ship if it
is faster, has no holes, and loses at most 1 % of any score.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from turns import medians_ms

from streamdefocus.depth.datasets import list_photos, read_holdout, read_photo
from streamdefocus.depth.engines.openvino import openvino_core
from streamdefocus.depth.export.agreement import Agreement, compare
from streamdefocus.depth.runs import find_entry
from streamdefocus.errors import StreamDefocusError
from streamdefocus.evaluation.depth import Method, evaluate
from streamdefocus.evaluation.depth.collections import open_collections
from streamdefocus.frames import BgrImage, FloatMap

SIZE_PX = (512, 256)
CALIBRATION = 100
HOLDOUT = Path("configs/train/holdout.toml")
SCORES = ("abs_rel", "delta1", "iou", "boundary_f", "boundary_f1")
Predict = Callable[[FloatMap], FloatMap]


def network_input(bgr: BgrImage) -> FloatMap:
    """1 x H x W x 3 RGB in 0..1."""
    small = cv2.resize(bgr, SIZE_PX, interpolation=cv2.INTER_AREA)
    return (small[None, ..., ::-1] / np.float32(255)).astype(np.float32)


def quantise(model: Any, photos: Sequence[FloatMap], ignored: Sequence[str]) -> Any:
    """An 8-bit copy of a model.

    Args:
        model: OpenVINO's, with a fixed input size.
        photos: To calibrate with.
        ignored: Names of the operations that stay in float.
    """
    import nncf

    return nncf.quantize(
        model,
        nncf.Dataset(photos),
        preset=nncf.QuantizationPreset.MIXED,
        subset_size=len(photos),
        ignored_scope=nncf.IgnoredScope(names=list(ignored)),
    )


def ends(model: Any) -> list[str]:
    """Names of the first convolution and of what comes after the last one of full channels."""
    kinds = ("Convolution", "ConvolutionBackpropData")
    convolutions = [op for op in model.get_ordered_ops() if op.get_type_name() in kinds]
    thin = [op for op in convolutions if op.get_output_partial_shape(0)[1].get_length() == 1]
    return [op.get_friendly_name() for op in [convolutions[0], *thin]]


def runners(path: Path, calibration: Sequence[FloatMap]) -> dict[str, Predict]:
    """Every way of computing the model, by name."""
    core = openvino_core()
    model = core.read_model(path)
    model.reshape([1, SIZE_PX[1], SIZE_PX[0], 3])
    models = {
        "float32": (model, "f32"),
        "bfloat16": (model, "bf16"),
        "int8": (quantise(model, calibration, ()), "f32"),
        "int8, float ends": (quantise(model, calibration, ends(model)), "f32"),
    }

    def runner(model: Any, precision: str) -> Predict:
        hints = {"PERFORMANCE_HINT": "LATENCY", "INFERENCE_PRECISION_HINT": precision}
        compiled = core.compile_model(model, "CPU", hints)
        return lambda image: np.array(compiled(image)[0])[0, :, :, 0]

    return {name: runner(*which) for name, which in models.items()}


def holes(run: Mapping[str, Predict], photos: Sequence[FloatMap]) -> dict[str, list[Agreement]]:
    """How each agrees with the first, photo by photo."""
    exact = [next(iter(run.values()))(photo) for photo in photos]
    return {
        name: [compare([(d, predict(p))]) for d, p in zip(exact, photos, strict=True)]
        for name, predict in run.items()
    }


def scores(run: Mapping[str, Predict], data: Path) -> dict[str, dict[str, float]]:
    """Scores by name, and of the ramp."""

    def method(predict: Predict) -> Method:
        return Method(lambda bgr: cv2.resize(predict(network_input(bgr)), bgr.shape[1::-1]))

    found = evaluate(
        {name: method(predict) for name, predict in run.items()},
        open_collections(data, read_holdout(HOLDOUT)),
    )
    return {
        name: {
            f"{collection} {key}": rows[name][key]
            for collection, rows in found.items()
            for key in SCORES
            if key in rows[name]
        }
        for name in (*run, "ramp")
    }


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--model", default="compact")
    parser.add_argument("--data", type=Path, default=Path("../shared/data/train"))
    parser.add_argument("--photos", type=int, default=200)
    arguments = parser.parse_args()
    try:
        path = find_entry(arguments.model).verified("openvino")
        listed = list_photos(arguments.data, read_holdout(HOLDOUT), held_out=False)
        order = np.random.default_rng(0).permutation(len(listed))
        chosen = [listed[i] for i in order[: CALIBRATION + arguments.photos]]
        inputs = [network_input(read_photo(arguments.data / name)) for name in chosen]
        run = runners(path, inputs[:CALIBRATION])
        works = {name: partial(predict, inputs[0]) for name, predict in run.items()}
        ms = medians_ms(works, turns=60)
        found = holes(run, inputs[CALIBRATION:])
        rows = scores(run, arguments.data)
    except (StreamDefocusError, ImportError) as error:
        print(error, file=sys.stderr)
        return 1
    columns = list(rows["ramp"])
    print("| | ms | mean error | worst photo's hole | photos with holes | " + " | ".join(columns))
    print("|---" * (5 + len(columns)) + "|")
    for name, row in rows.items():
        of = found.get(name)
        facts = ["", "", "", ""]
        if of:
            gross = np.array([a.gross for a in of])
            mean = np.mean([a.mean_of_span for a in of])
            facts = [f"{ms[name]:.1f}", f"{100 * mean:.2f} %"]
            facts += [f"{100 * gross.max():.2f} %", f"{(gross > 0.02).sum()} of {len(of)}"]
        print("| " + " | ".join([name, *facts, *(f"{row[c]:.3f}" for c in columns)]) + " |")
    return 0


if __name__ == "__main__":
    sys.exit(main())
