"""From a checkpoint of the original implementation to a model that ``--model`` knows."""

from __future__ import annotations

import re
from pathlib import Path
from string import Template

from streamdefocus.depth.checkpoints import Checkpoint, read_checkpoint
from streamdefocus.depth.export import export_openvino, save_weights
from streamdefocus.depth.library import check_name, new_model, write_manifest
from streamdefocus.depth.weights import (
    MANIFEST,
    ModelEntry,
    Origin,
    load_manifest,
    sha256_of,
)
from streamdefocus.errors import ConfigError, ModelError

LICENCE = "that of the original implementation and its checkpoints: for non-commercial use only"

_CARD = Template("""\
# $name: $title

Imported from `$file` (sha256 $sha256) by `streamdefocus models import`: a
checkpoint of the original implementation of Godard, Mac Aodha and Brostow, "Unsupervised Monocular
Depth Estimation with Left-Right Consistency" (CVPR 2017), github.com/mrharicot/monodepth.

| | |
|---|---|
| Architecture | encoder `$encoder`, $parameters parameters |
| Input | $views, RGB in 0..1, $input by default |
| Output | disparity of the left and the right view, a fraction of the image width, 0..0.3 |
| Files | $files |
| Licence | $licence |

The weights are those of the checkpoint, number by number, in float32; OpenVINO's file has them in
float16. The paper's networks were trained on street scenes from a car (KITTI, Cityscapes). What
they say of people in rooms is of little use.
""")


def default_name(path: Path) -> str:
    """A model's name made of the name of its checkpoint: model_city2kitti.zip is city2kitti."""
    stem = re.sub(r"\.(zip|index|meta|data-.*)$", "", path.resolve().name.lower())
    return re.sub(r"[^a-z0-9_-]+", "-", stem.removeprefix("model_")).strip("-_") or "imported"


def import_checkpoint(
    path: Path,
    name: str,
    library: Path,
    input_px: tuple[int, int] = (512, 256),
    *,
    replace: bool = False,
    width: float = 1.0,
) -> ModelEntry:
    """Make a model of a checkpoint of the original implementation.

    Args:
        path: See read_checkpoint.
        name: What ``--model`` will call it.
        library: Folder of models; it becomes a folder in it.
        input_px: (width, height) of a landscape input, for which the model is to be used.
        replace: Whether it may take the place of a model made of something else.
        width: See read_checkpoint.

    Returns:
        The model. One that looks at a stereo pair has no file for OpenVINO, whose engine sees one
        picture.

    Raises:
        ConfigError: The network does not take pictures of this size.
        EngineError: TensorFlow or OpenVINO is not installed.
        ModelError: The checkpoint is not one, or the name is taken.
        OutputError: The library cannot be written to.
    """
    check_name(name)
    checkpoint = read_checkpoint(path, width)
    _check_size(checkpoint.arguments["encoder"], input_px)
    if not replace:
        _check_free(name, library, checkpoint)
    with new_model(name, library) as folder:
        entry = _write(checkpoint, name, folder, input_px, width)
        write_manifest(entry)
    return load_manifest(library / name)[name]


def _check_size(encoder: str, input_px: tuple[int, int]) -> None:
    from streamdefocus.depth.network import NETWORKS

    stride = NETWORKS[encoder].multiple
    if any(size <= 0 or size % stride for size in input_px):
        raise ConfigError(
            f"the input of a network with the encoder {encoder!r} must be multiples of {stride}. "
            f"Received: {input_px[0]}x{input_px[1]}"
        )


def _check_free(name: str, library: Path, checkpoint: Checkpoint) -> None:
    """The same checkpoint may be imported again, say for another input size."""
    if not (library / name).exists():
        return
    origin = None
    if (library / name / MANIFEST).is_file():
        origin = load_manifest(library / name)[name].origin
    if origin is None or origin.sha256 != checkpoint.sha256:
        made_of = f", made of {origin.file}" if origin else ""
        raise ModelError(
            f"there is another model {name!r}{made_of}: choose another --name, or replace it with "
            "--force"
        )


def _write(
    checkpoint: Checkpoint, name: str, folder: Path, input_px: tuple[int, int], width: float
) -> ModelEntry:
    network, arguments = checkpoint.network, checkpoint.arguments
    views = 2 if arguments.get("input_channels") == 6 else 1
    weights = folder / f"{name}.weights.h5"
    save_weights(network, weights)
    openvino: list[Path] = []
    if views == 1:
        xml = export_openvino(network, folder / f"{name}.xml")
        openvino = [xml, xml.with_suffix(".bin")]
    entry = ModelEntry(
        folder=folder,
        name=name,
        title=_title(arguments["encoder"], views, checkpoint.file),
        **arguments,
        width=width,
        input_px=input_px,
        metric=True,
        licence=LICENCE,
        card=f"{name}.md",
        keras={weights.name: sha256_of(weights)},
        openvino={file.name: sha256_of(file) for file in openvino},
        origin=Origin(file=checkpoint.file, sha256=checkpoint.sha256),
    )
    card = _CARD.substitute(
        name=name,
        title=entry.title,
        file=checkpoint.file,
        sha256=checkpoint.sha256,
        encoder=entry.encoder,
        parameters=f"{network.count_params():,}",
        views="one picture" if views == 1 else "both views of a rectified stereo pair, left first",
        input=f"{input_px[0]}x{input_px[1]}",
        files=", ".join(f"`{file.name}`" for file in entry.files),
        licence=LICENCE,
    )
    (folder / entry.card).write_text(card, encoding="utf-8")
    return entry


def _title(encoder: str, views: int, file: str) -> str:
    encoders = {"vgg": "VGG", "resnet50": "ResNet50"}
    pair = ", stereo input" if views == 2 else ""
    return f"{encoders[encoder]}{pair}; the original {file} (non-commercial)"
