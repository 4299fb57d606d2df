"""How alike two pictures are."""

from __future__ import annotations

from typing import Any, cast

import cv2
import numpy as np
from numpy.typing import NDArray

from streamdefocus.frames import BgrImage


def psnr(result: BgrImage, reference: BgrImage) -> float:
    """Peak signal-to-noise ratio of 8-bit pictures, dB; 99 for equal ones."""
    error = float(np.mean((result.astype(np.float32) - reference) ** 2))
    return 99.0 if error == 0 else 10 * float(np.log10(255**2 / error))


def ssim(result: BgrImage, reference: BgrImage) -> float:
    """Structural similarity of luma, mean over the picture (Wang et al. 2004, 11 x 11 gaussian)."""
    x, y = (
        cv2.cvtColor(image, cv2.COLOR_BGR2GRAY).astype(np.float32) for image in (result, reference)
    )

    def mean(image: NDArray[Any]) -> NDArray[Any]:
        return cast(NDArray[Any], cv2.GaussianBlur(image, (11, 11), 1.5))

    c1, c2 = (0.01 * 255) ** 2, (0.03 * 255) ** 2
    mx, my = mean(x), mean(y)
    variances = mean(x * x) - mx * mx + mean(y * y) - my * my
    covariance = mean(x * y) - mx * my
    return float(
        np.mean(
            (2 * mx * my + c1) * (2 * covariance + c2) / ((mx**2 + my**2 + c1) * (variances + c2))
        )
    )
