"""TCMonoDepth small: the network whose disparity ours learns from, and is compared with.

Li, Luo, Xiao: "Enforcing Temporal Consistency in Video Depth Estimation" (2021), MIT licence. Its
file is not part of the project; the optional dependency ``streamdefocus[teacher]`` runs it.
"""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np

from streamdefocus.errors import ModelError
from streamdefocus.frames import BgrImage, FloatMap

RECIPE = "halves"
"""Names what ``label`` does; labels are kept under it, and a change needs another name."""

ROWS = 3
"""Rows of overlapping crops of ``label``; a crop's sides are half as long as the picture's."""


class Teacher:
    """Runs the teacher's ONNX file on pictures of any size.

    Args:
        path: ``tcmonodepth_small_192x320.onnx`` or another file with its input and output.
        threads: CPU threads of one pass.

    Raises:
        ModelError: onnxruntime is not installed, or the file is missing or not a network.
    """

    def __init__(self, path: Path, threads: int = 2) -> None:
        try:
            import onnxruntime
        except ImportError as error:
            raise ModelError(
                f"the teacher needs onnxruntime ({error}); try: pip install streamdefocus[teacher]"
            ) from error
        if not path.is_file():
            raise ModelError(f"the teacher's file {path} does not exist")
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        try:
            self._session = onnxruntime.InferenceSession(
                str(path), options, providers=["CPUExecutionProvider"]
            )
        except Exception as error:  # onnxruntime has no common base for its errors
            raise ModelError(f"{path} is not an ONNX network: {error}") from error
        source = self._session.get_inputs()[0]
        self._input = source.name
        self._size = (source.shape[3], source.shape[2])

    def __call__(self, bgr: BgrImage) -> FloatMap:
        """One pass.

        Args:
            bgr: H x W x 3 uint8.

        Returns:
            H x W float32, larger is nearer, of no particular unit.
        """
        rgb = cv2.cvtColor(cv2.resize(bgr, self._size, interpolation=cv2.INTER_AREA), 4)
        batch = rgb.astype(np.float32).transpose(2, 0, 1)[None]
        small = self._session.run(None, {self._input: batch})[0].squeeze()
        height, width = bgr.shape[:2]
        return np.asarray(cv2.resize(small, (width, height)), np.float32)

    def label(self, bgr: BgrImage) -> FloatMap:
        """The best that the teacher can say: mirrored passes, averaged, with closer looks.

        The average of a picture and its mirror image has less noise. Overlapping crops at twice
        the scale, each brought to the whole's scale and shift, have finer edges but lack context:
        their mosaic and the whole count the same. (On 25 Middlebury scenes: edges within 3 px of
        true ones F 0.540, AbsRel 0.1988; the whole alone 0.491 and 0.1998.)

        Args:
            bgr: H x W x 3 uint8.

        Returns:
            H x W float32 in 0..1, larger is nearer.
        """
        whole = self._mirrored(bgr)
        total, weight = np.zeros_like(whole), np.zeros_like(whole)
        height, width = whole.shape
        crop_h, crop_w = (height + 1) // 2, (width + 1) // 2
        feather = _feather(crop_h, crop_w)
        for top in np.linspace(0, height - crop_h, ROWS).astype(int):
            # One pass a side, but for the middle, and the label still mirrors with the picture.
            for left, look in (
                (0, self),
                ((width - crop_w) // 2, self._mirrored),
                (width - crop_w, self._flipped),
            ):
                window = np.s_[top : top + crop_h, left : left + crop_w]
                close = look(bgr[window])
                total[window] += feather * _aligned(close, whole[window])
                weight[window] += feather
        mean = (whole + total / weight) / 2
        low, high = float(mean.min()), float(mean.max())
        return np.asarray((mean - low) / max(high - low, 1e-6), np.float32)

    def _mirrored(self, bgr: BgrImage) -> FloatMap:
        return np.asarray((self(bgr) + self._flipped(bgr)) / 2, np.float32)

    def _flipped(self, bgr: BgrImage) -> FloatMap:
        return self(np.ascontiguousarray(bgr[:, ::-1]))[:, ::-1]


def _aligned(source: FloatMap, target: FloatMap) -> FloatMap:
    """Source, scaled and shifted towards target by least squares; never turned over."""
    spread = source - source.mean()
    scale = float((spread * target).mean() / max(float((spread**2).mean()), 1e-9))
    if scale <= 0:
        return target
    return np.asarray(scale * spread + target.mean(), np.float32)


def _feather(height: int, width: int) -> FloatMap:
    """Weights that fall to nearly nothing at the border of a crop, where it lacks context."""
    ramp_y = np.sin(np.linspace(0.05, np.pi - 0.05, height))
    ramp_x = np.sin(np.linspace(0.05, np.pi - 0.05, width))
    return np.asarray(np.outer(ramp_y, ramp_x), np.float32)
