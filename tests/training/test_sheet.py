import cv2
import numpy as np
import pytest

from streamdefocus.errors import OutputError
from streamdefocus.training.sheet import COLUMNS, SAMPLES, TILE_PX, UNKNOWN, write_sheet


def landscapes(k):
    """Red pictures; the label is near in its left half and unknown in the right."""
    image = np.zeros((5, 32, 64, 3), np.uint8)
    image[..., 0] = 200 + k
    target = np.ones((5, 32, 64, 1), np.float32)
    target[:, :, 32:] = -1
    return {"image": image, "target": target}


def test_every_sample_stands_beside_its_label(tmp_path):
    write_sheet(landscapes, tmp_path / "sheet.png")
    sheet = cv2.imread(str(tmp_path / "sheet.png"))
    cell_w, cell_h = 2 * (TILE_PX[0] + 4), TILE_PX[1] + 4
    assert sheet.shape == (SAMPLES // COLUMNS * cell_h, COLUMNS * cell_w, 3)
    assert (sheet[20, 20] == (0, 0, 200)).all()  # RGB in batches, BGR in files
    assert sheet[20, TILE_PX[0] + 30].sum() > 300  # near is bright
    assert (sheet[20, cell_w - 20] == UNKNOWN).all()
    assert (sheet[20, 5 * cell_w + 20] == (0, 0, 201)).all()  # the sixth is of the next batch


def test_upright_pictures_and_pairs_fit_too(tmp_path):
    views = np.full((4, 64, 32, 3), 90, np.uint8)
    write_sheet(lambda k: {"left": views, "right": views}, tmp_path / "sheet.png")
    sheet = cv2.imread(str(tmp_path / "sheet.png"))
    assert (sheet[TILE_PX[1] // 2, 20] == 90).all()
    assert (sheet[TILE_PX[1] // 2, TILE_PX[0] - 20] != 90).all()


def test_a_sheet_that_cannot_be_written_is_said(tmp_path):
    with pytest.raises(OutputError, match="does its folder exist"):
        write_sheet(landscapes, tmp_path / "nowhere" / "sheet.png")
