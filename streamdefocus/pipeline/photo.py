"""One photo through the stages, and its results on disk."""

from __future__ import annotations

import io
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import cv2
import numpy as np

from streamdefocus.config import PhotoOptions
from streamdefocus.defocus.base import Progress
from streamdefocus.depth.postprocessing import colour_map, depth_from_disparity, disparity_at
from streamdefocus.errors import ConfigError, InputError, OutputError
from streamdefocus.frames import BgrImage, FloatMap, Frame
from streamdefocus.photos import Photo, PhotoFormat, encode_photo, focal_length_px
from streamdefocus.pipeline.defocuser import Defocuser
from streamdefocus.sinks.part import PartFile

UNCERTAIN = 0.1
"""Standard deviation that the picture of the uncertainty shows brightest: this share of the
scene's span of disparity. The same for all photos, so that they can be compared."""


@dataclass(frozen=True, slots=True)
class PhotoResult:
    """What becomes of a photo.

    Attributes:
        defocused: The rendered photo, with the metadata and the transparency of the input.
        disparity: Disparity of every pixel, H x W float32, larger is nearer.
        depth_map: The same in colours for people, H x W x 3 uint8.
        uncertainty: Standard deviation of the disparity of every pixel over colour augmentations,
            H x W float32, or None if nobody asked.
        uncertainty_map: The same in colours, brightest from UNCERTAIN x the scene's span on.
        depth_m: Depth of every pixel in metres, H x W float32, or None if nobody asked.
        focal_px: Focal length that ``depth_m`` was computed with, in pixels of the photo.
    """

    defocused: Photo
    disparity: FloatMap
    depth_map: BgrImage
    uncertainty: FloatMap | None = None
    uncertainty_map: BgrImage | None = None
    depth_m: FloatMap | None = None
    focal_px: float | None = None

    def save(self, stem: Path, format: PhotoFormat) -> list[Path]:
        """Write the results, each complete or not at all.

        STEM_disp.npy, STEM_depth.png and STEM_defocus.FORMAT; where they are known also
        STEM_uncertainty.npy, STEM_uncertainty.png and STEM_depth_m.npy.

        Args:
            stem: Folder and first part of the names; the folder is made if it is missing.
            format: Of the defocused photo.

        Returns:
            The files, the defocused photo third.

        Raises:
            OutputError: The folder or a file cannot be written.
        """
        contents = {
            "_disp.npy": partial(_npy, self.disparity),
            "_depth.png": partial(encode_photo, Photo(self.depth_map), "png"),
            f"_defocus.{format}": partial(encode_photo, self.defocused, format),
        }
        if self.uncertainty is not None:
            contents["_uncertainty.npy"] = partial(_npy, self.uncertainty)
        if self.uncertainty_map is not None:
            colours = Photo(self.uncertainty_map)
            contents["_uncertainty.png"] = partial(encode_photo, colours, "png")
        if self.depth_m is not None:
            contents["_depth_m.npy"] = partial(_npy, self.depth_m)
        files = [Path(f"{stem}{ending}") for ending in contents]
        try:
            stem.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise OutputError(f"cannot make the folder {stem.parent}: {error.strerror}") from error
        with ThreadPoolExecutor(len(contents)) as pool:  # the encoders release the GIL
            list(pool.map(_write, files, contents.values()))
        return files


def defocus_photo(
    defocuser: Defocuser,
    photo: Photo,
    options: PhotoOptions | None = None,
    progress: Progress = lambda share: None,
) -> PhotoResult:
    """Run one photo through the stages, whatever was processed before it.

    Args:
        defocuser: The stages; their state is reset.
        photo: The input; not changed.
        options: Which further results are wanted; none by default.
        progress: Told the share of the rendering that is done, 0..1; what it raises ends the work.

    Raises:
        ConfigError: Metres were asked for of a network that does not know them.
        InputError: Metres were asked for, and nobody knows the focal length.
    """
    options = options or PhotoOptions()
    if options.baseline_m and defocuser.estimator.is_metric is False:
        raise ConfigError(
            "--baseline-m: this model's disparity is relative, there are no metres in it; "
            "take a model trained on stereo pairs"
        )
    focal_px = _focal_px(photo, options) if options.baseline_m else None
    defocuser.reset()
    shot = defocuser.look(Frame(photo.bgr))
    rendered = defocuser.render(shot, progress)
    far, near = shot.disparity.far, shot.disparity.near
    disparity = disparity_at(shot.disparity, rendered.size_px)
    result = PhotoResult(
        defocused=replace(photo, bgr=rendered.bgr),
        disparity=disparity,
        depth_map=colour_map(disparity, far, near),
    )
    if options.uncertainty:
        spread = defocuser.estimator.uncertainty(photo.bgr, options.augmentations)
        spread = cv2.resize(spread, rendered.size_px, interpolation=cv2.INTER_LINEAR)
        colours = colour_map(spread, 0, UNCERTAIN * (near - far))
        result = replace(result, uncertainty=spread, uncertainty_map=colours)
    if options.baseline_m and focal_px:
        depth_m = depth_from_disparity(disparity, focal_px, options.baseline_m)
        result = replace(result, depth_m=depth_m, focal_px=focal_px)
    return result


def _focal_px(photo: Photo, options: PhotoOptions) -> float:
    focal_px = options.focal_px or focal_length_px(photo)
    if focal_px is None:
        raise InputError(
            "depth in metres needs the focal length, and the photo's EXIF data do not have it; "
            "give it with --focal-px"
        )
    return focal_px


def _npy(values: FloatMap) -> bytes:
    buffer = io.BytesIO()
    np.save(buffer, values)
    return buffer.getvalue()


def _write(path: Path, content: Callable[[], bytes]) -> None:
    part = PartFile(path)
    try:
        part.path.write_bytes(content())
    except OSError as error:
        part.remove()
        raise OutputError(f"cannot write {path}: {error.strerror}") from error
    except BaseException:
        part.remove()
        raise
    part.complete()
