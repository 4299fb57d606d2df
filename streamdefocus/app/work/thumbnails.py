"""Small pictures of files, made one after another in the background."""

from __future__ import annotations

from pathlib import Path

from streamdefocus.app.model.recent import is_video
from streamdefocus.app.parts.pictures import thumbnail
from streamdefocus.app.work.desk import Desk, Job
from streamdefocus.frames import BgrImage
from streamdefocus.photos import read_photo
from streamdefocus.sources import open_source

WIDTH, HEIGHT = 176, 110
DENSITY = 2
"""Pixels of a thumbnail for each that is asked for: sharp on dense screens."""


class Thumbnails(Desk):
    """A desk whose jobs are about paths and give pictures, ``DENSITY`` times the size above."""

    def __init__(self) -> None:
        super().__init__("thumbnails")

    def ask(self, path: Path) -> Job:
        """Have one made."""
        size = (DENSITY * WIDTH, DENSITY * HEIGHT)
        return self.submit(path, lambda _job: thumbnail(_first_picture(path), *size))


def _first_picture(path: Path) -> BgrImage:
    if not is_video(path):
        return read_photo(path).bgr
    with open_source(path) as source:
        return next(iter(source)).bgr
