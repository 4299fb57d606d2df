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


class Thumbnails(Desk):
    """A desk whose jobs are about paths and give pictures of ``WIDTH`` x ``HEIGHT``."""

    def __init__(self) -> None:
        super().__init__("thumbnails")

    def ask(self, path: Path) -> Job:
        """Have one made."""
        return self.submit(path, lambda _job: thumbnail(_first_picture(path), WIDTH, HEIGHT))


def _first_picture(path: Path) -> BgrImage:
    if not is_video(path):
        return read_photo(path).bgr
    with open_source(path) as source:
        return next(iter(source)).bgr
