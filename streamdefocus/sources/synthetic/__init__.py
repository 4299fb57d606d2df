"""The synthetic source: a moving scene made by the program, with exact disparity."""

from streamdefocus.sources.synthetic.source import SyntheticSource

__all__ = ["SyntheticSource"]
