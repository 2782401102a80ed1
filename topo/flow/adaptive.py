"""Policies that are solved: ``adaptive`` over shortest paths, ``optimal`` over all paths.

Both minimise the largest utilization of a switch link, each in its own choice of paths, and
return a certificate.  Relay legs through hosts are as declared; endpoints never forward.

Limits. Ideal information: the split answers the whole demand at once and at no delay, which
no switch does; real adaptive routing lies between ``ecmp`` and this.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csc_array

from topo.fabric import Fabric
from topo.flow.certified import CertifiedRouting, PairRouting, PhasedRouting
from topo.flow.orbits import best_turn, moves, quotient, turned
from topo.flow.spread import Spread, spread
from topo.kernels.spreading import Digraph, Pairs
from topo.routing import wcmp
from topo.routing.grouped import grouped
from topo.routing.network import Network
from topo.routing.operator import Floats, Routing, RoutingError, TotalRouting
from topo.routing.relay import RelayRouting
from topo.routing.site_amounts import site_amounts
from topo.routing.split import SplitRouting
from topo.size import Tier
from traffic.demand import Demand, GroupedDemand

#: Pairs of sites above which a spread is not attempted: about 200 bytes each while it is solved.
MAX_SITE_PAIRS = 3_000_000


def adaptive(fabric: Fabric, demand: Demand | GroupedDemand, *, gap: float = 0.01, seconds: float = 60.0) -> Routing:
    """Return the split over shortest paths with the least largest utilization: ideal minimal adaptive routing.

    ``gap`` is how far from the optimum it may stop, ``seconds`` when it must.

    Raises NotConnected where a commodity has no path, RoutingError where there are too many
    pairs of sites.
    """
    return solved(fabric, demand, "adaptive", minimal=True, gap=gap, seconds=seconds)


def optimal(fabric: Fabric, demand: Demand | GroupedDemand, *, gap: float = 0.01, seconds: float = 60.0) -> Routing:
    """Return the max-concurrent flow: any path that no endpoint forwards; the yardstick for all policies.

    ``gap`` is how far from the optimum it may stop, ``seconds`` when it must.

    Raises NotConnected where a commodity has no path, RoutingError where there are too many
    pairs of sites.
    """
    return solved(fabric, demand, "optimal", minimal=False, gap=gap, seconds=seconds)


def solved(
    fabric: Fabric, demand: Demand | GroupedDemand, policy: str, *, minimal: bool, gap: float, seconds: float
) -> CertifiedRouting:
    """Return the certified routing of ``demand``, phase by phase."""
    _check_effort(gap, seconds)
    if isinstance(demand, GroupedDemand):
        return _grouped(fabric, demand, policy, minimal=minimal, gap=gap, seconds=seconds)
    phases = [_phase(demand, i) for i in range(demand.n_phases)]
    each = [_listed(fabric, part, policy, minimal=minimal, gap=gap, seconds=seconds / len(phases)) for part in phases]
    first = np.searchsorted(demand.phase, np.arange(demand.n_phases + 1))
    inner = each[0].inner if len(each) == 1 else PhasedRouting(tuple(part.inner for part in each), first)
    bound = np.concatenate([part.bound for part in each])
    return CertifiedRouting(policy, inner, bound, max(p.gap for p in each), all(p.complete for p in each))


def _phase(demand: Demand, phase: int) -> Demand:
    keep = demand.phase == phase
    return replace(
        demand,
        src=demand.src[keep],
        dst=demand.dst[keep],
        size=demand.size[keep],
        phase=np.zeros(int(keep.sum()), dtype=np.int32),
        repeat=demand.repeat[phase : phase + 1],
        after=(),
        compute_s=demand.compute_s[phase : phase + 1],
    )


def _check_effort(gap: float, seconds: float) -> None:
    if not 0.0 <= gap < 1.0:
        raise RoutingError(f"gap {gap!r} must be at least 0 and below 1, such as 0.01")
    if not seconds > 0.0:
        raise RoutingError(f"seconds {seconds!r} must be positive")


@dataclass(frozen=True, eq=False)
class Problem:
    """Pairs of sites on the arcs of a network; sites with several ports are nodes of their own."""

    network: Network
    graph: Digraph
    pairs: Pairs
    row: NDArray[np.int64]  # (P,) pair of sites, as numbered by the caller
    n_arcs: int  # arcs between switches; ports of sites follow
    order: NDArray[np.int64]  # (all arcs,) arc or port of each arc of ``graph``

    @classmethod
    def of(cls, network: Network, source: NDArray[np.int64], target: NDArray[np.int64], amount: Floats) -> Problem:
        """Return the problem of moving ``amount`` from ``source`` to ``target``; what stays on a switch vanishes."""
        arcs, ports = network.arcs, network.ports
        n_switches, n_arcs = len(arcs.first) - 1, len(arcs.tail)
        owner = np.repeat(np.arange(network.n_sites), np.diff(ports.first))
        lone = np.diff(ports.first) == 1
        node = np.where(lone, ports.switch[ports.first[:-1]], n_switches + np.arange(network.n_sites))
        many = np.flatnonzero(~lone[owner])
        members = np.bincount(network.site[network.site >= 0], minlength=network.n_sites)
        tail = np.concatenate([arcs.tail, node[owner[many]], ports.switch[many]])
        head = np.concatenate([arcs.head, ports.switch[many], node[owner[many]]])
        weight = np.concatenate([arcs.weight, ports.weight[many], ports.weight[many]]).astype(np.float64)
        room = ports.part[many] * members[owner[many]]
        capacity = np.concatenate([arcs.part, room, room])
        order = np.lexsort((tail, head))
        first = np.searchsorted(head[order], np.arange(n_switches + network.n_sites + 1))
        graph = Digraph(
            first.astype(np.int64),
            tail[order].astype(np.int32),
            head[order].astype(np.int32),
            weight[order],
            capacity[order],
            n_switches,
            np.arange(len(order), dtype=np.int32),
        )
        row = np.flatnonzero((node[source] != node[target]) & (amount > 0.0))
        row = row[np.lexsort((node[source[row]], node[target[row]]))]
        to, begins = np.unique(node[target[row]], return_index=True)
        pairs = Pairs(
            to.astype(np.int32),
            np.append(begins, len(row)).astype(np.int64),
            node[source[row]].astype(np.int32),
            amount[row].astype(np.float64),
        )
        return cls(network, graph, pairs, row, n_arcs, order)

    def solve(self, *, minimal: bool, gap: float, seconds: float) -> Spread:
        """Return the spread of all pairs with the least congestion; empty where no pair leaves its switch."""
        self._check()
        move = best_turn(moves(self.network, self.graph, self.order, self.pairs), len(self.row))
        if move is None:
            return spread(self.graph, self.pairs, minimal=minimal, gap=gap, seconds=seconds)
        alone = quotient(self.graph, self.pairs, [move])
        found = spread(alone.graph, alone.pairs, minimal=minimal, gap=gap, seconds=seconds)
        return replace(found, shares=turned(found.shares, alone, move), prices=found.prices[alone.graph.orbit])

    def solve_loads(self, *, minimal: bool, gap: float, seconds: float) -> tuple[Spread, Floats]:
        """Return a spread of the pairs that stand for all, and the loads (A,) of arcs and ports that all cause."""
        self._check()
        alone = quotient(self.graph, self.pairs, moves(self.network, self.graph, self.order, self.pairs))
        found = spread(alone.graph, alone.pairs, minimal=minimal, gap=gap, seconds=seconds)
        load = np.zeros(len(self.order))
        load[self.order] = alone.even(found.shares @ alone.pairs.amount)
        return found, load

    def _check(self) -> None:
        if len(self.row) > MAX_SITE_PAIRS:
            raise RoutingError(
                f"{len(self.row):,} pairs of sites are too many to solve for (at most {MAX_SITE_PAIRS:,}); "
                "use ecmp, a smaller fabric, or a demand and fabric that share a symmetry"
            )

    def shares(self, found: Spread, n_pairs: int) -> csc_array:
        """Return (arcs and ports, n_pairs) the shares in the caller's numbers."""
        coo = found.shares.tocoo()
        at = (self.order[coo.row], self.row[coo.col])
        return csc_array((coo.data, at), shape=(len(self.order), n_pairs))


