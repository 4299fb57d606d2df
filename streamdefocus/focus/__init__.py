"""What is sharp: found by a click, by following a thing or by itself."""

from streamdefocus.focus.controller import FocusController
from streamdefocus.focus.finders import Aim

__all__ = ["Aim", "FocusController"]
