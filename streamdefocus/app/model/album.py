"""The photos that are open, each with its look; the blur is shared, the focus is each one's own."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeAlias

from streamdefocus.app.model.look import Look
from streamdefocus.frames import BgrImage, DisparityMap
from streamdefocus.photos import Photo


@dataclass(slots=True, eq=False)
class Document:
    """A photo that is open.

    Attributes:
        name: For people, and for the names of the results.
        path: Where it came from, or None if it was pasted or made up.
        look: How it shall look.
        make: Makes its pixels, if it has no path; slow.
        photo: Its pixels; of photos with a path, only the current one's are kept.
        screen: The same at the screen's size.
        disparity: What is where in it, as soon as that is known.
        trouble: Why it cannot be shown, for people; otherwise empty.
    """

    name: str
    path: Path | None = None
    look: Look = field(default_factory=Look)
    make: Callable[[], Photo] | None = None
    photo: Photo | None = None
    screen: BgrImage | None = None
    disparity: DisparityMap | None = None
    trouble: str = ""

    @property
    def stem(self) -> str:
        """First part of the names of its results."""
        return self.path.stem if self.path else self.name


Looks: TypeAlias = dict[Document, Look]
"""How every photo that is open looks; one state of undo."""


class Album:
    """The photos that are open, and which one is shown.

    Attributes:
        documents: In the order in which they were opened.
        index: Of the one that is shown; -1 while there is none.
        shared: A change of the blur applies to all photos.
    """

    def __init__(self) -> None:
        self.documents: list[Document] = []
        self.index = -1
        self.shared = True

    @property
    def current(self) -> Document | None:
        """The photo that is shown."""
        return self.documents[self.index] if self.documents else None

    def open(self, documents: list[Document]) -> None:
        """Take other photos in the place of those that are open, and show the first."""
        self.documents = documents
        self.index = 0 if documents else -1

    def select(self, index: int) -> Document:
        """Show another photo; the pixels of the one before are let go if they can be had again."""
        before = self.current
        self.index = index
        chosen = self.documents[index]
        if before and before is not chosen and before.path:
            before.photo = None
        return chosen

    def looks(self) -> Looks:
        """How every photo looks."""
        return {document: document.look for document in self.documents}

    def looks_with(self, document: Document, look: Look) -> Looks:
        """The same with another look of one photo; if blur is shared, with its blur for all."""
        looks = self.looks()
        if self.shared:
            looks = {other: before.sharing(look) for other, before in looks.items()}
        return {**looks, document: look}

    def wear(self, looks: Looks) -> None:
        """Give the photos these looks."""
        for document, look in looks.items():
            document.look = look
