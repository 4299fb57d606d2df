"""Files that come with the package: models and configurations."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

_PACKAGE = Path(__file__).resolve().parent


def resource_dir(kind: Literal["models", "configs"]) -> Path:
    """Folder of the models or configurations that belong to this very copy of the package.

    A wheel carries them inside the package; in a checkout (and so in an editable installation)
    they lie beside it.
    """
    packaged = _PACKAGE / "_data" / kind
    return packaged if packaged.is_dir() else _PACKAGE.parent / kind
