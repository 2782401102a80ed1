"""Commodities and links that are alike count as one: colour refinement over what routes, without listing a share.

Commodities of one phase and size, and links of one capacity and tier, start with one colour each.  Then, in turn::

    a commodity is told from another by the colours of the links that it is spread over, and by how much on each;
    a link from another by the colours of the commodities that it carries; where answers go back, so does its reverse,

until no colour splits.  Every commodity of a colour has then equal parts on links of every colour, and every link of a
colour carries equal parts of every colour of commodities.  Max-min fair rates of such a problem are alike for all of a
colour at every moment [1]_, so it is solved with one commodity and one link a colour, exactly.

Colours are drawn as random numbers: sum_along tells what numbers a commodity meets, load what a link carries.  A chance
agreement would have to repeat itself: the last round, in which nothing splits, is drawn afresh.

.. [1] M. Grohe, K. Kersting, M. Mladenov, E. Selman, Dimension reduction via colour refinement, ESA 2014: the rates
   are the optimum of a sequence of linear programmes whose matrix has this partition.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csc_array, csr_array

from topo.fabric import Fabric
from topo.routing.operator import Routing
from topo.routing.some import some_of
from topo.stored import ordered
from traffic.demand import Demand

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Sums = Callable[[Floats], Floats]

#: Numbers that differ by less, relatively, are equal: sums of up to millions of terms.
SAME = 1e-9
#: Colours of commodities up to which they are worth it, and rounds in which they settle.
MOST_COLOURS, MOST_ROUNDS = 50_000, 50
#: Rounds up to which they are looked for where solving each commodity is a way too: a step of a training run on a whole
#: tree of 16,384 settles in 17; where leaves and groups are out of step, a wave runs through all pods, and more
#: rounds would take longer than each commodity by itself.
FEW_ROUNDS = 20


@dataclass(frozen=True, eq=False)
class Alike:
    """F commodities in C colours and L links in A; links that carry nothing have a colour too."""

    demand: Demand  # one commodity a colour (C,)
    routing: Routing  # of that demand
    of: Ints  # (F,) colour of each commodity
    link_of: Ints  # (L,) colour of each link
    example: Ints  # (A,) a link of each colour

    @classmethod
    def among(cls, fabric: Fabric, demand: Demand, routing: Routing, *, rounds: int = MOST_ROUNDS) -> Alike | None:
        """Return the colours of ``demand`` under ``routing``; None where they are too many, or no part can be routed.

        Raises nothing: what cannot be told apart in as many ``rounds`` counts as too many.
        """
        of = split(np.zeros(demand.n_commodities, dtype=np.int64), demand.phase, demand.size)
        link_of = split(fabric.tier.astype(np.int64), fabric.capacity)
        answers = fabric.packet is not None and bool(fabric.packet.ack)
        reverse = fabric.reverse if answers else None
        found = refined(of, link_of, routing.sum_along, routing.load, reverse, rounds=rounds)
        return None if found is None else cls._of(demand, routing, *found)

    @classmethod
    def _of(cls, demand: Demand, routing: Routing, of: Ints, link_of: Ints) -> Alike | None:
        first = np.sort(np.unique(of, return_index=True)[1])  # in the order of the demand, so its parts are sorted
        rank = np.empty(len(first), dtype=np.int64)
        rank[of[first]] = np.arange(len(first))
        part = some_of(routing, first)
        if part is None:
            return None
        columns = ("src", "dst", "size", "phase")
        one = replace(demand, **{name: getattr(demand, name)[first] for name in columns})
        return cls(one, part, rank[of], link_of, np.unique(link_of, return_index=True)[1])

    @property
    def counts(self) -> Ints:
        """(C,) commodities of each colour."""
        return np.bincount(self.of)

    def on_one_link(self, shares: csc_array) -> csc_array:
        """Return (A, C) what all commodities of a colour put on one link of each, for ``shares`` (L, C) of one each."""
        n = len(self.example)
        into = csr_array((1.0 / np.bincount(self.link_of)[self.link_of], (self.link_of, np.arange(len(self.link_of)))))
        merged = csc_array(csr_array(into, shape=(n, shares.shape[0])) @ shares)
        merged.data *= np.repeat(self.counts, np.diff(merged.indptr))
        return merged


def refined(
    of: Ints,
    link_of: Ints,
    sum_along: Sums,
    load: Sums,
    reverse: NDArray[np.integer] | None = None,
    *,
    rounds: int = MOST_ROUNDS,
) -> tuple[Ints, Ints] | None:
    """Return the colours of F commodities and L links once none splits, from those given on.

    None where they are many, or still split after as many ``rounds``.

    ``sum_along`` takes values (L,) to their sums (F,), ``load`` rates (F,) to what links carry (L,); ``reverse`` (L,)
    is given where answers go back.
    """
    rng = np.random.default_rng(0)
    for _ in range(rounds):
        met = sum_along(rng.uniform(0.5, 1.5, int(link_of.max()) + 1)[link_of])
        finer = split(of, met)
        if int(finer.max(initial=0)) >= MOST_COLOURS:
            return None
        carried = load(rng.uniform(0.5, 1.5, int(finer.max()) + 1)[finer])
        links = split(link_of, carried, *([] if reverse is None else [carried[reverse]]))
        settled = finer.max() == of.max() and links.max() == link_of.max()
        of, link_of = finer, links
        if settled:
            return of, link_of
    return None


def split(colour: Ints, *values: NDArray[np.number]) -> Ints:
    """Return ``colour`` (n,) numbered anew, members of one told apart by each of ``values`` (n,)."""
    for value in values:
        if _agree(colour, value):
            used = np.bincount(colour) > 0
            colour = colour if used.all() else (np.cumsum(used) - 1)[colour]
            continue
        order = np.argsort(value, kind="stable")  # values come in runs
        order = order[ordered(colour[order], int(colour.max()) + 1)]
        by_value, group = value[order], colour[order]
        # A step from one value to the next, not a grid: rounding never parts what is equal.
        apart = np.abs(np.diff(by_value)) > SAME * np.maximum(np.abs(by_value[1:]), np.abs(by_value[:-1]))
        new = np.empty(len(order), dtype=np.int64)
        new[order] = np.concatenate([[0], np.cumsum(apart | (np.diff(group) != 0))])[: len(order)]
        colour = new
    return colour


def _agree(colour: Ints, value: NDArray[np.number]) -> bool:
    """Return whether ``value`` (n,) is so alike within each ``colour`` (n,) that no two of its members are apart."""
    one = np.empty(int(colour.max(initial=-1)) + 1, dtype=value.dtype)
    one[colour] = value
    one = one[colour]
    return bool((np.abs(value - one) <= SAME / 4 * np.abs(one)).all())
