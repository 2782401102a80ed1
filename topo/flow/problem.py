"""What a solved policy decides: pairs of places on the arcs of a network, and how their flow spreads.

An endpoint with one port sits on its switch: what its port carries is not a choice.  Endpoints with
several ports choose among them, so they are places of their own, one node that sends and one that
receives.  Those on the same switches share a place where each of them sends as much to every place,
and receives as much from it, as the others do.  Then the loads of their ports are alike whatever the
shares of the place, and ports of all together bound what ports of one do: nothing is lost by it.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from scipy.sparse import csc_array

from topo.flow.coarse import Coarse
from topo.flow.exchange import exchanged
from topo.flow.orbits import best_turn, moves, quotient, turned
from topo.flow.spread import Spread, spread
from topo.kernels.spreading import Digraph, Pairs
from topo.routing.access import ranges
from topo.routing.network import Network, added
from topo.routing.operator import Floats, Ints, RoutingError
from topo.routing.split import SplitRouting

#: Pairs of places above which a spread is not attempted: about 200 bytes each while it is solved.
MAX_PAIRS = 3_000_000
#: Digits, of the largest, to which amounts are told apart.
DIGITS = 12


@dataclass(frozen=True, eq=False)
class Places:
    """Where endpoints enter a digraph: on their switch, or C places with ports of their own."""

    place: Ints  # (E,) below the number of sites an endpoint with one port, from there on its class
    end: Ints  # (C,) an endpoint of each class
    members: Ints  # (C,)
    first: Ints  # (C + 1,) ports of each class
    port: Ints  # (ports,) link from the endpoint of the class into the network

    @classmethod
    def none(cls, network: Network) -> Places:
        """Return no place of its own: every site is its switch."""
        empty = np.zeros(0, dtype=np.int64)
        return cls(network.site, empty, empty, np.zeros(1, dtype=np.int64), empty)

    @classmethod
    def of_classes(cls, network: Network, number: Ints) -> tuple[Places, Ints]:
        """Return one place a class of endpoints that are alike, and the place of each class.

        ``number`` (E,) is the class, -1 without a port; those with one port are on their switch.
        """
        _, ends, of, members = np.unique(number, return_index=True, return_inverse=True, return_counts=True)
        many = network.n_ports[ends] > 1
        place = np.where(many, network.n_sites + np.cumsum(many) - 1, network.site[ends])
        end, count = ends[many], network.n_ports[ends[many]]
        first = np.concatenate([[0], np.cumsum(count)]).astype(np.int64)
        ports = ranges(network.port[end], count)
        return cls(place[of], end, members[many].astype(np.int64), first, ports), place[number[ends] >= 0]

    @classmethod
    def of(cls, network: Network, src: Ints, dst: Ints, size: Floats) -> Places:
        """Return the places of endpoints that exchange ``size[f]`` from ``src[f]`` to ``dst[f]``."""
        many = network.n_ports > 1
        _, end, number, members = np.unique(
            np.where(many, alike(network, src, dst, size), -1),
            return_index=True,
            return_inverse=True,
            return_counts=True,
        )
        lone = int(not many.all())  # the first class then is all of those
        count = network.n_ports[end[lone:]]
        return cls(
            np.where(many, network.n_sites + number - lone, network.site),
            end[lone:],
            members[lone:],
            np.concatenate([[0], np.cumsum(count)]).astype(np.int64),
            ranges(network.port[end[lone:]], count),
        )


def alike(network: Network, src: Ints, dst: Ints, size: Floats) -> Ints:
    """Return (E,) a number for each endpoint: equal on the same switches, with the same exchange with every number.

    Numbers are split until none has to be: colour refinement, where random weights of numbers make sums of
    bytes that differ where the exchange does.
    """
    random, n_ends = np.random.default_rng(0), len(network.site)
    number, n = network.site, 0
    one = network.n_ports <= 1
    while True:
        columns = [number]
        for end, other in ((src, dst), (dst, src)):
            weight = random.uniform(0.5, 1.0, int(number.max()) + 2)
            exchanged = np.where(one, 0.0, added(end, size * weight[number[other]], n_ends))
            columns.append(
                np.unique(np.round(exchanged / exchanged.max(initial=1e-300), DIGITS), return_inverse=True)[1]
            )
        finer = np.unique(np.stack(columns), axis=1, return_inverse=True)[1].ravel()
        if int(finer.max()) + 1 == n:
            return number
        number, n = finer, int(finer.max()) + 1


@dataclass(frozen=True, eq=False)
class Problem:
    """Pairs of places on the arcs of a network and on the ports of places that have several."""

    network: Network
    places: Places
    graph: Digraph
    pairs: Pairs
    row: Ints  # (P,) pair of places, as numbered by the caller
    n_arcs: int  # arcs between switches; ports of places that send follow, then those of places that receive
    order: Ints  # (all arcs,) arc or port of each arc of ``graph``

    @classmethod
    def of(cls, network: Network, source: Ints, target: Ints, amount: Floats, places: Places | None = None) -> Problem:
        """Return the problem of moving ``amount`` from place ``source`` to ``target``, which are sites by default.

        What stays on a switch vanishes.
        """
        places = places or Places.none(network)
        arcs, n_switches, n_classes = network.arcs, len(network.arcs.first) - 1, len(places.end)
        graph, order = _graph(network, places)
        at_switch = network.ports.switch[network.ports.first[:-1]].astype(np.int64)
        sends = np.concatenate([at_switch, n_switches + np.arange(n_classes)])
        receives = np.concatenate([at_switch, n_switches + n_classes + np.arange(n_classes)])
        start, stop = sends[source], receives[target]
        row = np.flatnonzero((start != stop) & (amount > 0.0))
        row = row[np.lexsort((start[row], stop[row]))]
        to, begins = np.unique(stop[row], return_index=True)
        pairs = Pairs(
            to.astype(np.int32),
            np.append(begins, len(row)).astype(np.int64),
            start[row].astype(np.int32),
            amount[row].astype(np.float64),
        )
        return cls(network, places, graph, pairs, row, len(arcs.tail), order)

    @classmethod
    def of_legs(cls, legs: SplitRouting, size: Floats) -> tuple[Problem, Ints, int]:
        """Return the problem of moving ``size`` (F,) along ``legs``, the pair (F,) of each, and how many pairs."""
        if legs.network.most_ports <= 1:
            amount = added(legs.pair, size, len(legs.source))
            target = np.repeat(legs.sites, np.diff(legs.first))
            return cls.of(legs.network, legs.source, target, amount), legs.pair, len(amount)
        places = Places.of(legs.network, legs.src, legs.dst, size)
        n = legs.network.n_sites + len(places.end)
        key, pair = np.unique(places.place[legs.dst] * n + places.place[legs.src], return_inverse=True)
        amount = added(pair, size, len(key))
        return cls.of(legs.network, key % n, key // n, amount, places), pair, len(amount)

    def solve(self, *, minimal: bool, gap: float, seconds: float) -> Spread:
        """Return the spread of all pairs with the least congestion; empty where no pair leaves its switch."""
        self._check()
        move = best_turn(moves(self.network, self.graph, self.order, self.pairs), len(self.row))
        if move is None:
            coarse = Coarse.of(self.graph, self.pairs)
            if coarse is None:
                return spread(self.graph, self.pairs, minimal=minimal, gap=gap, seconds=seconds)
            return coarse.fine(spread(coarse.graph, coarse.pairs, minimal=minimal, gap=gap, seconds=seconds))
        alone = quotient(self.graph, self.pairs, [move])
        found = spread(alone.graph, alone.pairs, minimal=minimal, gap=gap, seconds=seconds)
        return replace(found, shares=turned(found.shares, alone, move), prices=found.prices[alone.graph.orbit])

    def solve_loads(self, *, minimal: bool, gap: float, seconds: float) -> tuple[Spread, Floats]:
        """Return a spread of the pairs that stand for all, and the loads (A,) of arcs and ports that all cause."""
        self._check()
        group = moves(self.network, self.graph, self.order, self.pairs)
        coarse = None if group else Coarse.of(self.graph, self.pairs)
        graph, pairs = (self.graph, self.pairs) if coarse is None else (coarse.graph, coarse.pairs)
        alone = quotient(graph, pairs, group) if group else exchanged(graph, pairs)
        if alone is None:
            found = spread(graph, pairs, minimal=minimal, gap=gap, seconds=seconds)
            each = found.shares @ pairs.amount
        else:
            found = spread(alone.graph, alone.pairs, minimal=minimal, gap=gap, seconds=seconds)
            each = alone.even(found.shares @ alone.pairs.amount)
        load = np.empty(len(self.order))
        load[self.order] = each if coarse is None else coarse.fine_load(each)
        return found, load

    def _check(self) -> None:
        if len(self.row) > MAX_PAIRS:
            raise RoutingError(
                f"{len(self.row):,} pairs of sites are too many to solve for (at most {MAX_PAIRS:,}); "
                "use ecmp, a smaller fabric, or a demand and fabric that share a symmetry"
            )

    def port_loads(self, load: Floats) -> Floats:
        """Return (L,) what ``load`` (arcs and ports,) puts on the ports of each member of places that have several."""
        network, places = self.network, self.places
        result = np.zeros(network.fabric.n_links)
        own = places.place - network.n_sites
        ends = np.flatnonzero(own >= 0)
        start = self.n_arcs + places.first[own[ends]]
        for side, reverse in ((start, False), (start + len(places.port), True)):
            for k in range(network.most_ports):
                has = k < network.n_ports[ends]
                out = network.port[ends[has]] + k
                link = network.fabric.reverse[out] if reverse else out
                result[link] = load[side[has] + k] / places.members[own[ends[has]]]
        return result

    def shares(self, found: Spread, n_pairs: int) -> csc_array:
        """Return (arcs and ports, n_pairs) the shares in the caller's numbers."""
        coo = found.shares.tocoo()
        at = (self.order[coo.row], self.row[coo.col])
        return csc_array((coo.data, at), shape=(len(self.order), n_pairs))

    def port_shares(self, shares: csc_array, place: Ints, leaving: bool) -> Floats:
        """Return (pairs, ports) what ``shares`` put on the ports of ``place`` (pairs,); all on a lone one."""
        side = np.zeros((len(place), max(self.network.most_ports, 1)))
        own = place - self.network.n_sites
        side[own < 0, 0] = 1.0
        if not len(self.places.port):
            return side
        by_row = shares.tocsr()
        start = self.n_arcs + (0 if leaving else len(self.places.port))
        count = np.diff(self.places.first)
        for k in range(side.shape[1]):
            has = np.flatnonzero(own >= 0)
            has = has[k < count[own[has]]]
            side[has, k] = np.asarray(by_row[start + self.places.first[own[has]] + k, has]).ravel()
        return side


def _graph(network: Network, places: Places) -> tuple[Digraph, Ints]:
    """Return the digraph of switches, places that send and places that receive, and the number of each of its arcs."""
    arcs, fabric = network.arcs, network.fabric
    n_switches, n_classes = len(arcs.first) - 1, len(places.end)
    owner = np.repeat(np.arange(n_classes), np.diff(places.first))
    switch = fabric.head[places.port].astype(np.int64) - network.base
    room = fabric.capacity[places.port] * places.members[owner]
    tail = np.concatenate([arcs.tail, n_switches + owner, switch])
    head = np.concatenate([arcs.head, switch, n_switches + n_classes + owner])
    weight = np.concatenate([arcs.weight, *[fabric.weight[places.port]] * 2]).astype(np.float64)
    capacity = np.concatenate([arcs.part, room, room])
    order = np.lexsort((tail, head))
    first = np.searchsorted(head[order], np.arange(n_switches + 2 * n_classes + 1))
    graph = Digraph(
        first.astype(np.int64),
        tail[order].astype(np.int32),
        head[order].astype(np.int32),
        weight[order],
        capacity[order],
        n_switches,
        np.arange(len(order), dtype=np.int32),
    )
    return graph, order
