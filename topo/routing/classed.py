"""Routing of pairs by class: what one pair of each puts on classes of links stands for all."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from topo.routing.operator import FactSheet, Floats, Ints, Routing

if TYPE_CHECKING:
    from scipy.sparse import csc_array, csr_array


@dataclass(frozen=True, eq=False)
class ClassedRouting(FactSheet):
    """Shares of classes on classes of links: those of all pairs of a class, by link of the whole network."""

    policy: str
    examples: Routing  # of one pair a class
    pairs: Floats  # (F,) pairs of each class
    share: csr_array  # (orbits, F) what one pair puts on all links of an orbit together
    link: Ints  # (L,) orbit of each link
    links_in: Floats  # (orbits,) links of each

    def load(self, rate: Floats) -> Floats:
        """Return (L,) load at ``rate`` (F,) of each pair."""
        return np.asarray((self.share @ (rate * self.pairs) / self.links_in)[self.link])

    def sum_along(self, value: Floats) -> Floats:
        """Return (F,) mean over the pairs of a class of ``value`` (L,) summed along their links."""
        mean = np.bincount(self.link, value, len(self.links_in)) / self.links_in
        return np.asarray(mean @ self.share)

    def min_along(self, value: Floats) -> Floats:
        """Return (F,) least ``value`` (L,) over all links that any pair of the class uses."""
        least = np.full(len(self.links_in), np.inf)
        np.minimum.at(least, self.link, value)
        columns = self.share.tocsc()
        result = np.full(columns.shape[1], np.inf)
        np.minimum.at(result, np.repeat(np.arange(columns.shape[1]), np.diff(columns.indptr)), least[columns.indices])
        return result

    def columns(self) -> csc_array | None:
        """Return None: a class is on all links of its orbits."""
        return None
