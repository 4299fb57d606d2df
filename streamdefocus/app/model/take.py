"""All that the user can change about a video or the camera."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from streamdefocus.app.model.look import Look
from streamdefocus.pipeline import Edit


@dataclass(frozen=True, slots=True)
class Take:
    """A look, and for videos an edit; immutable, so that undo is a list of these.

    Attributes:
        look: What is sharp now, and what the blur is like.
        edit: What is sharp when, and which part is kept.
    """

    look: Look = field(default_factory=Look)
    edit: Edit = field(default_factory=Edit)

    def looking(self, look: Look) -> Take:
        """The same with another look."""
        return replace(self, look=look)

    def edited(self, edit: Edit) -> Take:
        """The same with another edit."""
        return replace(self, edit=edit)
