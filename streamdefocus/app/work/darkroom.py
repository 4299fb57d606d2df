"""Develops photos: depth, renders at the screen's size and at full size, results."""

from __future__ import annotations

import time
from dataclasses import dataclass, field, replace
from pathlib import Path

import cv2
import numpy as np

from streamdefocus.app.model.album import Document
from streamdefocus.app.model.look import Look
from streamdefocus.app.work.desk import Desk, Job
from streamdefocus.app.work.meter import Meter
from streamdefocus.app.work.saving import stems_of, write_result
from streamdefocus.config import Config, DefocusOptions
from streamdefocus.defocus import Renderer, create_renderer
from streamdefocus.defocus.base import Progress
from streamdefocus.depth.postprocessing import colour_map, disparity_at
from streamdefocus.errors import InputError
from streamdefocus.frames import BgrImage, DisparityMap, FocusPlane, Frame
from streamdefocus.photos import Photo, read_photo
from streamdefocus.pipeline import PhotoResult

SCREEN_PX = 1280
"""Longest side of what is rendered at once: enough for the eye until full size comes."""


@dataclass(frozen=True, slots=True)
class Opened:
    """A photo that can be looked at.

    Attributes:
        photo: Its pixels.
        screen: The same at the screen's size.
    """

    photo: Photo
    screen: BgrImage


@dataclass(frozen=True, slots=True)
class Rendered:
    """A picture with a look.

    Attributes:
        look: Which one.
        bgr: H x W x 3 uint8.
        plane: What is in focus.
        seconds: From the request to the end of rendering.
        screen: ``bgr`` at the screen's size.
    """

    look: Look
    bgr: BgrImage
    plane: FocusPlane
    seconds: float
    screen: BgrImage


@dataclass(frozen=True, slots=True)
class Saved:
    """Results that were written.

    Attributes:
        files: All of them.
        left_out: Names of the photos that could not be read.
    """

    files: list[Path]
    left_out: list[str] = field(default_factory=list)


class Easel:
    """Renders pictures, and keeps the renderer while its options stay. For one thread.

    Args:
        at_once: Use "fast" where "best" is asked for: it answers the hand that moves a slider.
    """

    def __init__(self, at_once: bool = False) -> None:
        self._at_once = at_once
        self._options: DefocusOptions | None = None
        self._renderer: Renderer | None = None

    def render(
        self, bgr: BgrImage, disparity: DisparityMap, look: Look, progress: Progress
    ) -> tuple[BgrImage, FocusPlane]:
        """A picture with a look, and what is in focus in it; what progress raises ends it."""
        options = look.defocus
        if self._at_once and options.renderer == "best":
            options = options.model_copy(update={"renderer": "fast"})
        if self._renderer is None or self._options != options:
            self._options, self._renderer = options, create_renderer(options)
        plane = look.plane(Frame(bgr), disparity)
        return self._renderer.render_watched(bgr, disparity, plane, progress), plane


