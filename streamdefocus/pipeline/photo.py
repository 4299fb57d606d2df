"""One photo through the stages, and its three results on disk."""

from __future__ import annotations

import io
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from streamdefocus.depth.postprocessing import colour_map, disparity_at
from streamdefocus.errors import OutputError
from streamdefocus.frames import BgrImage, FloatMap, Frame
from streamdefocus.photos import Photo, PhotoFormat, encode_photo
from streamdefocus.pipeline.defocuser import Defocuser
from streamdefocus.sinks.part import PartFile


@dataclass(frozen=True, slots=True)
class PhotoResult:
    """What becomes of a photo.

    Attributes:
        defocused: The rendered photo, with the metadata and the transparency of the input.
        disparity: Disparity of every pixel, H x W float32, larger is nearer.
        depth_map: The same in colours for people, H x W x 3 uint8.
    """

    defocused: Photo
    disparity: FloatMap
    depth_map: BgrImage

    def save(self, stem: Path, format: PhotoFormat) -> list[Path]:
        """Write STEM_disp.npy, STEM_depth.png and STEM_defocus.FORMAT, each complete or not at all.

        Args:
            stem: Folder and first part of the names; the folder is made if it is missing.
            format: Of the defocused photo.

        Returns:
            The three files.

        Raises:
            OutputError: The folder or a file cannot be written.
        """
        contents: dict[Path, Callable[[], bytes]] = {
            Path(f"{stem}_disp.npy"): lambda: _npy(self.disparity),
            Path(f"{stem}_depth.png"): lambda: encode_photo(Photo(self.depth_map), "png"),
            Path(f"{stem}_defocus.{format}"): lambda: encode_photo(self.defocused, format),
        }
        try:
            stem.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise OutputError(f"cannot make the folder {stem.parent}: {error.strerror}") from error
        with ThreadPoolExecutor(len(contents)) as pool:  # the encoders release the GIL
            list(pool.map(_write, contents, contents.values()))
        return list(contents)


def defocus_photo(defocuser: Defocuser, photo: Photo) -> PhotoResult:
    """Run one photo through the stages, whatever was processed before it.

    Args:
        defocuser: The stages; their state is reset.
        photo: The input; not changed.
    """
    defocuser.reset()
    shot = defocuser.look(Frame(photo.bgr))
    rendered = defocuser.render(shot)
    disparity = disparity_at(shot.disparity, rendered.size_px)
    return PhotoResult(
        defocused=replace(photo, bgr=rendered.bgr),
        disparity=disparity,
        depth_map=colour_map(disparity, shot.disparity.far, shot.disparity.near),
    )


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
