"""What the app remembers from one time to the next."""

from __future__ import annotations

import json
from pathlib import Path

from pydantic import ValidationError
from PySide6.QtCore import QByteArray, QSettings

from streamdefocus.app.model.look import Look
from streamdefocus.app.model.recent import with_recent
from streamdefocus.config import DefocusOptions, FocusOptions


class Settings:
    """A thin cover of QSettings that knows the types; what cannot be read counts as not set.

    Args:
        store: Where it is kept; by default where the system keeps such things.
    """

    def __init__(self, store: QSettings | None = None) -> None:
        self._store = store or QSettings("streamdefocus", "streamdefocus")

    @property
    def recent(self) -> list[Path]:
        """Files that were open lately and are still there, the newest first."""
        try:
            names = json.loads(self._text("recent") or "[]")
        except ValueError:
            return []
        return [Path(name) for name in names if Path(name).is_file()]

    def add_recent(self, path: Path) -> None:
        """Remember a file that was opened."""
        names = [str(other) for other in with_recent(self.recent, path)]
        self._store.setValue("recent", json.dumps(names))

    def forget_recent(self) -> None:
        """Forget which files were opened."""
        self._store.remove("recent")

    @property
    def folder(self) -> str:
        """Where something was saved last."""
        return self._text("folder")

    @folder.setter
    def folder(self, folder: str) -> None:
        self._store.setValue("folder", folder)

    @property
    def camera(self) -> str:
        """Address of the camera used last."""
        return self._text("camera")

    @camera.setter
    def camera(self, address: str) -> None:
        self._store.setValue("camera", address)

    @property
    def camera_px(self) -> tuple[int, int] | None:
        """(width, height) that was chosen last; None if none was."""
        sides = self._text("camera_px").split("x")
        if len(sides) != 2 or not all(side.isdecimal() for side in sides):
            return None
        return int(sides[0]), int(sides[1])

    @camera_px.setter
    def camera_px(self, size_px: tuple[int, int]) -> None:
        self._store.setValue("camera_px", "{}x{}".format(*size_px))

    @property
    def mirror(self) -> bool:
        """Whether the camera's picture is flipped."""
        return self._text("mirror") == "on"

    @mirror.setter
    def mirror(self, on: bool) -> None:
        self._store.setValue("mirror", "on" if on else "off")

    def look(self) -> Look:
        """The blur used last; the focus is that of a new picture."""
        try:
            values = json.loads(self._text("look") or "{}")
            focus = FocusOptions(**values.get("focus", {}))
            return Look(focus, DefocusOptions(**values.get("defocus", {})))
        except (ValueError, TypeError, AttributeError, ValidationError):
            return Look()

    def keep_look(self, look: Look) -> None:
        """Remember a blur."""
        focus = look.focus.model_dump(include={"focus_range"})
        values = {"focus": focus, "defocus": look.defocus.model_dump()}
        self._store.setValue("look", json.dumps(values))

    @property
    def geometry(self) -> QByteArray:
        """Of the window."""
        value = self._store.value("geometry")
        return value if isinstance(value, QByteArray) else QByteArray()

    @geometry.setter
    def geometry(self, geometry: QByteArray) -> None:
        self._store.setValue("geometry", geometry)

    def _text(self, key: str) -> str:
        value = self._store.value(key, "")
        return value if isinstance(value, str) else ""
