"""The laws that every fabric, demand, routing and solution obeys, each with its name.

Each function raises AssertionError that names the law and the first offender.
"""

from __future__ import annotations

import numpy as np
from scipy.sparse import csr_array
from scipy.sparse.csgraph import connected_components

from topo.fabric import Fabric, NodeKind
from topo.size import Tier


def check_fabric(fabric: Fabric, *, connected: bool = True, radix: int | None = None) -> None:
    """Laws of a fabric; ``connected=False`` for one with failures."""
    _check_order(fabric)
    _check_halves(fabric)
    _check_ports(fabric, radix)
    _check_hosts(fabric)
    if connected:
        _check_reach(fabric)
    for i, permutation in enumerate(fabric.symmetry):
        assert fabric.is_automorphism(permutation), f"law: a stated symmetry is one; number {i} is not"


def _check_order(fabric: Fabric) -> None:
    assert (np.diff(fabric.kind) >= 0).all(), "law: nodes are numbered by kind"
    assert np.count_nonzero(fabric.kind == NodeKind.ENDPOINT) == fabric.n_endpoints, "law: one host an endpoint"
    key = fabric.tail.astype(np.int64) * fabric.n_nodes + fabric.head
    assert (np.diff(key) >= 0).all(), "law: links are sorted by tail, then head"
    assert np.array_equal(np.repeat(np.arange(fabric.n_nodes), np.diff(fabric.first)), fabric.tail), (
        "law: the links of node n are first[n] to first[n + 1]"
    )
    arrays = [value for value in vars(fabric).values() if isinstance(value, np.ndarray)]
    assert not any(array.flags.writeable for array in arrays), "law: arrays are read-only"


def _check_halves(fabric: Fabric) -> None:
    back = fabric.reverse
    assert np.array_equal(np.bincount(fabric.cable, minlength=fabric.n_cables), np.full(fabric.n_cables, 2)), (
        "law: a cable is two links"
    )
    assert np.array_equal(fabric.tail[back], fabric.head), "law: the halves of a cable run opposite ways"
    for what in ("capacity", "latency", "weight", "tier"):
        column = getattr(fabric, what)
        assert np.array_equal(column[back], column), f"law: both links of a cable have equal {what}"
    assert (fabric.capacity > 0).all() and (fabric.latency >= 0).all(), "law: capacities and latencies make sense"


def _check_ports(fabric: Fabric, radix: int | None) -> None:
    switches = fabric.kind >= NodeKind.LEAF
    limit = radix or fabric.radix
    degree = np.diff(fabric.first)[switches]
    assert not limit or degree.max(initial=0) <= limit, f"law: no switch exceeds its radix; {degree.max()} > {limit}"
    network = fabric.tier != Tier.SCALE_UP
    from_endpoint = (fabric.kind[fabric.tail] == NodeKind.ENDPOINT) & network
    assert (fabric.kind[fabric.head[from_endpoint]] == NodeKind.LEAF).all(), (
        "law: every endpoint-bearing switch is a leaf"
    )
    assert (fabric.tier[from_endpoint] == Tier.ENDPOINT).all(), "law: an endpoint's network cables are of its tier"
    planes = fabric.plane[fabric.head[from_endpoint]]
    port = np.unique(np.stack([fabric.tail[from_endpoint], planes], axis=1), axis=0)
    assert len(port) == np.count_nonzero(from_endpoint), "law: an endpoint has at most one port a plane"
    between = switches[fabric.tail] & switches[fabric.head]
    assert np.array_equal(fabric.plane[fabric.tail][between], fabric.plane[fabric.head][between]), (
        "law: planes share no cable"
    )


def _check_hosts(fabric: Fabric) -> None:
    host = fabric.host
    assert np.array_equal(np.unique(host), np.arange(fabric.n_hosts)), "law: hosts are numbered from 0 without gaps"
    if not fabric.has_scale_up:
        return
    inside = (fabric.tier == Tier.SCALE_UP) & (fabric.tail < fabric.n_endpoints)
    assert np.array_equal(fabric.tail[inside], np.arange(fabric.n_endpoints)), "law: one scale-up cable an endpoint"
    assert np.array_equal(fabric.head[inside], fabric.n_endpoints + host), "law: scale-up switch h is that of host h"


def _check_reach(fabric: Fabric) -> None:
    """Every endpoint reaches every other of its plane through switches only; all planes together where hosts relay."""
    switch_link = fabric.is_switch_link
    n = fabric.n_nodes
    links = csr_array(
        (np.ones(int(switch_link.sum()), dtype=np.int8), (fabric.tail[switch_link], fabric.head[switch_link])),
        shape=(n, n),
    )
    _, part = connected_components(links, directed=False)
    leaf = np.unique(fabric.head[(fabric.tail < fabric.n_endpoints) & (fabric.tier == Tier.ENDPOINT)])
    for plane in range(fabric.n_planes):
        of_plane = part[leaf[fabric.plane[leaf] == plane]]
        assert len(np.unique(of_plane)) <= 1, f"law: the leaves of plane {plane} reach each other"
