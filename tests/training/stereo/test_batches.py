import logging

import cv2
import numpy as np
import pytest

from streamdefocus.errors import InputError
from streamdefocus.training.config import BatchOptions, SyntheticOptions, WarpedOptions
from streamdefocus.training.stereo.batches import StereoBatchMaker, open_stereo_batches
from streamdefocus.training.stereo.pair import StereoPair
from streamdefocus.training.stereo.sources import Source, shuffled

BATCHES = BatchOptions(size_px=(64, 32), batch_size=3)


def drawn(i):
    view = np.random.default_rng(i).integers(0, 256, (40, 100, 3), dtype=np.uint8)
    return StereoPair(str(i), view, view)


def source(draw=drawn, share=1.0, crop=1.0, length=None, missing=0):
    return Source(share, crop, draw, length, missing)


def same(a, b):
    return all(np.array_equal(a[name], b[name]) for name in ("left", "right"))


def test_batch_k_is_the_same_in_any_order_and_from_any_maker():
    one, other = (StereoBatchMaker([source(crop=0.5)], BATCHES, 7) for _ in range(2))
    forwards = [one(k) for k in range(4)]
    backwards = [other(k) for k in reversed(range(4))][::-1]
    assert all(map(same, forwards, backwards))
    assert not same(forwards[0], forwards[1])
    assert not same(forwards[0], StereoBatchMaker([source()], BATCHES, 8)(0))


def test_batches_have_the_configured_shapes():
    options = BATCHES.model_copy(
        update={"large_px": (128, 64), "large_batch_size": 2, "large": 0.5, "upright": 0.5}
    )
    make = StereoBatchMaker([source(crop=0.5)], options, 0)
    found = [make(k)["left"] for k in range(30)]
    assert all(batch.dtype == np.uint8 for batch in found)
    assert {batch.shape for batch in found} == {
        (3, 32, 64, 3),
        (3, 64, 32, 3),
        (2, 64, 128, 3),
        (2, 128, 64, 3),
    }


def test_both_views_show_the_same_part():
    make = StereoBatchMaker([source(crop=0.3)], BATCHES, 0)
    for k in range(5):
        batch = make(k)
        np.testing.assert_array_equal(batch["left"], batch["right"])


def test_shares_say_how_often():
    seen = []
    parts = [source(lambda i, n=n: seen.append(n) or drawn(i), share=n) for n in (1, 3)]
    make = StereoBatchMaker(parts, BATCHES, 0)
    for k in range(100):
        make(k)
    assert 0.68 < seen.count(3) / len(seen) < 0.82


def test_an_epoch_shows_every_pair_once_in_another_order():
    first, second = ([shuffled(5, i + 30 * epoch, 30) for i in range(30)] for epoch in range(2))
    assert sorted(first) == sorted(second) == list(range(30))
    assert first != second != list(range(30))


def test_epochs_are_those_of_all_lists():
    make = StereoBatchMaker([source(length=10, missing=2), source(length=5)], BATCHES, 0)
    assert make.batches_per_epoch == 5 and make.skipped == 2
    endless = StereoBatchMaker([source(length=10), source()], BATCHES, 0)
    assert endless.batches_per_epoch is None


def test_a_damaged_pair_is_replaced_and_counted(caplog):
    def draw(i):
        if i % 2:
            raise InputError("left.png is damaged")
        return drawn(i)

    make, again = (StereoBatchMaker([source(draw)], BATCHES, 0) for _ in range(2))
    with caplog.at_level(logging.WARNING):
        batches = [make(k) for k in range(4)]
    assert make.skipped >= 6 and caplog.text.count("is damaged") == 1
    assert all(same(batch, again(k)) for k, batch in enumerate(batches))


def test_only_damaged_pairs_are_an_error():
    def draw(i):
        raise InputError("damaged")

    with pytest.raises(InputError, match="damaged pairs one after another"):
        StereoBatchMaker([source(draw)], BATCHES, 0)(0)


@pytest.mark.parametrize("kind", ["rooms", "streets"])
def test_made_up_pairs_are_a_source(kind):
    make = open_stereo_batches([SyntheticOptions(kind=kind)], BATCHES, 0)
    assert make.batches_per_epoch is None
    assert make(0)["left"].shape == (3, 32, 64, 3)


def test_photos_and_their_labels_are_a_source(options):
    labels = options.labels.model_dump(include={"folder", "holdout", "teacher", "cache"})
    part = WarpedOptions(kind="photos", **labels)
    make, again = (open_stereo_batches([part], BATCHES, 0) for _ in range(2))
    batch = make(3)
    assert make.batches_per_epoch == 11 // 3 and make.skipped == 0
    assert same(batch, again(3)) and not np.array_equal(batch["left"], batch["right"])


def test_rooms_wear_the_photos_of_a_folder(tmp_path, caplog):
    red = np.full((40, 60, 3), (0, 0, 255), np.uint8)
    (tmp_path / "deeper").mkdir()
    assert cv2.imwrite(str(tmp_path / "deeper" / "red.png"), red)
    (tmp_path / "damaged.png").write_bytes(b"nothing")
    (tmp_path / "notes.txt").write_text("no photo")
    painted = SyntheticOptions(kind="rooms")
    covered = SyntheticOptions(kind="rooms", textures=tmp_path)
    one, other = (open_stereo_batches([part], BATCHES, 3) for part in (painted, covered))
    assert "damaged.png" in caplog.text
    found = [(one(k)["left"], other(k)["left"]) for k in range(4)]

    def reddish(view):
        red, green, blue = (view[..., i].astype(int) for i in range(3))
        return float((red - np.maximum(green, blue) > 100).mean())

    assert sum(reddish(b) for _, b in found) > sum(reddish(a) for a, _ in found) + 0.02


def test_a_folder_without_photos_is_named(tmp_path):
    part = SyntheticOptions(kind="streets", textures=tmp_path / "none")
    with pytest.raises(InputError, match=r"no photo in .*none to cover made-up scenes"):
        open_stereo_batches([part], BATCHES, 3)
