"""Finite spraying: every queue pair sends its packets evenly over a set of drawn paths, on all planes [1]_.

Path i of a pair is drawn as that of queue pair i under ``ecmp-hash``, one link a hop, so one path is ``ecmp-hash`` and
very many are ``ecmp``.  ``blind`` keeps what was drawn.  ``feedback`` drops loaded paths and draws others, as senders
do that see marks or

    a path is loaded   where its fullest link is fuller than that of the mean path of its set
    the new one stays  where its fullest link, with what the path adds to it, is less full than the old one's

Who comes next sees the loads that those before left, so that the fullest link never gets fuller and feedback is never
worse than the draw.  It is over after QUIET rounds in a row that leave the fullest link as full as it was, or
one in which no path moves.

``balance`` says how many paths of a set are on each plane (see ``balance``): as hashing has it, or as many as each
plane's share of the pair, to within one; paths that are drawn again stay on theirs.

Limits.  Senders know the loads of their links, at no delay, and hear of a failure with all others: where routes are
kept after one, so are the paths that feedback chose before it (``topo.flow.kept``).  Paths settle for the bytes of the
whole demand: a pair has the same in all phases.  One draw of a distribution: read it over seeds.

.. [1] MRC: multipath reliable connection, OCP, 2026: sets of 128 to 256 paths, and those that show congestion dropped.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated, Literal, get_args

import numpy as np
from annotated_types import Ge

from topo.fabric import Fabric
from topo.parameters import Seed
from topo.routing.balance import Balance, balanced
from topo.routing.drawn import DrawnRouting, at_least
from topo.routing.network import Network
from topo.routing.operator import Ints, Routing, RoutingError, TotalRouting, check_ranks
from topo.routing.paths import routed
from topo.routing.relay import RelayRouting
from topo.routing.split import split_on
from topo.routing.walks import Walks
from traffic.demand import Demand, GroupedDemand

#: Paths of a set where none are given, as MRC has.
PATHS = 128
#: Rounds in a row that leave the fullest link as full as it was, and rounds after which it is over all the same.
QUIET, MOST_ROUNDS = 4, 200
#: A path is loaded where it is fuller than the mean of its set by this share.
LOADED = 1e-6

Choose = Literal["blind", "feedback"]


def spray(
    fabric: Fabric,
    demand: Demand | GroupedDemand,
    *,
    seed: Seed = 0,
    paths: Annotated[int, Ge(1), "paths of a queue pair"] = PATHS,
    choose: Annotated[Choose, "keep the paths that were drawn, or drop loaded ones and draw others"] = "blind",
    balance: Balance = "shortest",
) -> Routing:
    """Return an even split of every commodity over ``paths`` drawn shortest paths.

    ``rounds`` of the routing says in how many paths were drawn again, ``complete`` whether they settled.

    Raises RoutingError for an unknown choice and numbers below their least, NotConnected where a commodity has no
    path, DemandError where a grouped demand has too many pairs to list.
    """
    if choose not in get_args(Choose):
        raise RoutingError(f"choose {choose!r} is unknown; known: {', '.join(get_args(Choose))}")
    at_least(paths=(paths, 1), seed=(seed, 0))
    check_ranks(fabric, demand)
    network = balanced(Network.of(fabric), demand, balance, lambda equal: split_on(equal, demand, ""))
    if choose == "blind":
        return routed(network, demand, lambda src, dst: DrawnRouting("spray", Walks.of(network, seed, src, dst, paths)))
    if isinstance(demand, Demand):
        return _fed_back(network, demand, seed, paths)
    listed = demand.listed()
    return _together(demand, listed, _fed_back(network, listed, seed, paths))


def _fed_back(network: Network, demand: Demand, seed: int, paths: int) -> RelayRouting | DrawnRouting:
    """Return the sets of ``demand`` after feedback, or as they were drawn where its phases take longer so."""
    drawn: list[DrawnRouting] = []

    def inner(src: Ints, dst: Ints) -> DrawnRouting:
        drawn.append(DrawnRouting("spray", Walks.of(network, seed, src, dst, paths)))
        return drawn[-1]

    blind = routed(network, demand, inner)
    assert isinstance(blind, RelayRouting | DrawnRouting)
    amount = demand.size * demand.repeat[demand.phase]
    on_legs = np.asarray(blind.legs @ amount) if isinstance(blind, RelayRouting) else amount
    walks, rounds, settled = drawn[-1].walks.fed_back(on_legs, over=LOADED, quiet=QUIET, most=MOST_ROUNDS)
    inside = replace(drawn[-1], walks=walks)
    better = replace(blind, inner=inside) if isinstance(blind, RelayRouting) else inside
    if demand.n_phases > 1 and _time(better, demand, network.fabric) > _time(blind, demand, network.fabric):
        better = blind
    return replace(better, rounds=rounds, complete=settled)


def _time(routing: Routing, demand: Demand, fabric: Fabric) -> float:
    """Return the time [s] of all phases, one after another, at the capacity of their fullest links."""
    total = 0.0
    for phase, runs in enumerate(demand.repeat.tolist()):
        load = routing.load(np.where(demand.phase == phase, demand.size, 0.0))
        total += runs * float((load / fabric.capacity).max(initial=0.0))
    return total


def _together(demand: GroupedDemand, listed: Demand, one: RelayRouting | DrawnRouting) -> TotalRouting:
    """Return the routing of a grouped demand whose pairs, ``listed``, are routed by ``one``."""
    kind = demand.kind[listed.dst]
    unit = np.stack([one.load((kind == f).astype(np.float64)) for f in range(demand.n_commodities)])
    return TotalRouting(one.policy, unit, demand.pairs, rounds=one.rounds, complete=one.complete)
