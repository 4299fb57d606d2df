"""How close renderers come to a real lens: against references through a simulated one.

Every renderer gets the same picture and disparity, once exact and twice as a network gives it;
the reference is the same scene through a thin lens. Two trivial baselines are always measured
beside: the picture as it is, and one blur for all of it.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, cast, get_args

import cv2
import numpy as np
from numpy.typing import NDArray
from pydantic import ValidationError

from streamdefocus.config import DefocusOptions, describe_validation_error
from streamdefocus.defocus import RENDERERS, Renderer, create_renderer
from streamdefocus.defocus.optics import largest_radius_px
from streamdefocus.errors import ConfigError, StreamDefocusError
from streamdefocus.evaluation.bokeh_cases import (
    CONDITIONS,
    Case,
    Progress,
    estimated,
    make_cases,
)
from streamdefocus.evaluation.bokeh_sheet import Row, rows_of, write_sheet
from streamdefocus.evaluation.scenes import REPORTING_SEEDS, make_scene
from streamdefocus.evaluation.similarity import psnr, ssim
from streamdefocus.evaluation.thin_lens import SAMPLES, decode_srgb
from streamdefocus.frames import BgrImage, DisparityMap, FocusPlane

BLUR = 2.0
"""Largest blur radius, % of the width, unless something else is asked for."""
TIMED_SIZES = ((1280, 720), (1920, 1080))
TIMING_S, FEWEST_RUNS = 1.0, 3
"""A renderer is timed for so long at each size, and at least so often."""

Scores = dict[str, dict[str, Any]]


class UnblurredBaseline(Renderer):
    """The picture as it is."""

    def render(self, bgr: BgrImage, disparity: DisparityMap, focus: FocusPlane) -> BgrImage:
        """See ``Renderer``."""
        return bgr.copy()


class UniformBaseline(Renderer):
    """The same gaussian for every pixel, of half the largest blur.

    Args:
        blur: Largest blur radius, % of the width.
    """

    def __init__(self, blur: float) -> None:
        self._blur = blur

    def render(self, bgr: BgrImage, disparity: DisparityMap, focus: FocusPlane) -> BgrImage:
        """See ``Renderer``."""
        radius = largest_radius_px(self._blur, bgr.shape[1]) / 2
        return cast(BgrImage, cv2.GaussianBlur(bgr, (0, 0), radius / 2))


MIXED = "classic:bilateral+gaussian"
"""What stands for the mixed methods: details kept near the focus, none far from it."""


def renderer_options(name: str, lens: DefocusOptions | None = None) -> DefocusOptions:
    """The options of a renderer by its name here.

    Args:
        name: RENDERER, or ``classic:METHOD``, or ``classic:NEAR+FAR``.
        lens: All the other options.

    Raises:
        ConfigError: There is no such renderer or method.
    """
    renderer, _, methods = name.partition(":")
    near, _, far = methods.partition("+")
    chosen = {"renderer": renderer, "blur_method": near, "far_blur_method": far}
    given = (lens or DefocusOptions(blur=BLUR)).model_dump()
    try:
        return DefocusOptions.model_validate(given | {k: v for k, v in chosen.items() if v})
    except ValidationError as error:
        raise ConfigError(f"{name}: {describe_validation_error(error)}") from error


def every_renderer(lens: DefocusOptions | None = None) -> dict[str, DefocusOptions]:
    """All that is compared: each renderer, ``classic`` with each blur method, and a mixed one.

    Args:
        lens: What they have in common.
    """
    fields = DefocusOptions.model_fields["blur_method"]
    methods = [method for method in get_args(fields.annotation) if method != fields.default]
    names = [*RENDERERS, *(f"classic:{method}" for method in methods), MIXED]
    return {name: renderer_options(name, lens) for name in names}


def evaluate(
    renderers: Mapping[str, DefocusOptions] | None = None,
    *,
    seeds: Sequence[int] = REPORTING_SEEDS[:3],
    size: tuple[int, int] = (1280, 720),
    samples: int = SAMPLES,
    timed_sizes: Sequence[tuple[int, int]] = TIMED_SIZES,
    sheet: Path | None = None,
    progress: Progress = lambda _: None,
) -> Scores:
    """Measure quality and speed of renderers.

    Args:
        renderers: Options by name, all of the same ``blur`` and ``aperture_shape``, which the
            reference takes too; ``every_renderer()`` by default. One that cannot run here is left
            out, and ``progress`` is told why.
        seeds: Scenes, each with the focus behind, on and in front of the subject.
        size: (width, height) of the scenes, px.
        samples: Points of the aperture of the references.
        timed_sizes: Sizes whose time is measured, from 512x256 disparity.
        sheet: Where to write a contact sheet, or None.
        progress: Told what is under way.

    Returns:
        ``{name: {condition: {"psnr" (dB), "ssim", "bleed_in", "bleed_out" (8-bit levels),
        "highlights" (see ``highlight_energy``)}, "ms": {"WxH": median}, "aperture_shape"}}`` for
        the renderers and the baselines "unblurred" and "uniform".

    Raises:
        OutputError: The contact sheet cannot be written.
        ValueError: The renderers differ in blur or aperture, so that no one reference fits.
    """
    renderers = every_renderer() if renderers is None else renderers
    lenses = {(options.blur, options.aperture_shape) for options in renderers.values()}
    if len(lenses) != 1:
        raise ValueError(f"renderers must have one blur and one aperture. Received: {lenses}")
    ((blur, shape),) = lenses
    subjects = _subjects(renderers, blur, progress)
    scores: dict[str, dict[str, list[dict[str, float]]]] = {
        name: {condition: [] for condition in CONDITIONS} for name in subjects
    }
    rows: list[Row] = []
    for case in make_cases(seeds, size, blur, samples, progress, shape):
        results: dict[str, dict[str, BgrImage]] = {condition: {} for condition in CONDITIONS}
        for name, renderer in subjects.items():
            for condition in CONDITIONS:
                result = renderer.render(case.bgr, case.disparity[condition], case.focus)
                results[condition][name] = result
                scores[name][condition].append(compare(result, case))
        if sheet is not None:
            rows += rows_of(case, results)
    progress("timing")
    times = time_renderers(subjects, timed_sizes)
    if sheet is not None:
        write_sheet(sheet, rows)
    return {
        name: {
            **{condition: _mean(scores[name][condition]) for condition in CONDITIONS},
            "ms": times[name],
            "aperture_shape": shape,
        }
        for name in subjects
    }


def _subjects(
    renderers: Mapping[str, DefocusOptions], blur: float, progress: Progress
) -> dict[str, Renderer]:
    subjects: dict[str, Renderer] = {
        "unblurred": UnblurredBaseline(),
        "uniform": UniformBaseline(blur),
    }
    for name, options in renderers.items():
        try:
            subjects[name] = create_renderer(options)
        except StreamDefocusError as error:
            progress(f"{name} is left out: {error}")
    return subjects


def compare(result: BgrImage, case: Case) -> dict[str, float]:
    """Score one rendered picture: the keys of ``evaluate``."""
    error = np.abs(result.astype(np.float32) - case.reference).mean(axis=2)
    edges = case.near_edges()
    return {
        "psnr": psnr(result, case.reference),
        "ssim": ssim(result, case.reference),
        "bleed_in": _mean_where(error, edges & case.in_focus),
        "bleed_out": _mean_where(error, edges & case.out_of_focus),
        "highlights": highlight_energy(result, case),
    }


def highlight_energy(result: BgrImage, case: Case) -> float:
    """Light in the discs of lamps that are out of focus, as a share of the reference's.

    A photo clips its lamps; blurred as it is, they come out as dim as the wall around them.

    Returns:
        1 where the lamps are as bright as through a lens, below 1 where they are dimmer; not a
        number where no lamp is out of focus.
    """
    discs = case.lamp_discs()
    if not discs.any():
        return float("nan")
    got, right = (float(decode_srgb(image[discs]).sum()) for image in (result, case.reference))
    return got / right


def _mean_where(values: NDArray[np.float32], mask: NDArray[np.bool_]) -> float:
    return float(values[mask].mean()) if mask.any() else 0.0


def time_renderers(
    renderers: Mapping[str, Renderer], sizes: Sequence[tuple[int, int]], repeats: int = 15
) -> dict[str, dict[str, float]]:
    """Median ms a picture by size, from 512x256 disparity.

    The renderers take turns, so that a machine that becomes busy slows all of them; those that are
    slow take fewer.
    """
    result: dict[str, dict[str, float]] = {name: {} for name in renderers}
    for size in sizes:
        scene = make_scene(0, size)
        bgr, disparity, focus = scene.photo(), estimated(scene, 0)[1], FocusPlane(scene.subject)
        taken: dict[str, list[float]] = {name: [] for name in renderers}
        for turn in range(repeats + 2):
            for name, renderer in renderers.items():
                if len(taken[name]) >= FEWEST_RUNS and sum(taken[name]) > TIMING_S:
                    continue
                started = time.perf_counter()
                renderer.render(bgr, disparity, focus)
                if turn >= 2:  # the first ones allocate
                    taken[name].append(time.perf_counter() - started)
        for name, seconds in taken.items():
            result[name][f"{size[0]}x{size[1]}"] = round(1000 * statistics.median(seconds), 2)
    return result


def format_table(result: Mapping[str, Mapping[str, Any]]) -> str:
    """The result of ``evaluate`` as a table for people."""
    sizes = list(next(iter(result.values()))["ms"])
    head = ["renderer", "disparity", "psnr", "ssim", "bleed in/out", "highlights"]
    rows = [[*head, *(f"ms {size}" for size in sizes)]]
    for name, scores in result.items():
        for condition in CONDITIONS:
            score = scores[condition]
            first = condition == CONDITIONS[0]
            highlights = score["highlights"]
            rows.append(
                [
                    name if first else "",
                    condition,
                    f"{score['psnr']:.2f}",
                    f"{score['ssim']:.4f}",
                    f"{score['bleed_in']:.2f}/{score['bleed_out']:.2f}",
                    "none" if highlights is None else f"{highlights:.2f}",
                    *(f"{scores['ms'][size]:.1f}" if first else "" for size in sizes),
                ]
            )
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in rows
    )


def _mean(scores: Sequence[Mapping[str, float]]) -> dict[str, float | None]:
    """Mean of each key over the cases where it is a number; None where it never is."""
    known = {key: [s[key] for s in scores if not np.isnan(s[key])] for key in scores[0]}
    return {key: round(statistics.fmean(v), 4) if v else None for key, v in known.items()}
