import logging
from pathlib import Path

import cv2
import numpy as np
import pytest

from streamdefocus.depth.datasets import is_held_out_file, list_photos, read_holdout
from streamdefocus.errors import ConfigError, InputError, ModelError
from streamdefocus.training.labels import rendered, teaching
from streamdefocus.training.labels.batches import LabelBatchMaker, open_label_batches, spread
from streamdefocus.training.labels.pool import UNKNOWN, Pool, open_pool
from streamdefocus.training.streams import by_threads


@pytest.fixture
def make(options):
    return open_label_batches(options.labels, options.batches, 7)


def same(a, b):
    return all(np.array_equal(a[name], b[name]) for name in ("image", "target"))


def test_batch_k_is_the_same_in_any_order_and_from_any_maker(options, make):
    forwards = [make(k) for k in range(6)]
    other = open_label_batches(options.labels, options.batches, 7)
    backwards = [other(k) for k in reversed(range(6))][::-1]
    assert all(map(same, forwards, backwards))
    assert not same(forwards[0], forwards[1])


def test_another_seed_makes_other_batches(options, make):
    other = open_label_batches(options.labels, options.batches, 8)
    assert not same(make(0), other(0))


def test_batches_have_the_configured_shapes_and_ranges(make):
    shapes = set()
    for k in range(30):
        batch = make(k)
        image, target = batch["image"], batch["target"]
        shapes.add(image.shape)
        assert image.dtype == np.uint8 and target.dtype == np.float32
        assert target.shape == (*image.shape[:3], 1)
        known = target[target != UNKNOWN]
        assert known.min() >= 0 and known.max() <= 1
    assert shapes == {(3, 64, 128, 3), (3, 128, 64, 3), (2, 64, 192, 3), (2, 192, 64, 3)}


def test_threads_deliver_in_order(make):
    found = list(by_threads(make, 2, 8, threads=3))
    assert all(same(batch, make(2 + i)) for i, batch in enumerate(found))


def test_a_stream_can_be_left_early(make):
    batches = by_threads(make, 0, 1000, threads=2)
    next(batches)
    batches.close()  # leaked threads fail the test


def test_a_damaged_photo_is_skipped_and_counted(options, make, caplog):
    for path in (options.labels.folder / "caltech101/cup").glob("*.jpg"):
        path.write_bytes(b"not a picture")
    with caplog.at_level(logging.WARNING):
        batches = [make(k) for k in range(12)]
    assert make.skipped == caplog.text.count("caltech101/cup/image_") > 0
    assert all(len(b["image"]) in (2, 3) for b in batches)


def test_only_damaged_photos_is_an_error(options):
    pool = open_pool(options.labels)
    for path in (options.labels.folder).rglob("*.[jp][pn]g"):
        path.write_bytes(b"")
    pool.people.clear()
    with pytest.raises(InputError, match="damaged photos one after another"):
        LabelBatchMaker(pool, options.labels, options.batches, 0)(0)


def test_nothing_to_train_on_is_an_error(options):
    with pytest.raises(InputError, match="no photo to train on"):
        LabelBatchMaker(Pool([], [], {}), options.labels, options.batches, 0)


def test_held_out_photos_are_not_in_the_pool(options):
    names = [item.name for item in open_pool(options.labels).faces]
    assert names == [f"caltech101/Faces/image_000{i}.jpg" for i in range(3)]


def test_portraits_are_cut_out(options):
    (people,) = open_pool(options.labels).people
    assert len(people) == 3
    assert all(0.8 < person.alpha.mean() <= 1 for person in people)  # squares fill their boxes


def test_what_is_unlabelled_needs_the_teacher(options, tmp_path):
    data = options.labels.model_copy(update={"cache": tmp_path / "elsewhere"})
    with pytest.raises(ModelError, match=r"none\.onnx does not exist"):
        open_pool(data)


