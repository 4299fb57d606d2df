"""Losses: pure functions of tensors, each with its equation.

- ``sampling``: one view from the other by bilinear sampling along rows; image pyramids;
- ``photometric``: SSIM and the appearance matching loss;
- ``smoothness``: edge-aware smoothness of disparities;
- ``consistency``: agreement of left and right disparities;
- ``deep3d``: image formation and losses of distributions over disparities;
- ``invariant``: disparity against labels of unknown scale and shift.

Images are float32 in 0..1; disparities and offsets are fractions of the image width. Results are
scalars unless a docstring gives a shape. Only ``keras.ops`` are used: TensorFlow, JAX, PyTorch.

Sources:
    [Godard] Godard, Mac Aodha, Brostow: "Unsupervised Monocular Depth Estimation with Left-Right
    Consistency", CVPR 2017, and its supplement.
    [MiDaS] Ranftl, Lasinger, Hafner, Schindler, Koltun: "Towards Robust Monocular Depth
    Estimation", TPAMI 2022.
"""
