"""A solved routing: what a demand makes of its problem, phase by phase, and the certificate of what came out.

Links that a policy has a choice of are those between switches, and the ports of endpoints that have several.
All others, ports of endpoints with one and links inside hosts, carry what they must whatever the policy.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Annotated

import numpy as np
from annotated_types import Ge, Gt, Lt
from numpy.typing import NDArray
from scipy.sparse import csc_array

from topo.fabric import Fabric
from topo.flow.certified import CertifiedRouting, PairRouting, PhasedRouting
from topo.flow.problem import MAX_PAIRS, Places, Problem
from topo.flow.spread import Spread
from topo.flow.together import in_all_phases, mean_load
from topo.headway import counted
from topo.routing.grouped import grouped
from topo.routing.network import Network
from topo.routing.operator import Floats, Ints, Routing, RoutingError, TotalRouting
from topo.routing.relay import RelayRouting
from topo.routing.site_amounts import alike, site_amounts
from topo.routing.split import SplitRouting, wcmp
from topo.size import Tier
from traffic.demand import Demand, GroupedDemand

#: Pairs of an endpoint and a class of endpoints up to which classes are looked for.
MAX_CLASSED = 20_000_000
#: Largest utilizations that differ by less than this, relatively, are alike.
ALIKE = 1e-12

Gap = Annotated[float, Ge(0), Lt(1), "how far from the optimum it may stop, relatively"]
Seconds = Annotated[float, Gt(0), "when it must stop [s]"]


def solved(
    fabric: Fabric, demand: Demand | GroupedDemand, policy: str, *, minimal: bool, gap: float, seconds: float
) -> CertifiedRouting:
    """Return the certified routing of ``demand``, phase by phase; side by side where nothing orders them."""
    check_effort(gap, seconds)
    if isinstance(demand, GroupedDemand):
        return _grouped(fabric, demand, policy, minimal=minimal, gap=gap, seconds=seconds)
    if (mean := mean_load(demand)) is not None:
        found = _listed(fabric, mean, policy, minimal=minimal, gap=gap, seconds=seconds)
        return in_all_phases(found, demand)
    phases = [of_phase(demand, i) for i in range(demand.n_phases)]
    share = seconds / len(phases)
    each = [_listed(fabric, part, policy, minimal=minimal, gap=gap, seconds=share) for part in counted("phase", phases)]
    first = np.searchsorted(demand.phase, np.arange(demand.n_phases + 1))
    return phased(policy, each, first)


def phased(policy: str, each: Sequence[CertifiedRouting], first: NDArray[np.intp]) -> CertifiedRouting:
    """Return phases that were solved one by one as one routing; commodities of phase i start at ``first[i]``."""
    inner = each[0].inner if len(each) == 1 else PhasedRouting(tuple(part.inner for part in each), first)
    bound, complete = np.concatenate([part.bound for part in each]), all(part.complete for part in each)
    return CertifiedRouting(policy, inner, max(part.gap for part in each), bound=bound, complete=complete)


def of_phase(demand: Demand, phase: int) -> Demand:
    """Return one phase of ``demand`` as a demand of its own."""
    keep = slice(*np.searchsorted(demand.phase, [phase, phase + 1]))
    return replace(
        demand,
        src=demand.src[keep],
        dst=demand.dst[keep],
        size=demand.size[keep],
        phase=np.zeros(keep.stop - keep.start, dtype=np.int32),
        repeat=demand.repeat[phase : phase + 1],
        after=(),
        compute_s=demand.compute_s[phase : phase + 1],
    )


def check_effort(gap: float, seconds: float) -> None:
    """Raise RoutingError for a gap or a time that cannot be meant."""
    if not 0.0 <= gap < 1.0:
        raise RoutingError(f"gap {gap!r} must be at least 0 and below 1, such as 0.01")
    if not seconds > 0.0:
        raise RoutingError(f"seconds {seconds!r} must be positive")


def _listed(
    fabric: Fabric, demand: Demand, policy: str, *, minimal: bool, gap: float, seconds: float
) -> CertifiedRouting:
    """Return the solved routing of a demand of one phase."""
    base = wcmp(fabric, demand)
    legs = base.inner if isinstance(base, RelayRouting) else base
    size = base.legs @ demand.size if isinstance(base, RelayRouting) else demand.size
    assert isinstance(legs, SplitRouting)
    problem, pair, n_pairs = Problem.of_legs(legs, size)
    found = problem.solve(minimal=minimal, gap=gap, seconds=seconds)
    inner: Routing = base
    if found.congestion < congestion(fabric, base, demand.size) * (1.0 - ALIKE):
        routed = of_pairs(legs, problem, problem.shares(found, n_pairs), pair, policy)
        inner = replace(base, inner=routed) if isinstance(base, RelayRouting) else routed
    return certified(fabric, inner, policy, size=demand.size, found=found, gap=gap)


def of_pairs(legs: SplitRouting, problem: Problem, shares: csc_array, pair: Ints, policy: str) -> PairRouting:
    """Return the routing of ``legs`` by the ``shares`` (arcs and ports, pairs) of the ``pair`` (F,) of each."""
    n, place = shares.shape[1], problem.places.place
    source, target = np.zeros((2, n), dtype=np.int64)
    source[pair], target[pair] = place[legs.src], place[legs.dst]
    sites, first = np.unique(target, return_index=True)  # pairs are in order of targets
    leaving, arriving = (problem.port_shares(shares, *end) for end in ((source, True), (target, False)))
    to = (pair, source, sites, np.append(first, n))
    on_arcs = csc_array(shares[: problem.n_arcs])
    return PairRouting(policy, legs.network, legs.src, legs.dst, *to, on_arcs, leaving, arriving)


def _grouped(
    fabric: Fabric, demand: GroupedDemand, policy: str, *, minimal: bool, gap: float, seconds: float
) -> CertifiedRouting:
    """Return the solved routing of all pairs at once."""
    network = Network.of(fabric, by_capacity=True)
    classes = alike(network, demand, MAX_CLASSED) if network.most_ports > 1 else None
    if network.most_ports > 1 and classes is None:  # shares of ports go by pair, so the pairs have to be listed
        listed = demand.listed()
        result = _listed(fabric, listed, policy, minimal=minimal, gap=gap, seconds=seconds)
        unit = np.stack([result.inner.load(receives[listed.dst]) for receives in demand.receives])
        return replace(result, inner=TotalRouting(policy, unit, demand.pairs))
    base = grouped(network, demand, policy)
    amounts, places = site_amounts(network, demand, MAX_PAIRS) if classes is None else classes[1], None
    source, target = amounts.source, amounts.target
    if classes is not None:
        places, of_class = Places.of_classes(network, classes[0])
        source, target = of_class[source], of_class[target]
    problem = Problem.of(network, source, target, amounts.total(demand.size), places)
    if demand.n_commodities == 1:
        found, on_arcs = problem.solve_loads(minimal=minimal, gap=gap, seconds=seconds)
        on_arcs = on_arcs[np.newaxis]
    else:
        found = problem.solve(minimal=minimal, gap=gap, seconds=seconds)
        on_arcs = (problem.shares(found, amounts.each.shape[1]) @ amounts.each.T).T
    found = replace(found, congestion=found.congestion * demand.size[0], bound=found.bound * demand.size[0])
    inner: Routing = base
    if found.congestion < congestion(fabric, base, demand.size) * (1.0 - ALIKE):
        on_links = np.stack([network.to_links(row[: problem.n_arcs]) for row in on_arcs])
        chosen = fabric.is_switch_link
        if places is not None:
            on_links = on_links + problem.port_loads(on_arcs[0])
            chosen = chosen_links(fabric)
        inner = TotalRouting(policy, np.where(chosen, on_links, base.unit), demand.pairs)
    return certified(fabric, inner, policy, size=demand.size, found=found, gap=gap)


def chosen_links(fabric: Fabric) -> NDArray[np.bool_]:
    """Return which links (L,) a policy has a choice of: between switches, and at endpoints with several ports."""
    n = fabric.n_endpoints
    ports = np.append(np.bincount(fabric.tail[fabric.tier == Tier.ENDPOINT], minlength=n)[:n] > 1, False)
    at_end = ports[np.minimum(fabric.tail, n)] | ports[np.minimum(fabric.head, n)]
    return np.asarray(fabric.is_switch_link | ((fabric.tier == Tier.ENDPOINT) & at_end))


def congestion(fabric: Fabric, routing: Routing, size: Floats) -> float:
    """Return the largest time [s] that a link of choice needs for ``size``."""
    return float((routing.load(size) / fabric.capacity)[chosen_links(fabric)].max(initial=0.0))


def certified(
    fabric: Fabric, inner: Routing, policy: str, *, size: Floats, found: Spread, gap: float
) -> CertifiedRouting:
    """Return ``inner`` with its certificate: links without a choice carry what they must."""
    time, chosen = inner.load(size) / fabric.capacity, chosen_links(fabric)
    value, forced = float(time[chosen].max(initial=0.0)), float(time[~chosen].max(initial=0.0))
    proven = min(found.bound, value)
    reached = 1.0 - proven / value if value > 0.0 else 0.0
    least = max(proven, forced)
    bound = np.array([1.0 / least if least > 0.0 else np.inf])
    return CertifiedRouting(policy, inner, reached, bound=bound, complete=reached <= max(gap, 1e-9))
