"""Parts of a network that fail each by itself: how often, for how long, and what goes with each.

A part is down a share q = MTTR / (MTBF + MTTR) of the time, whatever the others do.  An optical cable fails as its two
optics do as well: rates add up, and the mean repair is that of all its causes.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from topo.availability.rates import Rates
from topo.fabric import Fabric
from topo.failures.alike import image_of, kept_symmetries
from topo.failures.parts import LossError, Parts, parts_of
from topo.size import Medium
from traffic.demand import Demand, GroupedDemand

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]

#: Kind of part in rates -> kind and tier among the parts of a fabric.
KINDS: dict[str, tuple[str, str | None]] = {
    "nic": ("nic", None),
    "port": ("port", None),
    "cable": ("cable", None),
    "leaf": ("switch", "leaf"),
    "spine": ("switch", "spine"),
    "core": ("switch", "core"),
}
_OPTICAL = [medium for medium in Medium if medium.optical]


@dataclass(frozen=True, eq=False)
class Units:
    """Parts that fail, n in all, kind by kind; only kinds that fail are there."""

    kinds: tuple[str, ...]
    parts: tuple[Parts, ...]  # of each kind
    rate: Floats  # (n,) [1/s] while the part works
    repair: Floats  # (n,) [s]
    images: tuple[Ints, ...] = ()  # each (n,): symmetries of fabric, traffic and rates

    @classmethod
    def of(cls, fabric: Fabric, rates: Rates, demand: Demand | GroupedDemand | None, *, alike: bool) -> Units:
        """Return the parts of ``fabric`` that have a rate; ``alike`` if states that a symmetry joins count as one.

        Raises RatesError where a part fails and has no repair time.
        """
        found = [(kind, parts, *_rates(fabric, kind, parts, rates)) for kind, parts in _there(fabric, rates)]
        found = [one for one in found if one[2].any()]
        kinds, parts = tuple(one[0] for one in found), tuple(one[1] for one in found)
        rate, repair = (np.concatenate([np.zeros(0), *(one[i] for one in found)]) for i in (2, 3))
        bare = cls(kinds, parts, rate, repair)
        images = (bare.moved(fabric, move) for move in (kept_symmetries(fabric, demand) if alike else ()))
        return cls(kinds, parts, rate, repair, tuple(image for image in images if image is not None))

    @property
    def n(self) -> int:
        """Number of parts."""
        return len(self.rate)

    @cached_property
    def first(self) -> Ints:
        """(kinds + 1,) where the parts of each kind begin."""
        return np.concatenate([[0], np.cumsum([parts.count for parts in self.parts], dtype=np.int64)]).astype(np.int64)

    @property
    def down(self) -> Floats:
        """(n,) share of time that each part is down."""
        return self.rate * self.repair / (1 + self.rate * self.repair)

    def taken(self, units: Ints) -> tuple[Ints, Ints]:
        """Return the cables and nodes that go with ``units``."""
        cables, nodes = [np.zeros(0, np.int64)], [np.zeros(0, np.int64)]
        for parts, first in zip(self.parts, self.first, strict=False):
            mine = units[(units >= first) & (units < first + parts.count)] - first
            gone = parts.taken(mine) if len(mine) else ()
            cables += gone[:1]
            nodes += gone[1:]
        return np.unique(np.concatenate(cables)), np.unique(np.concatenate(nodes))

    def moved(self, fabric: Fabric, move: NDArray[np.int32]) -> Ints | None:
        """Return (n,) the part that each becomes when node v moves to ``move[v]``; None where rates differ."""
        images = [image_of(fabric, parts, move) for parts in self.parts]
        if any(image is None for image in images):
            return None
        pairs = zip(images, self.first, strict=False)
        image = np.concatenate([np.zeros(0, np.int64), *(one + first for one, first in pairs if one is not None)])
        same = np.array_equal(self.rate[image], self.rate) and np.array_equal(self.repair[image], self.repair)
        return image if same else None


def _there(fabric: Fabric, rates: Rates) -> list[tuple[str, Parts]]:
    found = []
    for kind, (part, tier) in KINDS.items():
        if rates.failures.get(kind) or (kind in ("port", "cable") and rates.failures.get("optic")):
            try:
                found.append((kind, parts_of(fabric, part, tier)))
            except LossError:  # a network without cores has none that fail
                continue
    return found


def _rates(fabric: Fabric, kind: str, parts: Parts, rates: Rates) -> tuple[Floats, Floats]:
    """Return (parts,) rate [1/s] and mean repair [s] of the parts of one kind."""
    own, optic = rates.failures.get(kind, 0.0), rates.failures.get("optic", 0.0)
    ends = np.zeros(parts.count)
    if optic and kind in ("port", "cable"):
        ends[parts.of_cable] = 2.0 * np.isin(fabric.medium[parts.cable], _OPTICAL)
    down = own * _repair(rates, kind, own) + ends * optic * _repair(rates, "optic", optic * ends.any())
    rate = own + ends * optic
    return rate, np.divide(down, rate, out=np.zeros(parts.count), where=rate > 0)


def _repair(rates: Rates, kind: str, rate: float) -> float:
    return rates.repair(kind) if rate else 0.0
