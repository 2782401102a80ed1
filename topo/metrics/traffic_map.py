"""Who sends to whom, small enough to store for any demand: bytes between blocks of hosts, and quantiles of finish.

A block is a run of consecutive hosts; there are as many blocks as hosts, at
most MAX_BLOCKS, each of an equal number of hosts to within one.  Demands that
state groups instead of pairs are summed from the groups' sizes: with n_a(g)
ranks of group g in block a, block a sends block b

    bytes a pair x (sum_g n_a(g) n_b(g), less the ranks of a themselves where a = b)
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from topo.metrics.tables import MAX_COMMODITIES
from traffic.demand import Demand, GroupedDemand

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from topo.flow import Solution

#: Blocks on either side of the map: 16,384 cells at most.
MAX_BLOCKS = 128
#: Quantiles kept of each phase's finish times; a curve through them is right to 1/200 of its commodities.
QUANTILES = 201


def traffic_map(demand: Demand | GroupedDemand, host: NDArray[np.int32]) -> dict[str, NDArray[Any]]:
    """Return one row a pair of blocks: src, dst (first rank of each block), bytes, inside.

    ``host`` is (n_ranks,), the host or scale-up domain of each rank.  ``bytes`` counts all phases and
    their repeats [bytes]; ``inside`` is the part that stays within a host [bytes].
    """
    n_hosts = int(host.max()) + 1
    n = min(MAX_BLOCKS, n_hosts)
    block = host.astype(np.int64) * n // n_hosts
    if isinstance(demand, GroupedDemand):
        total, inside = _of_groups(demand, host, block, n)
    else:
        total, inside = _of_pairs(demand, host, block, n)
    first = np.full(n, demand.n_ranks, np.int64)
    np.minimum.at(first, block, np.arange(demand.n_ranks))
    return {"src": np.repeat(first, n), "dst": np.tile(first, n), "bytes": total, "inside": inside}


def finish_quantiles(solution: Solution) -> dict[str, NDArray[Any]]:
    """Return phase, share and finish [s] by which that share of the phase's pairs ended; nothing where all are stored.

    The least finish that at least the share has reached: no value is made up between two.
    """
    demand = solution.demand
    if isinstance(demand, Demand) and demand.n_commodities <= MAX_COMMODITIES:
        return {}
    share = np.linspace(0, 1, QUANTILES)
    parts = []
    pairs, edge = demand.pairs, np.searchsorted(demand.phase, np.arange(demand.n_phases + 1))
    for phase in np.unique(demand.phase):
        own = slice(edge[phase], edge[phase + 1])
        order = np.argsort(solution.finish[own], kind="stable")
        reached = np.cumsum(pairs[own][order])
        row = np.searchsorted(reached, share * reached[-1], side="left").clip(0, len(order) - 1)
        parts.append((np.full(QUANTILES, phase, np.int32), share, solution.finish[own][order][row]))
    return dict(zip(("phase", "share", "finish"), map(np.concatenate, zip(*parts, strict=True)), strict=True))


_Sums = tuple["NDArray[np.float64]", "NDArray[np.float64]"]


def _of_pairs(demand: Demand, host: NDArray[np.int32], block: NDArray[np.int64], n: int) -> _Sums:
    moved = demand.size * demand.repeat[demand.phase]
    cell = block[demand.src] * n + block[demand.dst]
    own = host[demand.src] == host[demand.dst]
    total = np.bincount(cell, moved, n * n).astype(np.float64, copy=False)
    return total, np.bincount(cell[own], moved[own], n * n).astype(np.float64, copy=False)


def _of_groups(demand: GroupedDemand, host: NDArray[np.int32], block: NDArray[np.int64], n: int) -> _Sums:
    from scipy.sparse import csr_array

    ranks = np.flatnonzero(demand.label >= 0)
    ones = np.ones(len(ranks), np.int64)
    # Counts are whole numbers until the last line, so that the map adds up to the demand's own total.
    held = csr_array((ones, (block[ranks], demand.label[ranks])), shape=(n, int(demand.label.max()) + 1))
    key = host[ranks].astype(np.int64) * held.shape[1] + demand.label[ranks]
    _, place, together = np.unique(key, return_inverse=True, return_counts=True)
    total, inside = np.zeros((2, n, n))
    for kind, each in enumerate(demand.size * demand.repeat[0]):
        some = demand.kind[ranks] == kind
        to = csr_array((ones[some], (block[ranks][some], demand.label[ranks][some])), shape=held.shape)
        pairs = (held @ to.T).toarray() - np.diag(np.bincount(block[ranks][some], minlength=n))
        own = np.bincount(block[ranks][some], together[place[some]] - 1, n)
        total += pairs * each
        inside += np.diag(own) * each
    return total.ravel(), inside.ravel()
