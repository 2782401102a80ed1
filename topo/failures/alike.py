"""Parts that are alike: a symmetry of fabric and demand maps one onto the other, so one stands for both.

Nothing is taken on trust: an automorphism counts only if it maps scale-up domains, parts and the demand onto
their likes.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from topo.fabric import Fabric
from topo.failures.parts import Ints, Parts
from topo.kernels.orbits import join
from traffic.demand import Demand, GroupedDemand


def representatives(fabric: Fabric, parts: Parts, demand: Demand | GroupedDemand | None) -> Ints:
    """Return one part of each orbit under the stated symmetries of ``fabric`` that keep ``demand``: the least."""
    orbit = np.arange(parts.count, dtype=np.int32)
    for moved in kept_symmetries(fabric, demand):
        image = image_of(fabric, parts, moved)
        if image is not None:
            join(orbit, image)
    return np.unique(orbit).astype(np.int64)


def kept_symmetries(fabric: Fabric, demand: Demand | GroupedDemand | None) -> list[NDArray[np.int32]]:
    """Return the stated symmetries of ``fabric`` that keep its scale-up domains and ``demand``."""
    fits = (moved for moved in fabric.symmetry if _keeps(fabric.domain, moved))
    return [moved for moved in fits if demand is None or _keeps_demand(demand, moved)]


def _keeps(of: NDArray[Any], moved: NDArray[np.int32]) -> bool:
    """Return whether ends of equal number in ``of`` (E,) stay so when end e moves to ``moved[e]``."""
    after = of[moved[: len(of)]]
    pairs = np.unique(np.stack([of, after]), axis=1).shape[1]
    return bool(pairs == len(np.unique(of)) == len(np.unique(after)))


def _keeps_demand(demand: Demand | GroupedDemand, moved: NDArray[np.int32]) -> bool:
    ends = moved[: demand.n_ranks].astype(np.int64)
    if len(ends) < demand.n_ranks or (ends >= demand.n_ranks).any():
        return False
    if isinstance(demand, GroupedDemand):
        silent = np.array_equal(demand.label[ends] < 0, demand.label < 0)
        return silent and _keeps(demand.label, ends.astype(np.int32)) and np.array_equal(demand.kind[ends], demand.kind)
    src, dst = ends[demand.src], ends[demand.dst]
    order = np.lexsort((src, dst, demand.phase))
    same = np.array_equal(src[order], demand.src) and np.array_equal(dst[order], demand.dst)
    return bool(same and np.array_equal(demand.size[order], demand.size))


def image_of(fabric: Fabric, parts: Parts, moved: NDArray[np.int32]) -> Ints | None:
    """Return (parts,) the part that each becomes; None where one is torn apart."""
    image = np.full(parts.count, -1, dtype=np.int64)
    for of, what, after in (
        (parts.of_node, parts.node, _part_of(parts.of_node, parts.node, fabric.n_nodes)[moved[parts.node]]),
        (parts.of_cable, parts.cable, _cable_parts(fabric, parts, moved)),
    ):
        if not len(what):
            continue
        image[of] = after
        if (after < 0).any() or not np.array_equal(image[of], after):
            return None
    return image if len(np.unique(image)) == parts.count and (image >= 0).all() else None


def _part_of(of: Ints, what: Ints, n: int) -> Ints:
    result = np.full(n, -1, dtype=np.int64)
    result[what] = of
    return result


def _cable_parts(fabric: Fabric, parts: Parts, moved: NDArray[np.int32]) -> Ints:
    """Return (n,) the part of the cable that each cable of ``parts`` becomes; parallel ones keep their order."""
    if len(np.unique(parts.cable)) < len(parts.cable):  # a cable of two line cards: which end is meant is not known
        return np.full(len(parts.cable), -1, dtype=np.int64)
    rows = fabric.cables()
    a, b = rows["a"].astype(np.int64), rows["b"].astype(np.int64)
    mine = np.lexsort((np.arange(len(a)), np.maximum(a, b), np.minimum(a, b)))
    c, d = moved[a].astype(np.int64), moved[b].astype(np.int64)
    theirs = np.lexsort((np.arange(len(a)), np.maximum(c, d), np.minimum(c, d)))
    becomes = np.empty(len(a), dtype=np.int64)
    becomes[theirs] = mine
    return _part_of(parts.of_cable, parts.cable, fabric.n_cables)[becomes[parts.cable]]
