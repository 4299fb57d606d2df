import logging

import cv2
import numpy as np
import pytest

from streamdefocus.errors import InputError
from streamdefocus.training.config import PairListOptions, PairTableOptions
from streamdefocus.training.stereo.files import list_pairs, tabled_pairs


def picture(value, size=(20, 40)):
    return np.full((*size, 3), value, np.uint8)


@pytest.fixture
def kitti(tmp_path):
    """A folder with three pairs and the list of them, as the original's."""
    lines = []
    for i in range(3):
        names = [f"2011/image_0{camera}/data/{i}.png" for camera in (2, 3)]
        for name in names:
            path = tmp_path / name
            path.parent.mkdir(parents=True, exist_ok=True)
            rows = picture(10 * i + ("3" in name.split("/")[1]))
            rows[15:] = 255
            cv2.imwrite(str(path), rows)
        lines.append(" ".join(names).replace(".png", ".jpg"))
    (tmp_path / "list.txt").write_text("\n".join(lines) + "\n")
    return tmp_path


def options(folder, **changes):
    return PairListOptions(
        kind="list", file=folder / "list.txt", root=folder, **{"suffix": ".png", **changes}
    )


def test_a_list_gives_left_and_right_views(kitti):
    pairs = list_pairs(options(kitti))
    assert len(pairs) == 3 and pairs.missing == 0
    for i in range(3):
        assert pairs[i].left[0, 0, 0] == 10 * i and pairs[i].right[0, 0, 0] == 10 * i + 1


def test_the_bottom_can_be_cut_off(kitti):
    pair = list_pairs(options(kitti, keep_top=0.75))[0]
    assert pair.left.shape == (15, 40, 3) and (pair.left < 255).all()


def test_a_missing_view_is_left_out_and_counted(kitti, caplog):
    (kitti / "2011/image_03/data/1.png").unlink()
    with caplog.at_level(logging.WARNING):
        pairs = list_pairs(options(kitti))
    assert len(pairs) == pairs.missing + 1 == 2
    assert "skipped 1 of the pairs of" in caplog.text and "1.png does not exist" in caplog.text


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a.png\n", "must have two paths a line"),
        ("a.png b.png\n", r"no pair to train on in .*list\.txt.*a\.png does not exist"),
        ("", "it is empty"),
    ],
)
def test_a_list_of_nothing_is_an_error(tmp_path, text, message):
    (tmp_path / "list.txt").write_text(text)
    with pytest.raises(InputError, match=message):
        list_pairs(options(tmp_path))


def test_a_missing_list_is_an_error(tmp_path):
    with pytest.raises(InputError, match=r"cannot read the list of pairs .*list\.txt"):
        list_pairs(options(tmp_path))


def test_views_of_two_sizes_are_an_error(kitti):
    cv2.imwrite(str(kitti / "2011/image_03/data/0.png"), picture(0, (20, 30)))
    with pytest.raises(InputError, match="differ in size: 40x20 and 30x20"):
        list_pairs(options(kitti))[0]


def test_a_table_leaves_out_what_is_held_out_and_keeps_the_rest_in_memory(tmp_path):
    for name in ("a/l.png", "a/r.png", "b/l.png", "b/r.png"):
        path = tmp_path / "stereo" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        cv2.imwrite(str(path), picture(7, (20, 2048)))
    table = tmp_path / "stereo" / "pairs.tsv"
    table.write_text("left\tright\tgt\tscale\na/l.png\ta/r.png\t\t\nb/l.png\tb/r.png\t\t\n")
    (tmp_path / "holdout.toml").write_text('holdout = ["stereo/a/*"]\n')
    pairs = tabled_pairs(
        PairTableOptions(kind="table", folder=tmp_path, holdout=tmp_path / "holdout.toml")
    )
    assert len(pairs) == 1
    first = pairs[0]
    assert first.left.shape == (10, 1024, 3)
    (tmp_path / "stereo/b/l.png").unlink()
    assert pairs[0] is first
