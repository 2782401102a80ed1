"""Finite spraying: every queue pair sends its packets evenly over a set of drawn paths, on all planes [1]_.

Path i of a pair is drawn as that of queue pair i under ``ecmp-hash``, one link a hop, so one path is ``ecmp-hash`` and
very many are ``ecmp``.  ``blind`` keeps what was drawn.  ``feedback`` drops loaded paths and draws others, as senders
do that see marks or losses, until nobody finds a better one::

    a path is loaded   where its fullest link is fuller than that of the mean path of its set
    a new one is taken where its fullest link, with what the path adds to it, is less full than the old one's

All look at the same moment, and who all move at once meet again: of those that found a better path a part takes it, at
first half, less after a round that made the fullest link fuller, more after one that did not.
It is over after QUIET rounds in which nobody finds any.  Of all rounds the one counts whose fullest link is least
full, the blind draw among them, so that feedback is never worse.

Limits.  Senders know the loads of their links, at no delay.  Paths settle for the bytes of the whole demand: a pair
has the same in all phases.  One draw of a distribution: read it over seeds.

.. [1] MRC: multipath reliable connection, OCP, 2026: sets of 128 to 256 paths, and those that show congestion dropped.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Annotated, Literal, get_args

import numpy as np
from annotated_types import Ge
from numpy.typing import NDArray

from topo.fabric import Fabric
from topo.parameters import Seed
from topo.routing.network import Network, added
from topo.routing.operator import Floats, Ints, Routing, RoutingError, TotalRouting
from topo.routing.paths import PathRouting, hashed, routed
from topo.routing.relay import RelayRouting
from traffic.demand import Demand, GroupedDemand

#: Paths of a set where none are given, as MRC has.
PATHS = 128
#: Rounds in a row in which nobody finds a better path, and rounds after which it is over all the same.
QUIET, MOST_ROUNDS = 4, 200
#: Part of those that found a better path who take it.
MOST_MOVE, LEAST_MOVE = 0.5, 0.01
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
) -> Routing:
    """Return an even split of every commodity over ``paths`` drawn shortest paths.

    ``rounds`` of the routing says in how many paths were drawn again, ``complete`` whether they settled.

    Raises RoutingError for an unknown choice and numbers below their least, NotConnected where a commodity has no
    path, DemandError where a grouped demand has too many pairs to list.
    """
    if choose not in get_args(Choose):
        raise RoutingError(f"choose {choose!r} is unknown; known: {', '.join(get_args(Choose))}")
    for name, value, least in (("paths", paths, 1), ("seed", seed, 0)):
        if value < least:
            raise RoutingError(f"{name} {value} must be at least {least}")
    network = Network.of(fabric)
    sets: list[_Sets] = []

    def inner(src: Ints, dst: Ints) -> PathRouting:
        sets.append(_Sets.drawn(network, seed, src, dst, paths))
        return sets[-1].routing()

    if choose == "blind":
        return routed(network, demand, inner)
    if isinstance(demand, GroupedDemand):
        listed = demand.listed()
        return _together(demand, listed, spray(fabric, listed, seed=seed, paths=paths, choose=choose))
    blind = routed(network, demand, inner)
    return _by_feedback(blind, demand, sets[-1])


@dataclass(frozen=True, eq=False)
class _Sets:
    """Path sets of P pairs: ``path[i * paths : (i + 1) * paths]`` are those of pair i."""

    network: Network
    seed: int
    src: Ints  # (P,)
    dst: Ints  # (P,)
    paths: int
    path: NDArray[np.int32]  # (P x paths, hops) links; -1 where a path has ended

    @classmethod
    def drawn(cls, network: Network, seed: int, src: Ints, dst: Ints, paths: int) -> _Sets:
        number = np.tile(np.arange(paths), len(src))
        path = hashed(network, seed, np.repeat(src, paths), np.repeat(dst, paths), number)
        return cls(network, seed, src, dst, paths, path)

    def routing(self) -> PathRouting:
        pair = np.repeat(np.arange(len(self.src)), self.paths)
        share = np.full(len(pair), 1.0 / self.paths)
        return PathRouting.of_paths("spray", self.network.fabric.n_links, pair, share, self.path)

    def again(self, which: Ints, turn: int) -> NDArray[np.int32]:
        """Return the links of the paths ``which``, drawn for the ``turn``-th time."""
        pair, number = np.divmod(which, self.paths)
        return hashed(self.network, self.seed, self.src[pair], self.dst[pair], number + self.paths * turn)

    def settled(self, amount: Floats) -> tuple[_Sets, int, bool]:
        """Return the sets of the best round where pairs send ``amount`` (P,), the rounds, and whether they settled."""
        capacity, each = self.network.fabric.capacity, np.repeat(amount / self.paths, self.paths)
        rng, path, quiet, turn = np.random.default_rng(self.seed), self.path, 0, 0
        best, least, before, part = path, np.inf, np.inf, MOST_MOVE
        while quiet < QUIET and turn < MOST_ROUNDS:
            full = _full(path, each, capacity)
            most = float(full.max())
            part = min(part * 1.25, MOST_MOVE) if most <= before else max(part / 2, LEAST_MOVE)
            before = most
            if most < least:
                best, least = path, most
            turn += 1
            path, found = self._moved(path, each, full, turn, rng.random(len(path)) < part)
            quiet = 0 if found else quiet + 1
        return replace(self, path=best), turn, quiet == QUIET

    def _moved(
        self, path: NDArray[np.int32], each: Floats, full: Floats, turn: int, may: NDArray[np.bool_]
    ) -> tuple[NDArray[np.int32], bool]:
        """Return the paths after a round in which some ``may`` move, and whether somebody found a better one."""
        fullest = full[path].max(axis=1, initial=-np.inf)
        mean = fullest.reshape(-1, self.paths).mean(axis=1)
        loaded = np.flatnonzero(fullest > np.repeat(mean, self.paths) * (1.0 + LOADED))
        if not len(loaded):
            return path, False
        drawn, old = _alike(self.again(loaded, turn), path)
        adds = np.where((drawn[:, :, None] == old[loaded][:, None, :]).any(axis=2), 0.0, 1.0)
        capacity = np.append(self.network.fabric.capacity, np.inf)
        after = full[drawn] + adds * each[loaded, None] / capacity[drawn]
        better = after.max(axis=1, initial=-np.inf) < fullest[loaded] * (1.0 - LOADED)
        goes = better & may[loaded]
        moved = old.copy()
        moved[loaded[goes]] = drawn[goes]
        return moved, bool(better.any())


def _full(path: NDArray[np.int32], each: Floats, capacity: Floats) -> Floats:
    """Return (L + 1,) [s] what each link needs for all paths; nothing for the last one, which stands for none."""
    there = path >= 0
    load = added(path[there], np.repeat(each, there.sum(axis=1)), len(capacity))
    return np.append(load / capacity, -np.inf)


def _alike(one: NDArray[np.int32], other: NDArray[np.int32]) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
    """Return both with as many hops."""
    hops = max(one.shape[1], other.shape[1])
    wide = [np.pad(p, ((0, 0), (0, hops - p.shape[1])), constant_values=-1) for p in (one, other)]
    return wide[0], wide[1]


def _by_feedback(blind: Routing, demand: Demand, drawn: _Sets) -> Routing:
    """Return ``blind`` with its sets ``drawn`` settled, or as it is where its phases take no longer."""
    assert isinstance(blind, RelayRouting | PathRouting)
    amount = demand.size * demand.repeat[demand.phase]
    on_legs = np.asarray(blind.legs @ amount) if isinstance(blind, RelayRouting) else amount
    sets, rounds, still = drawn.settled(on_legs)
    better = replace(blind, inner=sets.routing()) if isinstance(blind, RelayRouting) else sets.routing()
    fabric = drawn.network.fabric
    best = better if _time(better, demand, fabric) <= _time(blind, demand, fabric) else blind
    return replace(best, rounds=rounds, complete=still)


def _time(routing: Routing, demand: Demand, fabric: Fabric) -> float:
    """Return the time [s] of all phases, one after another, at the capacity of their fullest links."""
    total = 0.0
    for phase, runs in enumerate(demand.repeat.tolist()):
        load = routing.load(np.where(demand.phase == phase, demand.size, 0.0))
        total += runs * float((load / fabric.capacity).max(initial=0.0))
    return total


def _together(demand: GroupedDemand, listed: Demand, one: Routing) -> TotalRouting:
    """Return the routing of a grouped demand whose pairs, ``listed``, are routed by ``one``."""
    assert isinstance(one, RelayRouting | PathRouting)
    kind = demand.kind[listed.dst]
    unit = np.stack([one.load((kind == f).astype(np.float64)) for f in range(demand.n_commodities)])
    return TotalRouting(one.policy, unit, demand.pairs, rounds=one.rounds, complete=one.complete)
