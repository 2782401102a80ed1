"""Where expert-parallel groups lie in hosts and scale-up domains."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

import traffic
from traffic.deepseek_v3 import DEEPSEEK_V3
from traffic.demand import DemandError
from traffic.exchange import default_ep
from traffic.groups import groups, lies_evenly, ranks_together, shares_of
from traffic.model import Model
from traffic.moe import report

NVL72 = {"ranks_per_host": 4, "ranks_per_domain": 72}
MANY = DEEPSEEK_V3 | {"routed_experts": 288}


@given(
    host=st.sampled_from([1, 2, 4, 8]),
    hosts=st.sampled_from([0.5, 1, 2, 3, 9, 18]),
    ep=st.integers(2, 160),
    n=st.integers(2, 700),
)
def test_groups_lie_alike_in_whole_hosts_and_few_domains(host, hosts, ep, n):
    domain = int(host * hosts)
    assume(domain)
    where = {"ranks_per_host": host, "ranks_per_domain": domain}
    try:
        members = groups(n, ep, **where)
    except DemandError:
        return
    assert members.shape[1] == ep and len(members) and members.min() >= 0 and members.max() < n
    assert len(np.unique(members)) == members.size, "law: no rank is in two groups"
    together = ranks_together(ep, **where)
    for group in members:
        _, share = np.unique(group // domain, return_counts=True)
        assert share.tolist() == shares_of(ep, together).tolist(), "law: alike in all groups"
        assert len(share) == -(-ep // domain) or domain % host, "law: as few domains as hold it"
        if lies_evenly(n, ep, **where):
            _, share = np.unique(group // host, return_counts=True)
            assert len(share) == 1 or set(share) == {host} or domain < host, "law: several hosts are whole"
    if lies_evenly(n, ep, **where, fill=True):
        assert members.ravel().tolist() == list(range(n)), "law: hosts are filled"
    elif together == ep:
        idle = np.bincount(np.setdiff1d(np.arange(n), members) // domain, minlength=1)
        assert idle.max(initial=0) < ep, "law: no room for one more group idles"


@pytest.mark.parametrize(("n", "ep", "starts"), [
    (72, 64, [0]), (64, 64, [0]), (100, 64, [0]), (136, 64, [0, 72]), (576, 72, [72 * i for i in range(8)]),
    (144, 36, [0, 36, 72, 108]), (144, 128, [0]), (72, 16, [0, 16, 32, 48]), (72, 63, [0]),
    (576, 76, [0, 144, 288, 432]),
])  # fmt: skip
def test_what_a_domain_cannot_hold_idles(n, ep, starts):
    assert groups(n, ep, **NVL72)[:, 0].tolist() == starts


@pytest.mark.parametrize(
    ("n", "ep", "message"),
    [
        (48, 64, "ep=64 is more than the 48 ranks"),
        (48, 100_000_000_000, "ep=100000000000 is more than the 48 ranks"),
        (48, 2**63 - 1, "ep=9223372036854775807 is more than the 48 ranks"),
    ],
)
def test_more_ranks_than_there_are_are_refused(n, ep, message):
    with pytest.raises(DemandError, match=message):
        groups(n, ep, **NVL72)


def test_the_default_group_leaves_ranks_of_a_rack_over():
    assert default_ep(576, Model.of(None), **NVL72) == 64
    assert default_ep(576, Model.of(None), **NVL72, fill=True) == 8
    assert default_ep(64, Model.of(None), 8) == default_ep(64, Model.of(None), 8, 8) == 64


def test_a_part_of_a_domain_is_one_group_or_none_that_does_not_divide_the_domain():
    """48 ranks of 72 as one group lie in one domain; in groups of 16 the next domain's would be torn."""
    assert lies_evenly(48, 48, **NVL72, fill=True)
    assert not lies_evenly(48, 16, **NVL72, fill=True) and lies_evenly(48, 8, **NVL72, fill=True)


def test_ep64_on_one_domain_never_crosses_the_network():
    figures = report(model=DEEPSEEK_V3 | {"hidden": 7000}, scale_up=900e9, **NVL72)
    assert (figures["hosts"], figures["remote_copies"], figures["bound_by"]) == (1, 0, "scale-up")
    assert round(figures["step_s"] * 1e6, 2) == 6.72
    assert "one scale-up domain of 72 ranks, 4 a host" in figures["explanation"]
    demand = traffic.offer("moe-all-to-all", n_ranks=72, ep=64, tokens=8, **NVL72)
    assert demand.name.endswith("8 ranks idle)") and max(demand.src.max(), demand.dst.max()) == 63


def test_deduplication_goes_by_domain():
    """EP144 on two domains: one copy a domain to the rank of the same index there, whatever hosts it visits."""
    demand = traffic.offer("moe-all-to-all", n_ranks=144, ep=144, model=MANY, **NVL72)
    across = demand.src // 72 != demand.dst // 72
    assert (demand.src[across] % 72 == demand.dst[across] % 72).all() and across.sum() == 2 * 144
    limited = traffic.offer("moe-all-to-all", n_ranks=144, ep=144, model=MANY, node_limit=1, **NVL72)
    assert limited.size[across].sum() < demand.size[across].sum()
    with pytest.raises(DemandError, match="node_limit=3 is more than the 2"):
        traffic.offer("moe-all-to-all", n_ranks=144, ep=144, model=MANY, node_limit=3, **NVL72)


@pytest.mark.parametrize(("ep", "shares"), [(144, [8] * 18), (320, [8] * 40), (100, [8] * 12 + [4]), (12, [8, 4])])
def test_hosts_are_filled_and_the_last_has_the_rest(ep, shares):
    members = groups(2048, ep, ranks_per_host=8)
    assert np.unique(members[1] // 8, return_counts=True)[1].tolist() == shares
    assert len(members) == 2048 // 8 // len(shares)


def test_rings_and_two_levels_go_by_domain():
    ring = traffic.offer("allreduce", n_ranks=144, **NVL72)
    crossing = ring.src // 72 != ring.dst // 72
    assert crossing.sum() == 144, "every NIC of a domain carries a ring"
    levels = traffic.offer("allreduce", n_ranks=144, algorithm="hierarchical", **NVL72)
    apart = levels.src // 72 != levels.dst // 72
    assert (levels.src[apart] % 72 == levels.dst[apart] % 72).all()
