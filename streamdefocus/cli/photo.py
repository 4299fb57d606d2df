"""``streamdefocus photo``: photos in; disparity, depth map and defocused photo out."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import chain, count
from pathlib import Path
from typing import Any

import click

from streamdefocus.cli.options import config_of, config_options
from streamdefocus.cli.progress import share_bar
from streamdefocus.defocus.lens import describe_strength
from streamdefocus.errors import ConfigError, OutputError, StreamDefocusError
from streamdefocus.photos import SUFFIXES, read_photo
from streamdefocus.pipeline import Defocuser, PhotoResult, defocus_photo

_RESULTS = ("_depth", "_defocus", "_uncertainty")


@click.command("photo")
@click.argument("inputs", metavar="IN...", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option(
    "-o", "--output", type=click.Path(path_type=Path), help="folder of the results  [beside IN]"
)
@config_options("focus", "defocus", "depth", "photo")
def command(inputs: tuple[Path, ...], output: Path | None, **options: Any) -> int:
    """Defocus photos; a folder stands for the photos in it.

    For each NAME.* writes NAME_disp.npy (disparity, float32, of the photo's size), NAME_depth.png
    (the same in colours) and NAME_defocus.png, of 8 bits a colour; earlier results are replaced.
    EXIF data are kept, inputs are not touched, and a photo that fails does not stop the others, but
    the exit code says that one failed.

    --uncertainty adds NAME_uncertainty.npy (standard deviation of the disparity over colour
    augmentations) and .png (the same in colours, brightest from 10 % of the scene's span on);
    --baseline-m adds NAME_depth_m.npy (metres).
    """
    config = config_of(**options)
    failed = 0
    with Defocuser(config) as defocuser:
        for path, stem in _plan(inputs, output):
            try:
                photo = read_photo(path)
                format = photo.format if config.photo.format == "input" else config.photo.format
                with share_bar(path.name, options["quiet"]) as progress:
                    result = defocus_photo(defocuser, photo, config.photo, progress)
                files = result.save(_unused(stem, inputs), format)
            except ConfigError:
                raise  # it would be the same for every photo
            except StreamDefocusError as error:
                failed += 1
                click.echo(f"error: {error}", err=True)
            else:
                if not options["quiet"]:
                    names = ", ".join(file.name for file in files)
                    source = "given" if config.photo.focal_px else "EXIF"
                    height, width = photo.bgr.shape[:2]
                    blur = describe_strength(config.defocus, (width, height))
                    deep = f" ({photo.bits} bits a colour became 8)" if photo.bits > 8 else ""
                    facts = f"{names}{_focal(result, source)}; blur {blur}{deep}"
                    click.echo(f"{path} -> {facts}", err=True)
    return 1 if failed else 0


def _focal(result: PhotoResult, source: str) -> str:
    return f" (focal length {result.focal_px:.0f} px, {source})" if result.focal_px else ""


def _plan(inputs: Sequence[Path], output: Path | None) -> Iterator[tuple[Path, Path]]:
    """Photos to read and the stems of their results, which differ from each other."""
    taken: set[Path] = set()
    seen: set[Path] = set()
    for path in (photo for given in inputs for photo in _photos(given)):
        if path.resolve() in seen:
            continue
        seen.add(path.resolve())
        folder = output or path.parent
        # cat.jpg and cat.png; then the cat.jpg of a third folder
        names = chain((path.stem, path.name.replace(".", "_")), _numbered(path.stem))
        stem = next(folder / name for name in names if folder / name not in taken)
        taken.add(stem)
        yield path, stem


def _numbered(name: str) -> Iterator[str]:
    return (f"{name}_{number}" for number in count(2))


def _photos(given: Path) -> list[Path]:
    if not given.is_dir():
        return [given]
    found = sorted(
        path
        for path in given.iterdir()
        if path.suffix.lower() in SUFFIXES and not path.stem.endswith(_RESULTS)
    )
    return found or [given]  # which read_photo refuses as a folder without photos


def _unused(stem: Path, inputs: Sequence[Path]) -> Path:
    """The stem, unless its results would overwrite an input."""
    results = [Path(f"{stem}{result}").resolve() for result in _RESULTS]
    for given in inputs:
        if given.resolve().with_suffix("") in results:
            raise OutputError(
                f"the results of {stem.name} would overwrite the input {given}; "
                "name another folder with -o"
            )
    return stem
