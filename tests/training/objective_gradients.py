"""Run as a script: values, gradients and pictures of all objectives on KERAS_BACKEND's backend.

python objective_gradients.py INPUTS.npz RESULTS.npz
"""

import sys

import numpy as np
from gradients import values_and_gradients

from streamdefocus.training.objectives import Deep3DObjective, LabelObjective, StereoObjective

OBJECTIVES = {
    "labels": LabelObjective(trim=0.2, scales=(1.0, 0.5)),
    "stereo": StereoObjective(),
    "no lr": StereoObjective(consistency=0),
    "deep3ds": Deep3DObjective(),
    "deep3d": Deep3DObjective(concentration=0, smoothness=0),
}
BATCH = ("image", "target", "left", "right")


def results(inputs):
    """By name: the value, the gradient for each of the outputs, and the pictures."""
    from keras import Variable, ops

    found = {}
    batch = {name: ops.convert_to_tensor(inputs[name]) for name in BATCH}
    for name, objective in OBJECTIVES.items():
        kind = "distribution" if name.startswith("deep3d") else "disparity"
        outputs = [inputs[f"{kind}{i}"] for i in range(2)]

        def loss(*tensors, objective=objective):
            return objective(tensors, batch)["loss"]

        value, gradients = values_and_gradients(loss, *outputs)
        found[name] = np.float64(value)
        found |= {f"{name} {i}": gradient for i, gradient in enumerate(gradients)}
        # Of variables, which have a gradient, as a network's outputs have.
        learnt = [ops.convert_to_tensor(Variable(output)) for output in outputs]
        for what, picture in objective.pictures(learnt, batch).items():
            found[f"{name} {what}"] = ops.convert_to_numpy(picture)
    return found


if __name__ == "__main__":
    with np.load(sys.argv[1]) as file:
        arrays = dict(file)
    np.savez(sys.argv[2], **results(arrays))
