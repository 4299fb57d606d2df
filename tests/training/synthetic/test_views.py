import numpy as np
import pytest

from streamdefocus.errors import ConfigError
from streamdefocus.training.synthetic.occlusion import left_from_right, seen_by_both
from streamdefocus.training.synthetic.rooms import Rooms
from streamdefocus.training.synthetic.streets import Streets
from streamdefocus.training.synthetic.views import Rig

KINDS = [Rooms, Streets]
SIZE = (128, 64)


@pytest.fixture(scope="module", params=KINDS)
def pairs(request):
    generator = request.param(5, SIZE, rig=Rig(noise=0))
    return [generator.pair(k) for k in range(6)]


def test_everything_seen_has_a_disparity_that_a_network_can_say(pairs):
    for pair in pairs:
        for disparity in (pair.disparity, pair.disparity_right):
            assert disparity.dtype == np.float32
            assert disparity.shape == SIZE[::-1]
            assert np.isfinite(disparity).all()
            assert disparity.min() > 0
            assert disparity.max() < 0.3 * SIZE[0]
        assert pair.left.dtype == pair.right.dtype == np.uint8
        assert 60 < pair.left.mean() < 180
        assert pair.left.std() > 15


def test_the_right_view_moved_by_the_disparity_is_the_left_one(pairs):
    for pair in pairs:
        seen, _ = seen_by_both(pair)
        gap = np.abs(left_from_right(pair).astype(float) - pair.left).mean(-1)
        still = np.abs(pair.right.astype(float) - pair.left).mean(-1)
        assert np.median(gap[seen]) < 4
        assert gap[seen].mean() < 0.5 * still[seen].mean()
        assert gap[~seen].mean() > 2 * gap[seen].mean()


def test_views_agree_on_how_much_both_see(pairs):
    for pair in pairs:
        left, right = seen_by_both(pair)
        assert left.mean() == pytest.approx(right.mean(), abs=0.05)
        assert left.mean() > 0.6


@pytest.mark.parametrize("kind", KINDS)
def test_a_pair_is_a_function_of_seed_and_number(kind):
    one, same, other = kind(7, SIZE).pair(3), kind(7, SIZE).pair(3), kind(8, SIZE).pair(3)
    for name in ("left", "right", "disparity", "disparity_right"):
        np.testing.assert_array_equal(getattr(one, name), getattr(same, name))
    assert (one.left != other.left).mean() > 0.5


@pytest.mark.parametrize("kind", KINDS)
def test_the_left_view_alone_shows_the_same_place(kind):
    pair = kind(4, (64, 32)).pair(2)
    _, inverse_m = kind(4, (64, 32)).view(2)
    np.testing.assert_allclose(
        pair.disparity / pair.disparity.max(), inverse_m / inverse_m.max(), 1e-5
    )


def test_a_fixed_rig_gives_disparity_a_scale():
    near, wide = (
        Rooms(1, SIZE, rig=Rig((70, 70), baseline_m, noise=0)).pair(0).disparity
        for baseline_m in (0.05, 0.1)
    )
    np.testing.assert_allclose(wide, 2 * near, rtol=1e-4)


def test_photos_and_people_are_used():
    red = np.zeros((40, 60, 3), np.uint8)
    red[..., 2] = 255
    person = (red, np.ones((40, 60), np.float32))
    rooms = Rooms(1, SIZE, textures=[red], people=[person])
    (photo,) = rooms.library.kinds["photo"]
    assert photo in rooms.library.kinds["poster"]
    assert len(rooms.library.kinds["person"]) == 1
    x, y = rooms.library.origin[photo].astype(int)
    np.testing.assert_array_equal(rooms.library.colours[y + 100, x + 100], (0, 0, 255))


@pytest.mark.parametrize("arguments", [{"seed": -1}, {"seed": 1, "size_px": (4, 128)}])
def test_nonsense_is_refused(arguments):
    with pytest.raises(ConfigError, match="Received"):
        Rooms(**arguments)