def test_labels_are_made_once_and_whole(options, tmp_path, monkeypatch):
    class Stub:
        calls = 0

        def __init__(self, path):
            pass

        def label(self, bgr):
            Stub.calls += 1
            if Stub.calls == 3:
                raise KeyboardInterrupt
            return np.zeros(bgr.shape[:2], np.float32)

    monkeypatch.setattr(teaching, "Teacher", Stub)
    data = options.labels
    arguments = (data.folder, read_holdout(data.holdout), tmp_path / "fresh", data.teacher)
    with pytest.raises(KeyboardInterrupt):
        teaching.prepare(*arguments)
    assert len(list((tmp_path / "fresh").rglob("*.npy"))) == 2
    found = teaching.prepare(*arguments)
    assert Stub.calls == 1 + len(found)
    assert all(np.load(item.label).shape == (48, 64) for item in found)


def test_frames_of_clips_are_labelled_too(options, tmp_path, monkeypatch):
    class Stub:
        def __init__(self, path):
            pass

        def label(self, bgr):
            return np.zeros(bgr.shape[:2], np.float32)

    monkeypatch.setattr(teaching, "Teacher", Stub)
    clip = options.labels.folder / "asl_gestures" / "wave.mkv"
    clip.parent.mkdir()
    writer = cv2.VideoWriter(str(clip), cv2.VideoWriter.fourcc(*"MJPG"), 10, (64, 48))
    for i in range(9):
        writer.write(np.full((48, 64, 3), 20 * i, np.uint8))
    writer.release()
    found = teaching.prepare(
        options.labels.folder, (), options.labels.cache, options.labels.teacher
    )
    frames = [item.name for item in found if item.name.startswith("asl")]
    assert frames == [f"asl_gestures/wave.mkv/{i:04}.png" for i in (0, 4, 8)]


def test_a_bad_list_of_what_is_held_out_is_an_error(tmp_path):
    with pytest.raises(ConfigError, match="list 'holdout'"):
        read_holdout(tmp_path / "none.toml")
    (tmp_path / "one.toml").write_text('holdout = "a.png"')
    with pytest.raises(ConfigError, match=r"must be a list of patterns\. Received: 'a\.png'"):
        read_holdout(tmp_path / "one.toml")


def test_what_is_held_out_stays_so_in_folders_that_a_user_names(options, monkeypatch):
    monkeypatch.setattr(teaching, "Teacher", StubTeacher)
    data = options.labels
    holdout = read_holdout(data.holdout)
    assert list_photos(data.folder, holdout, held_out=True)
    pool = open_pool(data.model_copy(update={"photos": (data.folder,)}))
    files = [item.photo.resolve() for item in pool.scenes]
    assert len(files) > len(set(files)), "the folder is read once more"
    assert not any(is_held_out_file(file, data.folder, holdout) for file in files)


def test_spread_fills_the_range_and_leaves_the_unknown():
    target = np.linspace(0.4, 0.6, 1600, dtype=np.float32).reshape(40, 40)
    target[:, 20:30] = UNKNOWN
    result = spread(target)
    assert (result[:, 20:30] == UNKNOWN).all()
    known = result[target >= 0]
    assert known.min() == 0 and known.max() == 1
    assert (spread(np.full((8, 8), UNKNOWN, np.float32)) == UNKNOWN).all()


def test_the_projects_list_names_files_that_exist(shared_data):
    checkout = Path(__file__).resolve().parents[3]
    holdout = read_holdout(checkout / "configs/train/holdout.toml")
    data = shared_data / "train"
    used, kept = (list_photos(data, holdout, held_out=side) for side in (False, True))
    assert not set(used) & set(kept)
    assert len(kept) > 50
    for pattern in holdout:
        assert any(data.glob(pattern)), pattern


def test_rooms_need_no_photos_and_are_known_everywhere(options, monkeypatch):
    monkeypatch.setattr(rendered, "PROCESSES", 0)
    monkeypatch.setattr(rendered, "SIZE_PX", (64, 48))
    parts = {"scenes": 0, "faces": 0, "truth": 0, "pasted": 0, "rooms": 1, "different_rooms": 3}
    data = options.labels.model_copy(update=parts)
    rooms = rendered.prepare_rooms(3, data.cache)
    make = LabelBatchMaker(Pool([], [], {}, rooms), data, options.batches, 0)
    batches = [make(k) for k in range(4)]
    assert all((batch["target"] != UNKNOWN).all() for batch in batches)
    again = LabelBatchMaker(Pool([], [], {}, rooms), data, options.batches, 0)
    assert same(batches[3], again(3))
    assert len({batch["target"].std() for batch in batches}) == 4


