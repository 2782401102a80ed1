"""Where jobs run: orders of ranks in which each job takes the next free ones, as a scheduler hands out hosts.

``contiguous`` and ``random`` hand out whole hosts, and the ranks of a job go by host number.  ``by-rail`` hands out
position 0 of every host first, then position 1, so that a job lies on as few rails as hold it, one rank a host;
``by-plane`` does the same with planes.  Jobs whose hosts are stated have them first.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from topo.parameters import Seed
from traffic.demand import DemandError

Ints = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Order:
    """Ranks in the order in which they are handed out."""

    ranks: Ints
    whole: bool  # hosts are handed out whole, and a job's ranks go by number


def contiguous(*, n_ranks: int, ranks_per_host: int) -> Order:
    """Return whole hosts by number."""
    return Order(_hosts(n_ranks, ranks_per_host).ravel(), True)


def random(*, n_ranks: int, ranks_per_host: int, seed: Seed = 0) -> Order:
    """Return whole hosts in an order drawn from ``seed``."""
    hosts = _hosts(n_ranks, ranks_per_host)
    return Order(hosts[np.random.default_rng(seed).permutation(len(hosts))].ravel(), True)


def by_rail(*, n_ranks: int, ranks_per_host: int) -> Order:
    """Return one rank of every host, then the next of every host."""
    return Order(_hosts(n_ranks, ranks_per_host).T.ravel(), False)


def by_plane(*, n_ranks: int, planes: int) -> Order:
    """Return all ranks of a plane, then those of the next; rank r is on plane r mod ``planes``.

    Raises DemandError where every rank is on all planes, which ``planes`` 0 says.
    """
    if not planes:
        raise DemandError("order by-plane: endpoints have a port on every plane; give contiguous, random or by-rail")
    ranks = np.arange(n_ranks)
    return Order(ranks[np.argsort(ranks % planes, kind="stable")], False)


#: Orders by the name that the command line and study files use.
ORDERS: dict[str, Callable[..., Order]] = {
    "by-plane": by_plane,
    "by-rail": by_rail,
    "contiguous": contiguous,
    "random": random,
}


def handed_out(order: Order, wanted: Sequence[int | Ints], names: Sequence[str], *, n_ranks: int) -> list[Ints]:
    """Return the ranks of each job: those that it states, or as many as it wants of those that are free, in turn.

    >>> order = by_rail(n_ranks=8, ranks_per_host=4)
    >>> [ranks.tolist() for ranks in handed_out(order, [2, np.array([1]), 2], ["a", "b", "c"], n_ranks=8)]
    [[0, 4], [1], [5, 2]]

    Raises DemandError where too few are left.
    """
    free = np.ones(n_ranks, dtype=bool)
    for stated in wanted:
        if not isinstance(stated, int):
            free[stated] = False
    rest = order.ranks[free[order.ranks]]
    found, next_ = [], 0
    for job, ranks in zip(names, wanted, strict=True):
        if not isinstance(ranks, int):
            found.append(ranks)
            continue
        mine = rest[next_ : next_ + ranks]
        if len(mine) < ranks:
            raise DemandError(f"jobs: {job}: hosts of {ranks} ranks are needed, and {len(mine)} of {n_ranks} are free")
        found.append(np.sort(mine) if order.whole else mine)
        next_ += ranks
    return found


def _hosts(n_ranks: int, ranks_per_host: int) -> Ints:
    full = n_ranks // ranks_per_host
    return np.arange(full * ranks_per_host).reshape(full, ranks_per_host)
