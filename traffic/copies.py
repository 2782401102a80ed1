"""Copies of a token on the network and on scale-up links, for the busiest rank of an expert-parallel group."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from traffic.placement import Placement
from traffic.visits import Visits


def dedup_copies(visits: Visits, placement: Placement) -> tuple[float, float]:
    """Return copies per token of the busiest rank over the network and over scale-up links, each token once a host.

    The busiest rank is taken over sending and receiving; ranks pass on what came for their host.
    """
    hosts, p = placement.hosts, placement.ranks_on_host
    rank = visits.rank.reshape(hosts, p) * hosts
    network = max(_others(visits.host), (hosts - 1) * float(visits.host.max()))
    fan_out = float((rank.sum(axis=1, keepdims=True) - rank).max())
    return network, max(fan_out, (p - 1) * float(rank.max()))


def direct_copies(visits: Visits, placement: Placement) -> tuple[float, float]:
    """Return copies per token of the busiest rank over the network and over scale-up links, one per picked expert."""
    ep, p = placement.ep, placement.ranks_on_host
    on_rank = visits.experts.reshape(placement.hosts, p)
    on_host = on_rank.sum(axis=1)
    network = max(_others(on_host), (ep - p) * float(on_rank.max()))
    inside = float((on_host[:, None] - on_rank).max())
    return network, max(inside, (p - 1) * float(on_rank.max()))


def _others(share: NDArray[np.float64]) -> float:
    return float((share.sum() - share).max())
