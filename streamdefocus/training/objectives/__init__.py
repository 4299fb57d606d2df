"""What training minimises: an objective makes one number of a network's outputs and a batch.

- ``base``: the contract;
- ``labels``: disparity against labels of unknown scale and shift;
- ``stereo``: the paper's, which needs no labels: one view from the other;
- ``deep3d``: the image formation model that the paper compares its own with.
"""

from streamdefocus.training.config import (
    Deep3DObjectiveOptions,
    LabelObjectiveOptions,
    TrainOptions,
)
from streamdefocus.training.objectives.base import Objective
from streamdefocus.training.objectives.deep3d import Deep3DObjective
from streamdefocus.training.objectives.labels import LabelObjective
from streamdefocus.training.objectives.stereo import StereoObjective

__all__ = ["Deep3DObjective", "LabelObjective", "Objective", "StereoObjective", "open_objective"]


def open_objective(options: TrainOptions) -> Objective:
    """The objective that a configuration asks for."""
    arguments = options.objective.model_dump(exclude={"kind"})
    if isinstance(options.objective, LabelObjectiveOptions):
        return LabelObjective(**arguments)
    both_views = options.network.input_channels == 6
    if isinstance(options.objective, Deep3DObjectiveOptions):
        return Deep3DObjective(**arguments, both_views=both_views)
    return StereoObjective(**arguments, both_views=both_views)
