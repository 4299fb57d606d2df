"""``streamdefocus evaluate depth``: models on pictures that no training has seen."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click

from streamdefocus.cli.evaluate.figures import (
    FILE,
    check_all_writable,
    json_option,
    print_table,
    sheet_option,
)
from streamdefocus.cli.progress import write_json
from streamdefocus.config import load_config
from streamdefocus.errors import ConfigError

_KINDS = ("auto", "collections", "kitti", "eigen", "make3d", "folder")
_POSITIVE = click.FloatRange(min=0, min_open=True)


@click.command("depth")
@click.argument("data", type=FILE)
@click.option(
    "--dataset", type=click.Choice(_KINDS), default="auto", help="what DATA is; auto looks"
)
@click.option(
    "--model", "models", multiple=True, help="name, file or training run; several to compare"
)
@click.option("--engine", type=click.Choice(["auto", "openvino", "keras"]), default="auto")
@click.option("--postprocess", is_flag=True, help="combine each picture with its mirror image")
@click.option("--teacher", type=FILE, help="ONNX file of TCMonoDepth, to compare with")
@click.option(
    "--align",
    type=click.Choice(["none", "median", "scale-shift"]),
    help="fit each estimate to the truth  [none for kitti, eigen and make3d, else scale-shift]",
)
@click.option(
    "--cap",
    "caps_m",
    type=_POSITIVE,
    multiple=True,
    help="largest depth in metres  [kitti 80, eigen 80 and 50, make3d 70, folder none]",
)
@click.option(
    "--crop",
    type=click.Choice(["garg", "eigen", "none"]),
    default="garg",
    show_default=True,
    help="part of the picture that counts, for eigen",
)
@click.option(
    "--split", type=FILE, help="list of the pictures of eigen  [DATA/eigen_test_files.txt]"
)
@click.option(
    "--scale",
    type=_POSITIVE,
    default=256.0,
    show_default=True,
    help="a folder's PNG files hold pixels or metres times this",
)
@click.option(
    "--focal-px",
    type=_POSITIVE,
    help="focal length in pixels of DATA's pictures  [make3d: as Cityscapes, folder: not known]",
)
@click.option(
    "--baseline-m",
    type=_POSITIVE,
    help="distance of the cameras that the model learnt from  [same]",
)
@click.option(
    "--holdout",
    type=FILE,
    default=Path("configs/train/holdout.toml"),
    show_default=True,
    help="list of what no training has seen, for collections",
)
@json_option
@sheet_option
def command(
    data: Path,
    dataset: str,
    models: tuple[str, ...],
    engine: str,
    postprocess: bool,
    teacher: Path | None,
    json_file: Path | None,
    sheet: Path | None,
    **how: Any,
) -> None:
    """Measure models on the pictures with known depth in the folder DATA.

    DATA is KITTI 2015 ("kitti": the paper's KITTI split), KITTI's raw data with a list of pictures
    ("eigen"), Make3D ("make3d"), a folder images/ with disparity/ or depth/ beside it, or a table
    pairs.tsv ("folder"), or the collections for training, whose held-out pictures are measured.

    The baselines "ramp" (a vertical gradient) and "blob" (a bump at the lower middle) always stand
    beside the models.
    """
    from streamdefocus.evaluation.depth import (
        Method,
        alignment,
        detect,
        evaluate,
        network_method,
        open_data,
    )

    check_all_writable(json_file, sheet)
    kind: Any = detect(data) if dataset == "auto" else dataset
    samples = open_data(data, kind, _options(**how))
    methods = {}
    for name in models or ("compact",):
        overrides = {"model": name, "engine": engine, "postprocess": postprocess}
        methods[name] = network_method(load_config(overrides=overrides).depth)
    if teacher:
        from streamdefocus.depth.teacher import Teacher

        methods["teacher"] = Method(Teacher(teacher), is_metric=False)
    with _progress() as progress:
        scores = evaluate(methods, samples, sheet=sheet, progress=progress)
    for name, by_method in scores.items():
        counts = next(iter(by_method.values()))
        counted = f"{counts['images']} images, {counts['pixels']:,} pixels"
        title = f"{name}: {counted}, alignment: {alignment(kind, how['align'])}"
        print_table(title, _without_counts(by_method))
    if json_file:
        write_json(json_file, scores)


def _options(focal_px: float | None, baseline_m: float | None, **others: Any) -> Any:
    from streamdefocus.evaluation.depth import DataOptions, Rig

    if (focal_px is None) != (baseline_m is None):
        raise ConfigError("--focal-px and --baseline-m belong together; give both")
    rig = Rig(focal_px, baseline_m) if focal_px and baseline_m else None
    return DataOptions(rig=rig, **others)


def _without_counts(rows: Mapping[str, Mapping[str, float]]) -> dict[str, dict[str, float]]:
    return {
        method: {key: value for key, value in row.items() if key not in ("images", "pixels")}
        for method, row in rows.items()
    }


@contextmanager
def _progress() -> Iterator[Any]:
    """A bar on stderr that leaves nothing behind."""
    from rich.console import Console
    from rich.progress import Progress

    with Progress(console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("pictures")
        yield lambda done, total: bar.update(task, completed=done, total=total)
