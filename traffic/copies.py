"""Copies of a token on the network and on scale-up links, for the busiest rank of an expert-parallel group."""

from __future__ import annotations

import numpy as np

from traffic.placement import Placement
from traffic.visits import Visits


def dedup_copies(visits: Visits, placement: Placement) -> tuple[float, float]:
    """Return copies per token of the busiest rank over the network and over scale-up links, each token once a host.

    The busiest rank is taken over sending and receiving; ranks pass on what came for their host.
    """
    host, first = np.arange(placement.ep) // placement.ranks_on_host, _starts(placement)
    sent, received = visits.host.sum() - visits.host, (placement.served - 1) * visits.host[host]
    served, rank = placement.served, visits.rank
    fan_out = served * (np.add.reduceat(rank, first)[host] - rank)
    fan_in = (np.add.reduceat(served, first)[host] - served) * rank
    return float(max(sent.max(), received.max())), float(max(fan_out.max(), fan_in.max()))


def direct_copies(visits: Visits, placement: Placement) -> tuple[float, float]:
    """Return copies per token of the busiest rank over the network and over scale-up links, one per picked expert."""
    host = np.arange(placement.ep) // placement.ranks_on_host
    on_host, there = np.add.reduceat(visits.experts, _starts(placement)), placement.shares[host]
    network = max((on_host.sum() - on_host).max(), ((placement.ep - there) * visits.experts).max())
    inside = max((on_host[host] - visits.experts).max(), ((there - 1) * visits.experts).max())
    return float(network), float(inside)


def _starts(placement: Placement) -> np.ndarray:
    return np.arange(0, placement.ep, placement.ranks_on_host)
