"""Completion times of pairs that are never listed: by classes of pairs and of links, exact.

The fair allocation is one, so an automorphism of fabric and traffic maps it onto itself: pairs of a class have
equal rates and ends, links of a class carry alike and fill together.  So one pair a class, with the amount of
all, on one link a class is the same problem, only smaller (``topo.routing.classes``)::

    load of a link = sum over classes of  pairs x rate x what one pair puts on the links of the class / links in it

Where pairs are in many classes, those that are alike all the same count as one (``topo.flow.alike``): leaves that no
automorphism joins since one endpoint is hot, say.  Classes of pairs and of links then stand for commodities and links.

What comes out is held against the routing of all pairs: each link must carry what it carries there.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from scipy.sparse import csc_array, csr_array, hstack

from topo.fabric import Fabric
from topo.flow.alike import refined, split
from topo.flow.batches import binding_rows
from topo.flow.completion import at_efficiency, finish_times
from topo.flow.max_min import problem_of
from topo.flow.solution import NotSolved, Solution, TooMany
from topo.flow.wire import hop_by_hop, on_wire
from topo.kernels.filling import fill
from topo.routing.classed import ClassedRouting
from topo.routing.classes import Classes
from topo.routing.operator import MAX_ENTRIES, Floats, Ints, Routing
from topo.stored import Stored
from traffic.classed import ClassedDemand
from traffic.demand import Demand, GroupedDemand
from traffic.efficiency import Efficiency

Route = Callable[[Demand], Routing]

#: Classes above which they are not followed, since a share of each on hundreds of links fills the memory, and above
#: which those that are alike are not looked for.
MAX_CLASSES, MAX_APART = 2_000_000, 10_000_000
#: Classes from which those that are alike are looked for.
WORTH_COLOURS = 2_000
#: Loads that differ by this much of the largest are the same: rounding only.
SAME = 1e-9


@dataclass(frozen=True, eq=False)
class Classed:
    """A demand by classes, its routing, and what classes of links carry of it."""

    demand: ClassedDemand
    routing: ClassedRouting
    wire: csr_array  # (orbits, F) as ``routing.share``, with headers and acknowledgements
    example: Ints  # (orbits,) a link of each

    def rows(self, share: csr_array) -> csc_array:
        """Return (orbits, F) what a link of each orbit carries of a class at unit rate, one pair by ``share``."""
        routing = self.routing
        entries = share.tocsc()
        each = routing.pairs.repeat(np.diff(entries.indptr)) / routing.links_in[entries.indices]
        return csc_array((entries.data * each, entries.indices, entries.indptr), shape=entries.shape)


def classed(fabric: Fabric, demand: GroupedDemand, routing: Routing, route: Route) -> Classed:
    """Return ``demand`` by classes, its examples routed by ``route``; ``routing`` is that of all pairs.

    Raises TooMany above MAX_APART classes, MAX_CLASSES that are not alike or MAX_ENTRIES shares, NotSolved where
    classes do not carry what all pairs do.
    """
    classes = Classes.of(fabric, demand)
    if classes.n_apart > MAX_APART:
        raise TooMany(f"{classes.n_apart:,} classes of pairs are too many to compare")
    by_class = classes.pairs(demand)
    links = Links.of(classes.link)
    if by_class.n_commodities > WORTH_COLOURS:
        by_class, links = _alike(fabric, by_class, links, route(by_class.examples))
    if by_class.n_commodities > MAX_CLASSES:
        raise TooMany(f"{by_class.n_commodities:,} classes of pairs are too many to follow")
    own = route(by_class.examples)
    share, wire = _on_orbits(fabric, by_class.examples, own, links, route)
    result = ClassedRouting(
        routing.policy, own, by_class.pairs, share, links.number, links.count, params=routing.params
    )
    _check(result.load(by_class.size), routing.load(demand.size), demand)
    return Classed(by_class, result, wire, links.example)


@dataclass(frozen=True, eq=False)
class Links:
    """Links by class."""

    number: Ints  # (L,) class of each
    count: Floats  # (classes,) links of each
    example: Ints  # (classes,) a link of each

    @classmethod
    def of(cls, number: Ints) -> Links:
        """Return the classes that ``number`` (L,) tells of."""
        return cls(number, np.bincount(number).astype(np.float64), np.unique(number, return_index=True)[1])


def _alike(fabric: Fabric, demand: ClassedDemand, links: Links, routing: Routing) -> tuple[ClassedDemand, Links]:
    """Return classes of pairs and of links, those that are alike as one; as given where that joins few."""
    answers = fabric.packet is not None and bool(fabric.packet.ack)
    size, some = demand.examples.size, links.example

    def load(rate: Floats) -> Floats:
        return np.bincount(links.number, routing.load(rate * demand.pairs)) / links.count

    found = refined(
        split(np.zeros(len(size), dtype=np.int64), size),
        split(fabric.tier[some].astype(np.int64), fabric.capacity[some], fabric.latency[some]),
        lambda value: routing.sum_along(value[links.number]),
        load,
        links.number[fabric.reverse[some]] if answers else None,
    )
    if found is None:
        return demand, links
    of, link_of = found
    first = np.unique(of, return_index=True)[1]
    order = np.argsort(first)
    pairs: Floats = np.bincount(of, demand.pairs)[order].astype(np.float64)
    return ClassedDemand(demand.whole, _part(demand.examples, first[order]), pairs), Links.of(link_of[links.number])


def _on_orbits(
    fabric: Fabric, examples: Demand, routing: Routing, links: Links, route: Route
) -> tuple[csr_array, csr_array]:
    """Return (orbits, F) what one pair puts on each orbit of links, and the same with headers and acknowledgements."""
    columns = routing.columns()
    if columns is None:
        half = examples.n_commodities // 2
        if not half:
            raise TooMany("a single pair has more shares on links than can be held")
        halves = [_part(examples, slice(0, half)), _part(examples, slice(half, None))]
        parts = [_on_orbits(fabric, part, route(part), links, route) for part in halves]
        if sum(part[0].nnz for part in parts) > MAX_ENTRIES:
            raise TooMany(f"classes of pairs have more than {MAX_ENTRIES:.0e} shares on classes of links")
        share, wire = (csr_array(hstack(blocks)) for blocks in zip(*parts, strict=True))
        return share, wire
    n, orbits = fabric.n_links, len(links.count)
    gather = csr_array((np.ones(n), (links.number, np.arange(n))), shape=(orbits, n))
    share = csr_array(gather @ columns)
    return share, share if fabric.packet is None else csr_array(gather @ on_wire(fabric, examples, columns))


def _part(demand: Demand, here: slice | Ints) -> Demand:
    """Return some commodities of ``demand`` as one of their own."""
    return replace(demand, src=demand.src[here], dst=demand.dst[here], size=demand.size[here], phase=demand.phase[here])


def _check(found: Floats, due: Floats, demand: GroupedDemand) -> None:
    """Raise NotSolved where classes put another load on a link than all pairs do."""
    wrong = np.abs(found - due)
    if wrong.max(initial=0.0) > SAME * due.max(initial=0.0):
        link = int(wrong.argmax())
        raise NotSolved(
            f"{demand.name}: classes put {found[link]:.12g} bytes on link {link}, all pairs {due[link]:.12g}; "
            "please report this"
        )


def completion_by_class(fabric: Fabric, found: Classed, *, efficiency: Efficiency | None = None) -> Solution:
    """Return when every class of pairs ends: ``completion_times`` of a demand that is never listed.

    Who ends when if links send one at a time is not said: it differs between the pairs of a class.
    """
    demand, routing, examples = found.demand, found.routing, found.demand.examples
    delay = (
        fabric.overhead + routing.examples.sum_along(fabric.latency) + hop_by_hop(fabric, examples, routing.examples)
    )
    filled = at_efficiency(found.rows(found.wire), examples, efficiency)
    rows, kept = binding_rows(Stored.of_columns(filled), fabric.capacity[found.example])
    orbit_capacity = fabric.capacity[found.example[kept]]
    finish, held = finish_times(rows.turned(), orbit_capacity, examples.size)
    transfer = np.array([finish.max(initial=0.0)])
    with np.errstate(divide="ignore"):
        theta = 1.0 / transfer
    return Solution.of(
        fabric,
        demand,
        routing,
        theta=theta,
        rate=demand.size / finish,
        load=csr_array(routing.load(demand.size)[np.newaxis] / transfer[0]),
        tightest=found.example[kept[held]].astype(np.int32),
        finish=finish + delay,
        delay=delay,
        launch=fabric.launch,
        method=f"completion: refilled at each end, {demand.n_commodities:,} classes of {demand.pairs.sum():,.0f} pairs",
    )


def max_min_by_class(fabric: Fabric, found: Classed) -> Solution:
    """Return the max-min fair rates of every class of pairs: ``max_min_rates`` of a demand that is never listed."""
    demand, routing = found.demand, found.routing
    rows, kept = binding_rows(Stored.of_columns(found.rows(routing.share)), fabric.capacity[found.example])
    rate, held = fill(problem_of(rows, fabric.capacity[found.example[kept]]))
    theta = np.array([(rate / demand.size).min(initial=np.inf)])
    return Solution.of(
        fabric,
        demand,
        routing,
        theta=theta,
        rate=rate,
        load=csr_array(routing.load(rate)[np.newaxis]),
        tightest=found.example[kept[held]].astype(np.int32),
        finish=demand.size / rate,
        method=f"max-min: progressive filling, {demand.n_commodities:,} classes of {demand.pairs.sum():,.0f} pairs",
    )
