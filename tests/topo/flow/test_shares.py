"""Both layouts of shares answer as a loop over commodities does."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from topo.flow.shares import SHORT, ByCommodity, ByHop, Shares
from topo.stored import Stored


@st.composite
def ways(draw):
    """Links of each of up to 12 commodities, all as many or not, some longer than what lies hop by hop."""
    most = draw(st.sampled_from([1, 3, 6, SHORT, SHORT + 3]))
    alike, n = draw(st.booleans()), draw(st.integers(1, 12))
    hops = [most] * n if alike else draw(st.lists(st.integers(1, most), min_size=n, max_size=n))
    rng = np.random.default_rng(draw(st.integers(0, 99)))
    return [rng.integers(0, 30, h).tolist() for h in hops], rng


def stored(links, share):
    edge = np.cumsum([0, *map(len, links)])
    return Stored(share, np.concatenate(links).astype(np.int32), edge, (len(links), 30))


@given(ways())
def test_layouts_answer_as_a_loop_does(case):
    """Least along each way, a value on all of it, some of the commodities: hop by hop and commodity by commodity."""
    links, rng = case
    share = rng.uniform(0.1, 1.0, sum(map(len, links)))
    given_ = Shares.of(stored(links, share), rng.uniform(1.0, 2.0, 30))
    turned, order = given_.by_hop()
    assert sorted(order) == list(range(len(links)))
    value, each = rng.uniform(0.0, 1.0, 30), rng.uniform(0.0, 1.0, len(links))
    for shares, who in ((given_, np.arange(len(links))), (turned, order)):
        expected = [min(value[link] for link in links[f]) for f in who]
        assert shares.layout.along(np.minimum, value[shares.link]).tolist() == expected
        carried = np.bincount(shares.link, shares.share * shares.layout.spread(each[who]), 30)
        by_hand = np.bincount(np.concatenate(links), share * np.repeat(each, [len(way) for way in links]), 30)
        np.testing.assert_allclose(carried, by_hand, rtol=1e-13)
        some = np.flatnonzero(rng.integers(0, 2, len(links)))
        if not len(some):
            continue
        part, kept = shares.only(some)
        assert kept.tolist() == sorted({link for f in who[some] for link in links[f]})
        assert part.capacity.tolist() == given_.capacity[kept].tolist()
        expected = [max(value[link] for link in links[f]) for f in who[some]]
        assert part.layout.along(np.maximum, value[kept][part.link]).tolist() == expected


def test_short_ways_lie_hop_by_hop_and_whole_shares_are_not_kept():
    """By hand: ways of 1, 3 and 2 links become first links of all, second ones of two, the third one of one."""
    shares, order = Shares.of(stored([[4], [1, 2, 3], [5, 6]], np.ones(6)), np.ones(30)).by_hop()
    assert isinstance(shares.layout, ByHop) and shares.layout.reach == (3, 2, 1) and shares.share is None
    assert order.tolist() == [1, 2, 0] and shares.link.tolist() == [1, 5, 4, 2, 6, 3]
    long, order = Shares.of(stored([list(range(SHORT + 1))], np.ones(SHORT + 1)), np.ones(30)).by_hop()
    assert isinstance(long.layout, ByCommodity) and order.tolist() == [0]
