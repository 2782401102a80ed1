"""Affinities as their gates state them: moments of large samples against the numbers that were asked for."""

import numpy as np
import pytest

from traffic.gate import Gating, affinities

TOKENS = 40_000
#: Deviations of a moment of TOKENS draws that a right sample stays within.
FAR = 5 / np.sqrt(TOKENS)


@pytest.mark.parametrize("correlation", [0.0, 0.3, 0.8])
def test_correlated_affinities_are_normal_with_that_correlation_inside_groups(correlation):
    """Unit variance; two experts of a group correlate as asked, two of different groups not at all."""
    gating = Gating(8, 2, gate="correlated", correlation=correlation, n_group=2)
    (drawn,) = affinities(gating, TOKENS)
    normal = np.log(drawn / (1 - drawn)).astype(np.float64)
    assert normal.mean(axis=0) == pytest.approx(0, abs=FAR)
    assert normal.var(axis=0) == pytest.approx(1, abs=2 * FAR)
    found = np.corrcoef(normal.T)
    same = np.kron(np.eye(2), np.ones((4, 4)))
    wanted = np.where(np.eye(8) == 1, 1.0, correlation * same)
    assert found == pytest.approx(wanted, abs=2 * FAR)


@pytest.mark.parametrize("skew", [0.5, 1.2])
def test_first_choices_of_zipf_are_its_popularity(skew):
    """The largest of log w + Gumbel noise is i with probability w_i."""
    gating = Gating(16, 2, gate="zipf", skew=skew, seed=3)
    (drawn,) = affinities(gating, TOKENS)
    share = np.bincount(drawn.argmax(axis=1), minlength=16) / TOKENS
    assert share == pytest.approx(gating.popularity(), abs=FAR)


@pytest.mark.filterwarnings("error::RuntimeWarning")
def test_experts_that_a_skew_leaves_behind_have_no_affinity():
    """Rank 64 at a skew of 60 is 64^60 times less popular than the first: 0 in single precision, without a warning."""
    (drawn,) = affinities(Gating(64, 6, gate="zipf", skew=60.0), 100, 100)
    assert np.isfinite(drawn).all() and drawn[:, -1].max() == 0.0 and drawn[:, 0].min() > 0.0
