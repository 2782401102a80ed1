"""Policy ``ugal``: any minimal split plus uniform Valiant, weighed commodity by commodity.

Universal globally-adaptive load balancing [1]_ with ideal information: every commodity decides
what part of it takes minimal paths, chosen as ``adaptive`` does, and what part spreads evenly over
the turns of ``valiant``.  Commodities between the same switches decide alike.

Limits. Ideal information, as for ``adaptive``; real UGAL compares local queues.  Endpoints with
several network ports are not supported.

.. [1] A. Singh, Load-balanced routing in interconnection networks, PhD thesis, Stanford, 2005.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csc_array, diags_array

from topo.fabric import Fabric
from topo.flow.certified import CertifiedRouting
from topo.flow.fits import check_ports
from topo.flow.mixing import Detours, Mixture, mixture
from topo.flow.problem import MAX_PAIRS, Problem
from topo.flow.solved import Gap, Seconds, certified, check_effort, congestion, of_pairs, of_phase, phased
from topo.flow.spread import SMALL_ARCS, SMALL_PAIRS
from topo.flow.together import in_all_phases, mean_load
from topo.headway import counted
from topo.routing.grouped import grouped
from topo.routing.network import Network, added
from topo.routing.operator import FactSheet, Floats, Routing, TotalRouting
from topo.routing.relay import RelayRouting
from topo.routing.site_amounts import site_amounts
from topo.routing.split import SplitRouting, wcmp
from topo.routing.stops import Stops
from topo.routing.valiant import ValiantRouting, Via, stops_of, valiant_split
from traffic.demand import Demand, GroupedDemand

#: Entries of all detours together up to which a linear programme weighs them.
MAX_DETOUR_ENTRIES = 1_000_000


def ugal_mix(
    fabric: Fabric,
    demand: Demand | GroupedDemand,
    *,
    gap: Gap = 0.01,
    seconds: Seconds = 60.0,
    via: Via = "switch",
) -> Routing:
    """Return the mixture of minimal and Valiant paths with the least largest utilization.

    Raises NotConnected where a commodity has no path, RoutingError where ``valiant`` is not defined,
    where endpoints have several ports, or where there are too many pairs of sites.
    """
    check_effort(gap, seconds)
    network = Network.of(fabric)
    check_ports("ugal", fabric.name, network.most_ports)
    stops = stops_of(network, via)
    if isinstance(demand, GroupedDemand):
        return _grouped(fabric, demand, stops, gap, seconds)
    if (mean := mean_load(demand)) is not None:
        return in_all_phases(_listed(fabric, mean, stops, via, gap=gap, seconds=seconds), demand)
    phases = [of_phase(demand, i) for i in range(demand.n_phases)]
    share = seconds / len(phases)
    each = [_listed(fabric, part, stops, via, gap=gap, seconds=share) for part in counted("phase", phases)]
    first = np.searchsorted(demand.phase, np.arange(demand.n_phases + 1))
    return phased("ugal", each, first)


@dataclass(frozen=True, eq=False)
class MixedRouting(FactSheet):
    """Commodity f takes its detour with part ``part[f]``, its minimal paths with the rest."""

    minimal: Routing
    detour: Routing
    part: Floats  # (F,)
    policy: str = "ugal"

    def load(self, rate: Floats) -> Floats:
        """Return (L,) R @ rate."""
        return self.minimal.load(rate * (1.0 - self.part)) + self.detour.load(rate * self.part)

    def sum_along(self, value: Floats) -> Floats:
        """Return (F,) value @ R."""
        return self.minimal.sum_along(value) * (1.0 - self.part) + self.detour.sum_along(value) * self.part

    def min_along(self, value: Floats) -> Floats:
        """Return (F,) least ``value`` over links with R > 0."""
        own = np.where(self.part < 1.0, self.minimal.min_along(value), np.inf)
        return np.where(self.part > 0.0, np.minimum(own, self.detour.min_along(value)), own)

    def columns(self) -> csc_array | None:
        """Return R (L, F), or None where it is too large."""
        minimal, detour = self.minimal.columns(), self.detour.columns()
        if minimal is None or detour is None:
            return None
        result = csc_array(minimal @ diags_array(1.0 - self.part) + detour @ diags_array(self.part))
        result.eliminate_zeros()
        return result


def _listed(fabric: Fabric, demand: Demand, stops: Stops, via: Via, *, gap: float, seconds: float) -> CertifiedRouting:
    """Return the solved routing of a demand of one phase."""
    base, oblivious = wcmp(fabric, demand), valiant_split(fabric, demand, via=via)
    legs = base.inner if isinstance(base, RelayRouting) else base
    detour = oblivious.inner if isinstance(oblivious, RelayRouting) else oblivious
    size = base.legs @ demand.size if isinstance(base, RelayRouting) else demand.size
    assert isinstance(legs, SplitRouting)
    problem, pair, n_pairs = Problem.of_legs(legs, size)
    found, _ = _mixed(problem, stops, gap, seconds)
    part = np.zeros(n_pairs)
    part[problem.row] = found.part
    minimal = of_pairs(legs, problem, problem.shares(found.minimal, n_pairs), pair, "ugal")
    mixed = MixedRouting(minimal, detour, part[pair])
    inner: Routing = replace(base, inner=mixed) if isinstance(base, RelayRouting) else mixed
    inner = min((inner, base, oblivious), key=lambda routing: congestion(fabric, routing, demand.size))
    return certified(fabric, inner, "ugal", size=demand.size, found=found.minimal, gap=gap)


def _grouped(fabric: Fabric, demand: GroupedDemand, stops: Stops, gap: float, seconds: float) -> CertifiedRouting:
    """Return the solved routing of all pairs at once."""
    network = Network.of(fabric, by_capacity=True)
    base = grouped(network, demand, "ugal")
    amounts = site_amounts(network, demand, MAX_PAIRS)
    problem = Problem.of(network, amounts.source, amounts.target, amounts.total(demand.size))
    found, detour = _mixed(problem, stops, gap, seconds)
    on_links = np.zeros((demand.n_commodities, fabric.n_links))
    for f, amount in enumerate(amounts.each[:, problem.row]):
        moved, on_arcs = amount * found.part, np.zeros(problem.n_arcs)
        on_arcs[problem.order] = found.minimal.shares @ (amount - moved)
        on_links[f] = network.to_links(on_arcs) + detour.load(moved)
    mixed = TotalRouting("ugal", np.where(fabric.is_switch_link, on_links, base.unit), demand.pairs)
    inner: Routing = min((mixed, base), key=lambda routing: congestion(fabric, routing, demand.size))
    size = float(demand.size[0])
    spread = replace(found.minimal, congestion=found.minimal.congestion * size, bound=found.minimal.bound * size)
    return certified(fabric, inner, "ugal", size=demand.size, found=spread, gap=gap)


def _mixed(problem: Problem, stops: Stops, gap: float, seconds: float) -> tuple[Mixture, ValiantRouting]:
    """Return the best mixture for the pairs of ``problem``, and their detours."""
    end = time.monotonic() + seconds
    spread = problem.solve(minimal=True, gap=gap, seconds=seconds / 2.0)
    target = np.repeat(problem.pairs.target, np.diff(problem.pairs.first)).astype(np.int64)
    ends = (np.searchsorted(stops.switch, node) for node in (problem.pairs.source.astype(np.int64), target))
    detour = ValiantRouting.of(stops, *ends)
    if not len(problem.row):
        return Mixture(spread, np.zeros(0)), detour
    left = max(end - time.monotonic(), seconds / 10.0)
    detours = _detours(detour, problem.order)
    return mixture(problem.graph, problem.pairs, spread, detours, gap=gap, seconds=left), detour


def _detours(detour: ValiantRouting, order: NDArray[np.int64]) -> Detours:
    """Return the detours of pairs on the arcs of a digraph, whose arc i is arc ``order[i]`` of the network."""
    mesh = detour.stops.mesh
    n_arcs, n_pairs = len(mesh.arcs.tail), len(detour.pair)

    def load(amount: Floats) -> Floats:
        return added(mesh.arc, detour.load(amount)[mesh.link], n_arcs)[order]

    def cost(price: Floats) -> Floats:
        by_arc, by_link = np.zeros(n_arcs), np.zeros(mesh.fabric.n_links)
        by_arc[order] = price
        by_link[mesh.link] = by_arc[mesh.arc]
        return detour.sum_along(by_link)

    small = n_pairs <= SMALL_PAIRS and n_arcs <= SMALL_ARCS and n_pairs * n_arcs <= MAX_DETOUR_ENTRIES
    columns = csc_array(csc_array(detour.pair_columns[:, detour.pair]).tocsr()[order]) if small else None
    return Detours(load, cost, columns)