class Darkroom:
    """The desks that photos go over. All methods return at once.

    Args:
        config: Which network, and all that a look does not say.

    Attributes:
        depth: Its jobs are about documents and give ``Opened`` or a ``DisparityMap``.
        screen: Its jobs are about documents and give ``Rendered`` at the screen's size.
        full: The same at full size.
        saving: Its jobs give what was ``Saved``, or a ``PhotoResult`` to copy.
    """

    def __init__(self, config: Config) -> None:
        self.config = config
        self.depth = Desk("depth")
        self.screen = Desk("render-screen", newest_only=True)
        self.full = Desk("render-full", newest_only=True)
        self.saving = Desk("saving")
        self._meter, self._saving_meter = Meter(config), Meter(config)
        self._full_job: Job | None = None
        self._screen_easel = Easel(at_once=True)
        self._full_easel, self._saving_easel = Easel(), Easel()

    def open(self, document: Document, seen_px: int = SCREEN_PX) -> Job:
        """Read a photo if need be; gives ``Opened``.

        Args:
            document: The photo.
            seen_px: Longer side of the place where it is shown; no more is rendered at once.
        """
        photo, longer_px = document.photo, min(seen_px, SCREEN_PX)

        def work(job: Job) -> Opened:
            job.step("Reading the photo", 0.05)
            read = photo or _read(document)
            return Opened(read, at_screen_size(read.bgr, longer_px))

        return self.depth.submit(document, work)

    def measure(self, document: Document, bgr: BgrImage) -> Job:
        """Measure what is where in the pixels of a photo; gives a ``DisparityMap``."""
        return self.depth.submit(document, lambda job: self._meter.measure(bgr, job.step))

    def render_screen(self, document: Document) -> None:
        """Render what is seen; of several requests the newest wins, and full size waits."""
        self._give_up_full()
        look, screen, disparity = document.look, document.screen, document.disparity
        if screen is not None and disparity is not None:
            begin_s = time.perf_counter()
            self.screen.submit(
                document,
                lambda job: _rendered(self._screen_easel, screen, disparity, look, begin_s, job),
            )

    def render_full(self, document: Document) -> None:
        """Render at full size in the background, until something else is to be rendered."""
        self._give_up_full()
        look, photo, disparity = document.look, document.photo, document.disparity
        if photo is not None and disparity is not None:
            begin_s = time.perf_counter()
            self._full_job = self.full.submit(
                document,
                lambda job: _rendered(self._full_easel, photo.bgr, disparity, look, begin_s, job),
            )

    def save(self, document: Document, target: Path, kind: str) -> Job:
        """Write one result at full size: "result", "depth" or "disparity"; gives ``Saved``."""
        look = document.look

        def work(job: Job) -> Saved:
            inputs = (document.path,) if document.path else ()
            write_result(self._result(document, look, job), kind, target, inputs)
            return Saved([target])

        return self.saving.submit(document, work)

    def save_all(self, documents: list[Document], folder: Path) -> Job:
        """Write all three results of several photos into a folder; gives ``Saved``."""
        inputs = {document.path.absolute() for document in documents if document.path}
        names = [document.path.name if document.path else document.name for document in documents]
        stems = stems_of(names, folder.absolute(), inputs)
        plan = [(d, d.look, stem) for d, stem in zip(documents, stems, strict=True)]

        def work(job: Job) -> Saved:
            saved = Saved([])
            try:
                for number, (document, look, stem) in enumerate(plan):
                    try:
                        result = self._result(document, look, job, (number, len(plan)))
                    except InputError:
                        if len(plan) == 1:
                            raise
                        saved.left_out.append(document.name)
                    else:
                        saved.files.extend(result.save(stem, result.defocused.format))
            finally:
                self._saving_meter.close()
            return saved

        return self.saving.submit(documents, work)

    def copy(self, document: Document) -> Job:
        """Make the full-size result, as a ``PhotoResult``."""
        look = document.look
        return self.saving.submit(document, lambda job: self._result(document, look, job))

    def close(self) -> None:
        """Give up what is under way and wait until it ended; idempotent."""
        desks = (self.depth, self.screen, self.full, self.saving)
        for desk in desks:
            desk.stop()
        for desk in desks:
            desk.close()
        self._meter.close()
        self._saving_meter.close()

    def _give_up_full(self) -> None:
        if self._full_job:
            self._full_job.cancel()

    def _result(
        self, document: Document, look: Look, job: Job, turn: tuple[int, int] = (0, 1)
    ) -> PhotoResult:
        """A photo at full size; ``turn`` says which of how many it is."""
        number, count = turn

        def progress(share: float) -> None:
            job.step(f"Rendering {document.name} at full size", (number + share) / count)

        progress(0.0)
        photo, disparity = document.photo or _read(document), document.disparity
        if disparity is None:  # of a strip, not looked at yet
            disparity = self._saving_meter.measure(
                photo.bgr, lambda what, _share: job.step(f"{document.name}: {what}", number / count)
            )
        bgr, _ = self._saving_easel.render(photo.bgr, disparity, look, progress)
        values = disparity_at(disparity, (bgr.shape[1], bgr.shape[0]))
        colours = colour_map(values, disparity.far, disparity.near)
        return PhotoResult(replace(photo, bgr=bgr), values, colours)


def at_screen_size(bgr: BgrImage, longer_px: int = SCREEN_PX) -> BgrImage:
    """A picture, shrunk to a longer side if it is larger."""
    height, width = bgr.shape[:2]
    scale = longer_px / max(width, height)
    if scale >= 1:
        return bgr
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    return np.ascontiguousarray(cv2.resize(bgr, size, interpolation=cv2.INTER_AREA))


def _rendered(
    easel: Easel, bgr: BgrImage, disparity: DisparityMap, look: Look, begin_s: float, job: Job
) -> Rendered:
    def progress(share: float) -> None:
        job.step("Rendering", share)

    out, plane = easel.render(bgr, disparity, look, progress)
    return Rendered(look, out, plane, time.perf_counter() - begin_s, at_screen_size(out))


def _read(document: Document) -> Photo:
    if document.make:
        return document.make()
    assert document.path is not None
    return read_photo(document.path)
