import numpy as np
import pytest

from streamdefocus.training.labels.cutouts import Cutout, from_label, from_mask, paste


def square_person():
    picture = np.full((40, 60, 3), 50, np.uint8)
    picture[10:, 20:40] = 200
    label = np.full((40, 60), 0.2, np.float32)
    label[10:, 20:40] = 0.9
    return picture, label


def test_a_mask_cuts_out_its_box_without_the_rim():
    picture, label = square_person()
    mask = (label > 0.5).astype(np.float32)
    cutout = from_mask(picture, mask, label)
    assert cutout.alpha.shape == (30, 20) and cutout.grounded
    assert cutout.alpha[15, 10] == 1 and cutout.alpha[0, 10] < 0.5
    assert abs(float(cutout.relief[15, 10])) < 1e-6  # flat about its own mean


def test_a_label_cuts_out_what_stands_out():
    cutout = from_label(*square_person())
    assert cutout is not None
    assert (cutout.picture[cutout.alpha > 0.9] == 200).all()


@pytest.mark.parametrize("label", ["flat", "slope", "speck"])
def test_nothing_is_cut_out_of_a_label_where_nothing_stands_out(label):
    picture, _ = square_person()
    slope = np.linspace(0, 1, 40, dtype=np.float32)[:, None] * np.ones((1, 60), np.float32)
    speck = np.zeros((40, 60), np.float32)
    speck[:4, :4] = 1
    labels = {"flat": np.full((40, 60), 0.5, np.float32), "slope": slope, "speck": speck}
    assert from_label(picture, labels[label]) is None


def test_a_pasted_person_is_nearer_than_all_it_hides():
    rng = np.random.default_rng(0)
    scene = np.zeros((64, 128, 3), np.uint8), rng.random((64, 128), dtype=np.float32)
    scene[1][:, 100:] = -1
    person = Cutout(
        np.full((30, 20, 3), 255, np.uint8),
        np.ones((30, 20), np.float32),
        np.zeros((30, 20), np.float32),
        grounded=True,
    )
    for _ in range(20):
        picture, disparity = paste(rng, scene, person, stretch=1.4)
        pasted = picture[..., 0] > 0
        assert pasted.any() and pasted[-1].any()  # grounded: it reaches the lower edge
        room = disparity[~pasted]
        assert room[room >= 0].max() <= 0.9
        hidden = scene[1][pasted]
        assert disparity[pasted].min() > 0.95 * 0.3 * np.quantile(hidden[hidden >= 0], 0.9)
        assert (disparity[~pasted & (scene[1] < 0)] == -1).all()  # unknown stays unknown


def test_the_scene_is_not_changed():
    rng = np.random.default_rng(1)
    scene = np.zeros((32, 64, 3), np.uint8), np.full((32, 64), 0.5, np.float32)
    copies = scene[0].copy(), scene[1].copy()
    cutout = from_label(*square_person())
    paste(rng, scene, cutout, stretch=1)
    assert all(np.array_equal(a, b) for a, b in zip(scene, copies, strict=True))