def _listed(
    fabric: Fabric, demand: Demand, policy: str, *, minimal: bool, gap: float, seconds: float
) -> CertifiedRouting:
    """Return the solved routing of a demand of one phase."""
    base = wcmp(fabric, demand)
    legs = base.inner if isinstance(base, RelayRouting) else base
    size = base.legs @ demand.size if isinstance(base, RelayRouting) else demand.size
    assert isinstance(legs, SplitRouting)
    amount = np.bincount(legs.pair, size, len(legs.source)).astype(np.float64)
    target = np.repeat(legs.sites, np.diff(legs.first))
    problem = Problem.of(legs.network, legs.source, target, amount)
    found = problem.solve(minimal=minimal, gap=gap, seconds=seconds)
    inner: Routing = base
    if found.congestion < _congestion(fabric, base, demand.size):
        routed = _of_pairs(legs, problem, problem.shares(found, len(amount)), policy)
        inner = replace(base, inner=routed) if isinstance(base, RelayRouting) else routed
    return _certified(fabric, inner, policy, size=demand.size, found=found, gap=gap)


def _of_pairs(legs: SplitRouting, problem: Problem, shares: csc_array, policy: str) -> PairRouting:
    network, n_pairs = legs.network, len(legs.source)
    leaving = np.ones((n_pairs, max(network.most_ports, 1)))
    arriving = leaving.copy()
    if network.most_ports > 1:
        leaving, arriving = _port_shares(legs, shares.tocsr(), problem.n_arcs, leaving.shape)
    on_arcs = csc_array(shares[: problem.n_arcs])
    columns = {key: getattr(legs, key) for key in ("network", "src", "dst", "pair", "source", "sites", "first")}
    return PairRouting(policy=policy, **columns, shares=on_arcs, leaving=leaving, arriving=arriving)