def test_rooms_are_rendered_once_and_a_damaged_one_is_skipped(options, monkeypatch):
    monkeypatch.setattr(rendered, "PROCESSES", 0)
    monkeypatch.setattr(rendered, "SIZE_PX", (64, 48))
    first = rendered.prepare_rooms(1, options.labels.cache)
    written = first[0].read_bytes()
    files = rendered.prepare_rooms(2, options.labels.cache)
    assert files[0].read_bytes() == written and files[0] == first[0]
    assert not list(files[0].parent.glob("*.part"))
    files[0].write_bytes(written[:100])
    data = options.labels.model_copy(
        update={"scenes": 0, "faces": 0, "truth": 0, "pasted": 0, "rooms": 1}
    )
    make = LabelBatchMaker(Pool([], [], {}, files), data, options.batches, 0)
    assert len(make(0)["image"]) in (2, 3)
    assert make.skipped > 0


def test_a_hand_is_held_up_before_pasted_people(options):
    parts = {"scenes": 0, "faces": 0, "truth": 0, "pasted": 1}
    without, held = (
        open_label_batches(
            options.labels.model_copy(update={**parts, "hands": part}), options.batches, 3
        )(0)
        for part in (0.0, 1.0)
    )
    assert not same(without, held)
    assert (held["target"] != UNKNOWN).all()


class StubTeacher:
    def __init__(self, path):
        pass

    def label(self, bgr):
        return np.full(bgr.shape[:2], 0.5, np.float32)


def test_folders_that_a_user_names_are_learnt_from_too(options, tmp_path, monkeypatch):
    monkeypatch.setattr(teaching, "Teacher", StubTeacher)
    photos, depths = tmp_path / "my photos", tmp_path / "rgbd"
    (photos / "küche").mkdir(parents=True)
    cv2.imwrite(str(photos / "a.jpg"), np.zeros((40, 60, 3), np.uint8))
    (tmp_path / "b.png").write_bytes(cv2.imencode(".png", np.zeros((40, 60, 3), np.uint8))[1])
    (tmp_path / "b.png").rename(photos / "küche" / "b.png")
    (depths / "images").mkdir(parents=True)
    (depths / "depth").mkdir()
    cv2.imwrite(str(depths / "images" / "x.png"), np.zeros((40, 60, 3), np.uint8))
    metres = np.full((40, 60), 2.0, np.float32)
    metres[:, 30:] = 0
    np.save(depths / "depth" / "x.npy", metres)
    data = options.labels.model_copy(update={"photos": (photos,), "measured": (depths,)})
    pool = open_pool(data)
    mine = [item for item in pool.scenes if item.name.startswith("photos-")]
    assert [item.name.split("/", 1)[1] for item in mine] == ["a.jpg", "küche/b.png"]
    assert all(item.label.is_file() for item in mine)
    ((known,),) = [group for group in pool.truth if group[0].group == str(depths)]
    _, disparity = pool.measured(known)
    assert (disparity[:, :30] == 0.5).all() and (disparity[:, 30:] == UNKNOWN).all()


@pytest.mark.parametrize(
    ("key", "message"), [("photos", "does not exist"), ("measured", "nothing to measure on")]
)
def test_a_named_folder_with_nothing_is_an_error(options, tmp_path, key, message):
    data = options.labels.model_copy(update={key: (tmp_path / "none",)})
    with pytest.raises(InputError, match=message):
        open_pool(data)


def test_a_kind_that_is_left_out_is_no_background_either(options, monkeypatch):
    data = options.labels.model_copy(
        update={"scenes": 0.5, "faces": 0.0, "truth": 0.0, "pasted": 0.5}
    )
    pool = open_pool(data)
    monkeypatch.setattr(Pool, "measured", lambda *_: pytest.fail("measured disparity was used"))
    make = LabelBatchMaker(pool, data, options.batches, 0)
    for k in range(20):
        make(k)


