"""Curves and pictures for TensorBoard, written with its own package: TensorFlow is not needed."""

from __future__ import annotations

import platform
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

SHOWN = 4  # pictures of a batch


class EventFile:
    """A file of events, one more for every time a run is resumed.

    Args:
        folder: Of the run's event files; made if need be.
        step: Where the run goes on: TensorBoard drops what older files say of later steps.

    Raises:
        ImportError: The package tensorboard is not installed.
        OSError: The file cannot be written (from all methods).
    """

    def __init__(self, folder: Path, step: int) -> None:
        from tensorboard.compat.proto import event_pb2, summary_pb2  # type: ignore[import-untyped]
        from tensorboard.summary.writer.record_writer import (  # type: ignore[import-untyped]
            RecordWriter,
        )

        self._event = event_pb2.Event
        self._summary = summary_pb2.Summary
        folder.mkdir(parents=True, exist_ok=True)
        name = f"events.out.tfevents.{time.time_ns() // 1000}.{platform.node()}"
        self._records = RecordWriter((folder / name).open("wb"))
        self._write(file_version="brain.Event:2")
        start = event_pb2.SessionLog(status=event_pb2.SessionLog.START)
        self._write(step=step + 1, session_log=start)

    def scalars(self, step: int, values: Mapping[str, float]) -> None:
        """Add a point to every curve."""
        points = [self._summary.Value(tag=name, simple_value=v) for name, v in values.items()]
        self._write(step=step, summary=self._summary(value=points))

    def pictures(self, step: int, pictures: Mapping[str, NDArray[Any]]) -> None:
        """Add the first pictures of a batch, B x H x W x C RGB or grey in 0..1, by name."""
        values = []
        for name, batch in pictures.items():
            column = np.concatenate(batch[:SHOWN])
            bgr = np.clip(column[..., ::-1] * 255 + 0.5, 0, 255).astype(np.uint8)
            image = self._summary.Image(
                height=bgr.shape[0],
                width=bgr.shape[1],
                colorspace=bgr.shape[2],
                encoded_image_string=cv2.imencode(".png", bgr)[1].tobytes(),
            )
            values.append(self._summary.Value(tag=f"pictures/{name}", image=image))
        self._write(step=step, summary=self._summary(value=values))

    def close(self) -> None:
        """Close the file."""
        self._records.close()

    def _write(self, **content: Any) -> None:
        event = self._event(wall_time=time.time(), **content)
        self._records.write(event.SerializeToString())
        self._records.flush()
