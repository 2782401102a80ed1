"""Copies of the busiest rank against the table of all pairs."""

import numpy as np
import pytest

from traffic.copies import direct_copies
from traffic.placement import contiguous
from traffic.visits import Visits


@pytest.mark.parametrize(("ep", "p"), [(8, 2), (12, 4), (16, 8), (8, 8)])
@pytest.mark.parametrize("hot", [0.1, 0.9])
def test_direct_copies_are_those_of_the_table(ep, p, hot):
    """Everybody sends rank r its share of a token's experts; one rank has ``hot`` of them."""
    share = np.full(ep, 4 * (1 - hot) / (ep - 1))
    share[ep // 2] = 4 * hot
    table = np.tile(share, (ep, 1)) * (1 - np.eye(ep))
    host = np.arange(ep) // p
    near = host[:, None] == host
    wanted = [max(part.sum(axis=0).max(), part.sum(axis=1).max()) for part in (table * ~near, table * near)]
    some = np.ones(ep // p)
    visits = Visits(host=some, rank=np.ones(ep), experts=share, hosts_error=0.0, ranks_error=0.0, sampled_hosts=None)
    assert direct_copies(visits, contiguous(ep, ep=ep, ranks_per_host=p)) == pytest.approx(wanted)