def test_without_photos_people_stand_before_what_was_measured(options, monkeypatch):
    data = options.labels.model_copy(
        update={"scenes": 0.0, "faces": 0.0, "truth": 0.2, "pasted": 0.8}
    )
    pool = open_pool(data)
    monkeypatch.setattr(Pool, "photo", lambda *_: pytest.fail("a pseudo-label was used"))
    make = LabelBatchMaker(pool, data, options.batches, 0)
    for k in range(20):
        make(k)


def test_labels_of_another_teacher_or_of_other_data_are_not_taken(options, tmp_path):
    data = options.labels
    open_pool(data)
    data.teacher.write_bytes(b"one")
    open_pool(data)  # which teacher it was is known from now on
    data.teacher.write_bytes(b"another")
    with pytest.raises(InputError, match="of another teacher"):
        open_pool(data)
    data.teacher.unlink()
    open_pool(data)
    data.folder.rename(tmp_path / "moved")
    with pytest.raises(InputError, match="of another data"):
        open_pool(data.model_copy(update={"folder": tmp_path / "moved"}))


def test_a_clip_without_pictures_is_tried_again_next_time(options, monkeypatch, caplog):
    monkeypatch.setattr(teaching, "Teacher", StubTeacher)
    clip = options.labels.folder / "asl_gestures" / "wave.mkv"
    clip.parent.mkdir()
    clip.write_bytes(b"no clip")
    for _ in range(2):
        caplog.clear()
        open_pool(options.labels)
        assert "no picture can be read from the clip" in caplog.text


def test_a_folder_that_is_missing_is_an_error_though_rooms_are_drawn(options, tmp_path):
    data = options.labels.model_copy(update={"folder": tmp_path / "none", "rooms": 0.5})
    with pytest.raises(InputError, match=r"none does not exist; check labels\.folder"):
        open_pool(data)


def test_what_there_is_nothing_of_is_told(options, caplog):
    data = options.labels.model_copy(update={"rooms": 0.1})
    LabelBatchMaker(Pool([], [], {}, [Path("room")]), data, options.batches, 0)
    assert "nothing to make labels.scenes of" in caplog.text
    assert "labels.rooms" not in caplog.text


def test_a_measured_picture_that_was_turned_without_its_truth_is_left_out(options, tmp_path):
    folder = tmp_path / "rgbd"
    (folder / "images").mkdir(parents=True)
    (folder / "depth").mkdir()
    cv2.imwrite(str(folder / "images" / "x.png"), np.zeros((60, 40, 3), np.uint8))
    np.save(folder / "depth" / "x.npy", np.full((40, 60), 2.0, np.float32))
    pool = open_pool(options.labels.model_copy(update={"measured": (folder,)}))
    ((known,),) = [group for group in pool.truth if group[0].group == str(folder)]
    with pytest.raises(InputError, match="40x60, its truth 60x40: a photo"):
        pool.measured(known)


def test_large_measured_pictures_are_kept_smaller(options, tmp_path):
    folder = tmp_path / "rgbd"
    (folder / "images").mkdir(parents=True)
    (folder / "depth").mkdir()
    cv2.imwrite(str(folder / "images" / "x.png"), np.zeros((2000, 3000, 3), np.uint8))
    metres = np.zeros((2000, 3000), np.float32)
    metres[:, 1500:] = 2
    np.save(folder / "depth" / "x.npy", metres)
    pool = open_pool(options.labels.model_copy(update={"measured": (folder,)}))
    ((known,),) = [group for group in pool.truth if group[0].group == str(folder)]
    picture, disparity = pool.measured(known)
    assert picture.shape[:2] == disparity.shape == (1067, 1600)
    assert set(np.unique(disparity)) == {UNKNOWN, 0.5}


def test_spread_of_few_known_points():
    target = np.full((40, 40), UNKNOWN, np.float32)
    target[1, 1], target[2, 3] = 10, 80  # none on the grid that is looked at first
    assert sorted(spread(target)[target > 0]) == [0, 1]