def _port_shares(legs: SplitRouting, shares: object, n_arcs: int, shape: tuple[int, int]) -> tuple[Floats, Floats]:
    """Return (pairs, ports) shares at sources and targets from the ports' rows of ``shares``."""
    ports = legs.network.ports
    count = np.diff(ports.first)
    many = np.flatnonzero(np.repeat(count, count) > 1)
    rank = np.full(ports.first[-1], -1)
    rank[many] = np.arange(len(many))
    target = np.repeat(legs.sites, np.diff(legs.first))
    sides = []
    for site, start in ((legs.source, n_arcs), (target, n_arcs + len(many))):
        side = np.zeros(shape)
        side[:, 0] = count[site] == 1
        for k in range(shape[1]):
            has = np.flatnonzero((count[site] > 1) & (k < count[site]))
            at = start + rank[ports.first[site[has]] + k]
            side[has, k] = np.asarray(shares[at, has]).ravel()  # type: ignore[index]
        sides.append(side)
    return sides[0], sides[1]


def _grouped(
    fabric: Fabric, demand: GroupedDemand, policy: str, *, minimal: bool, gap: float, seconds: float
) -> CertifiedRouting:
    """Return the solved routing of all pairs at once."""
    network = Network.of(fabric, by_capacity=True)
    base = grouped(network, demand, "wcmp")
    if network.most_ports > 1:  # shares of ports go by pair, so the pairs have to be listed
        listed = demand.listed()
        result = _listed(fabric, listed, policy, minimal=minimal, gap=gap, seconds=seconds)
        unit = np.stack([result.inner.load(receives[listed.dst]) for receives in demand.receives])
        return replace(result, inner=TotalRouting(policy, unit, demand.pairs))
    amounts = site_amounts(network, demand, MAX_SITE_PAIRS)
    problem = Problem.of(network, amounts.source, amounts.target, amounts.total(demand.size))
    if demand.n_commodities == 1:
        found, on_arcs = problem.solve_loads(minimal=minimal, gap=gap, seconds=seconds)
        on_arcs = on_arcs[np.newaxis]
    else:
        found = problem.solve(minimal=minimal, gap=gap, seconds=seconds)
        on_arcs = (problem.shares(found, amounts.each.shape[1]) @ amounts.each.T).T
    found = replace(found, congestion=found.congestion * demand.size[0], bound=found.bound * demand.size[0])
    inner: Routing = base
    if found.congestion < _congestion(fabric, base, demand.size):
        on_links = np.stack([network.to_links(row[: problem.n_arcs]) for row in on_arcs])
        inner = TotalRouting(policy, np.where(fabric.is_switch_link, on_links, base.unit), demand.pairs)
    return _certified(fabric, inner, policy, size=demand.size, found=found, gap=gap)


def _congestion(fabric: Fabric, routing: Routing, size: Floats) -> float:
    """Return the largest time [s] that a switch link needs for ``size``."""
    return float((routing.load(size) / fabric.capacity)[fabric.is_switch_link].max(initial=0.0))


def _certified(
    fabric: Fabric, inner: Routing, policy: str, *, size: Floats, found: Spread, gap: float
) -> CertifiedRouting:
    """Return ``inner`` with its certificate: links at endpoints and in hosts carry what they must."""
    time = inner.load(size) / fabric.capacity
    value = float(time[fabric.is_switch_link].max(initial=0.0))
    proven = min(found.bound, value)
    forced = 0.0 if _has_choice_of_ports(fabric) else float(time[~fabric.is_switch_link].max(initial=0.0))
    reached = 1.0 - proven / value if value > 0.0 else 0.0
    least = max(proven, forced)
    bound = np.array([1.0 / least if least > 0.0 else np.inf])
    return CertifiedRouting(policy, inner, bound, reached, reached <= max(gap, 1e-9))


def _has_choice_of_ports(fabric: Fabric) -> bool:
    """Return whether some endpoint has several network ports, so that its links' loads are a choice too."""
    ports = np.bincount(fabric.tail[fabric.tier == Tier.ENDPOINT], minlength=fabric.n_endpoints)
    return bool((ports[: fabric.n_endpoints] > 1).any())
