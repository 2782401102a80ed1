"""A pattern's count equals what its build lists: every pattern, on every size of the product test.

Upper bounds are what hangs on a draw or on the graph: MAX says which and by how much they may be above.
"""

from __future__ import annotations

import numpy as np
import pytest

import traffic
from tests.test_registries import FABRICS, HOST, PARAMS, RATE, fabric_of
from topo.config import Files
from topo.config.patterns import PATTERNS, count_of, offered
from topo.generators import size_of
from traffic import DemandError
from traffic.apart import INSIDE, apart

#: Patterns of a study that take more than their name.
SECTIONS = {
    "file": {"path": "d.csv"},
    "jobs": {"jobs": [{"pattern": "shift", "by": 1, "hosts": 2, "first": None, "stride": 1, "name": "", "start": 0}]},
    "adversarial": {"method": "family"},
}
#: Pattern -> how many times its count may be above what is listed.
MAX = {"adversarial": 2}
FILES = Files(None, {"d.csv": "src,dst,bytes\n0,1,5\n1,2,5\n"})

_ONE_WAY = ("ring", "halving-doubling", "hierarchical")
_GROUPS = ((24, 8, 4, None), (24, 4, 12, 2), (24, 8, 6, None), (12, 8, None, 1), (8, 1, 4, None))
_LAYOUTS = ((64, 8, 4, 2, 8), (64, 8, 8, 4, 16), (64, 8, 1, 1, 64), (48, 6, 2, 4, 4), (8, 4, 1, 8, None))
_PARTS = ({}, {"dedup": False}, {"tensor": False, "experts": False}, {"pipeline": False, "gradients": False})
_BALANCED = {"ep": 16, "placement": "balanced", "gate": "zipf", "redundant_experts": 16}
#: Ranks, ranks of a host and parameters that take other ways through a pattern.
WAYS = [
    *(
        (name, n, p, {"algorithm": how, "group_size": size, "channels": channels})
        for name in ("all-gather", "reduce-scatter", "allreduce")
        for how in _ONE_WAY + ("tree",) * (name == "allreduce")
        for n, p, size, channels in _GROUPS
    ),
    *(
        ("all-to-all", n, p, {"algorithm": "hierarchical", "ep": ep})
        for n, p, ep in ((24, 4, 12), (24, 8, 4), (9, 3, 9))
    ),
    *(("moe-all-to-all", 32, p, {"ep": ep, "dedup": d}) for p, ep in ((8, 16), (8, 4), (1, 8)) for d in (True, False)),
    ("moe-all-to-all", 32, 8, _BALANCED),
    *((name, 32, 8, {"ep": ep, "tp": tp}) for name in ("decode-step", "prefill-step") for ep, tp in ((16, 4), (32, 2))),
    *(
        ("training-step", n, p, {"tp": tp, "pp": pp, "ep": ep, **parts})
        for n, p, tp, pp, ep in _LAYOUTS
        for parts in _PARTS
    ),
    *(
        ("training-step", 64, 8, {"pp": 2, "ep": 8, "micro_batches": 4} | more)
        for more in (
            {"cp": 4, "tp": 2, "zero": 3},
            {"etp": 2, "experts": True},
            {"schedule": "dualpipe"},
            {"schedule": "interleaved", "chunks": 2},
        )
    ),
    ("transpose", 24, 8, {"rows": 4}),
    ("transpose", 24, 8, {"rows": 3}),
    ("incast", 16, 8, {"fan_in": 5, "target": 3}),
    ("hotspot", 16, 8, {"hot": 16}),
    ("hotspot", 16, 8, {"hot": 3}),
]


def listed(demand):
    return demand.n_commodities, demand.pairs.sum()


@pytest.mark.parametrize("pattern", PATTERNS)
@pytest.mark.parametrize("name", FABRICS)
@pytest.mark.parametrize("domain", [None, 12])
def test_count_is_what_is_listed(name, pattern, domain):
    fabric = fabric_of(name)
    size = size_of(name.split()[0], endpoints_per_host=HOST, **{"scale_up": 4 * RATE} | FABRICS[name])
    section = {"pattern": pattern, **PARAMS.get(pattern, {}), **SECTIONS.get(pattern, {})}
    where = {"ranks_per_host": HOST, "ranks_per_domain": domain, "files": FILES}
    try:
        real = listed(offered(section, n_ranks=fabric.n_endpoints, fabric=fabric, **where))
    except DemandError:
        return
    count = count_of(section, size=size, **where)
    if pattern in MAX:
        assert real[1] <= count.pairs <= MAX[pattern] * real[1]
    else:
        assert count[:2] == real


@pytest.mark.parametrize("hosts", [None, 1, 3])
@pytest.mark.parametrize(("pattern", "n_ranks", "ranks_per_host", "params"), WAYS)
def test_every_way_through_a_pattern_is_counted(pattern, n_ranks, ranks_per_host, params, hosts):
    where = {"n_ranks": n_ranks, "ranks_per_host": ranks_per_host}
    where["ranks_per_domain"] = hosts and hosts * ranks_per_host
    try:
        demand = traffic.offer(pattern, **where, **params)
    except DemandError:
        pytest.skip("no such demand")
    count = traffic.PATTERNS[pattern].counted(**where, **params)
    assert count[:2] == listed(demand)
    if count.apart:
        lies_as_listed(count, demand, where["ranks_per_domain"] or ranks_per_host)


def lies_as_listed(count, demand, near):
    """Phases and those of one domain are exact; distances are those of hosts, so off by less than a domain."""
    real = apart(demand.src, demand.dst, near)
    assert count.phases == len(np.unique(demand.phase))
    assert sum(count.apart.values()) == count.pairs and count.apart[INSIDE] == real[INSIDE]
    away, own = (sum(reach.away * n for reach, n in one.items()) / count.pairs for one in (count.apart, real))
    assert abs(away - own) < near


def test_a_gate_that_leaves_ranks_alone_is_counted_from_above():
    """Where no token of the sample picks a rank nothing is sent to it: the one count that a draw decides."""
    params = {"gate": "zipf", "skew": 12.0, "ep": 32, "tokens": 64, "n_ranks": 32, "ranks_per_host": 8}
    real, count = traffic.offer("moe-all-to-all", **params), traffic.PATTERNS["moe-all-to-all"].counted(**params)
    assert real.n_commodities < count.pairs <= 3 * real.n_commodities
