"""Routing over drawn paths that nobody lists.

``ecmp-hash`` draws for each queue pair of a commodity one link a hop, uniformly among those on
shortest paths, so its mean over seeds is ``ecmp``.  The draw depends on seed, endpoints, queue
pair and switch, never on other commodities: the same pair takes the same path in every phase.

Limits. A hash is ideal: no polarisation between tiers, no field that a vendor leaves out.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated

import numpy as np
from annotated_types import Ge
from numpy.typing import NDArray

from topo.fabric import Fabric
from topo.parameters import Seed
from topo.routing.network import Network
from topo.routing.operator import MAX_ENTRIES, FactSheet, Floats, Ints, Routing, RoutingError
from topo.routing.paths import PathRouting, routed
from topo.routing.walks import Walks
from traffic.demand import Demand, GroupedDemand

if TYPE_CHECKING:
    from scipy.sparse import csc_array


@dataclass(frozen=True, eq=False)
class DrawnRouting(FactSheet):
    """Commodities that send evenly over their paths of ``walks``, drawn one link a hop."""

    policy: str
    walks: Walks
    by_path: bool = False  # whether every path is a queue pair, with a fair rate of its own

    @property
    def several(self) -> bool:
        """Whether commodities have several queue pairs, each with a path and a fair rate of its own."""
        return self.by_path and self.walks.paths > 1

    def load(self, rate: Floats) -> Floats:
        """Return (L,) R @ rate."""
        return self.walks.load(np.asarray(rate, dtype=np.float64))

    def sum_along(self, value: Floats) -> Floats:
        """Return (F,) value @ R."""
        return self.walks.along(value, least=False)

    def min_along(self, value: Floats) -> Floats:
        """Return (F,) least ``value`` over links with R > 0."""
        return self.walks.along(value, least=True)

    def columns(self) -> csc_array | None:
        """Return R (L, F), or None where it has more than MAX_ENTRIES entries."""
        hops = self.sum_along(np.ones(self.walks.network.fabric.n_links))
        return None if hops.sum() * self.walks.paths > MAX_ENTRIES else self.listed().columns()

    def of_commodities(self, used: Ints) -> PathRouting:
        """Return the paths of the commodities ``used``, numbered anew."""
        return self.listed().of_commodities(used)

    def listed(self, dead: NDArray[np.bool_] | None = None) -> PathRouting:
        """Return the same paths with their links, past links that are ``dead`` (L,) where a next hop lives."""
        n, paths = self.walks.sets.turn.shape
        commodity, share = np.repeat(np.arange(n), paths), np.full(n * paths, 1.0 / paths)
        n_links = self.walks.network.fabric.n_links
        return PathRouting.of_paths(
            self.policy, n_links, commodity, share, self.walks.listed(dead), by_path=self.by_path
        )


def ecmp_hash(
    fabric: Fabric,
    demand: Demand | GroupedDemand,
    *,
    seed: Seed = 0,
    qps: Annotated[int, Ge(1), "queue pairs of a commodity, each with a path of its own"] = 1,
) -> Routing:
    """Return one drawn path for each of ``qps`` queue pairs of a commodity, share 1/qps each.

    Raises NotConnected where a commodity has no path, DemandError where a grouped demand has
    too many pairs to list.
    """
    at_least(seed=(seed, 0), qps=(qps, 1))
    network = Network.of(fabric)

    def inner(src: Ints, dst: Ints) -> Routing:
        return DrawnRouting("ecmp-hash", Walks.of(network, seed, src, dst, qps), by_path=True)

    return routed(network, demand, inner)


def at_least(**given: tuple[int, int]) -> None:
    """Raise RoutingError for a number below its least."""
    for name, (value, least) in given.items():
        if value < least:
            raise RoutingError(f"{name} {value} must be at least {least}")
