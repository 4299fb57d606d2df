import pytest

from streamdefocus.training.config import OptimiserOptions
from streamdefocus.training.schedule import learning_rate


def test_the_papers_rate_halves_after_30_and_40_of_50_epochs():
    options = OptimiserOptions(epochs=50)
    rates = [learning_rate(10 * epoch, 500, options) for epoch in range(50)]
    assert rates == [1e-4] * 30 + [0.5e-4] * 10 + [0.25e-4] * 10


def test_the_cosine_rises_stays_and_falls():
    options = OptimiserOptions(
        steps=100, learning_rate=1.0, schedule="cosine", warm_up=9, decay_from=0.6
    )
    rates = [learning_rate(step, 100, options) for step in range(101)]
    assert rates[0] == pytest.approx(0.1) and rates[9] == pytest.approx(1)
    assert rates[60] == 1 and rates[80] == pytest.approx(0.5) and rates[100] == 0
