"""Tiny data sets in the real formats, with numbers that can be computed by hand."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np

KITTI_PX = (1242, 8)
KITTI_M_PX = 721.5377 * 0.54  # depth in metres x disparity in pixels, at that width

EIGEN_PX = (40, 24)
EIGEN_FOCAL, EIGEN_BASELINE = 100.0, 0.6


def write(path: Path, picture: np.ndarray) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    assert cv2.imwrite(str(path), picture)


def blank(size_px: tuple[int, int], value: int = 90) -> np.ndarray:
    return np.full((size_px[1], size_px[0], 3), value, np.uint8)


def kitti(data: Path, disparity_px: np.ndarray, name: str = "000000_10.png") -> Path:
    """KITTI 2015 with one more picture."""
    write(data / "training/image_2" / name, blank(KITTI_PX, 60))
    write(data / "training/image_3" / name, blank(KITTI_PX, 61))
    write(data / "training/disp_occ_0" / name, np.rint(disparity_px * 256).astype(np.uint16))
    return data


def eigen(data: Path, points: list[tuple[float, float, float]], frame: str = "0000000005") -> Path:
    """One frame of one drive; points are forward, left and up in metres.

    The laser sits in the left camera, whose principal point is pixel (20, 12) counted from 0.
    """
    day = data / "2011_09_26"
    drive = day / "2011_09_26_drive_0001_sync"
    for camera in (2, 3):
        write(drive / f"image_{camera:02}/data/{frame}.png", blank(EIGEN_PX, camera))
    rows = {
        "calib_time": "09-Jan-2012 13:57:47",
        "corner_dist": "9.950000e-02",
        "R_rect_00": "1 0 0 0 1 0 0 0 1",
        "P_rect_02": "100 0 21 10 0 100 13 0 0 0 1 0",
        "P_rect_03": "100 0 21 -50 0 100 13 0 0 0 1 0",
    }
    (day / "calib_cam_to_cam.txt").write_text("".join(f"{k}: {v}\n" for k, v in rows.items()))
    (day / "calib_velo_to_cam.txt").write_text(
        "calib_time: 15-Mar-2012 11:37:16\nR: 0 -1 0 0 0 -1 1 0 0\nT: 0 0 0\ndelta_f: 0 0\n"
    )
    laser = drive / "velodyne_points/data"
    laser.mkdir(parents=True, exist_ok=True)
    np.array([(*point, 0.3) for point in points], np.float32).tofile(laser / f"{frame}.bin")
    path = f"2011_09_26/{drive.name}/image_{{}}/data/{frame}.jpg"
    (data / "eigen_test_files.txt").write_text(f"{path.format('02')} {path.format('03')}\n")
    return data
