"""Capacities and latencies of cables, where a file states them and where it does not."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from topo.formats.errors import FormatError
from topo.formats.plant import Cable, Reading, Wires
from topo.size import Tier
from topo.units import several

#: [s] that light takes for a metre of fibre, of refractive index 1.468 (ITU-T G.652 fibre at 1,550 nm).
SECONDS_PER_METRE = 1.468 / 299_792_458


#: What is said of cables that have the rate given.
_STATELESS = (
    "cable states no speed: the rate given is its own", "cables state no speed: the rate given is theirs",
)  # fmt: skip


def capacities(shown: str, wires: Wires, tier: NDArray[np.int8], how: Reading) -> tuple[NDArray[np.float64], list[str]]:
    """Return (C,) capacities [B/s], endpoint ports no faster than their NIC, and what was taken for granted.

    Raises FormatError for a cable whose speed neither the file nor ``how`` states.
    """
    capacity = np.array([math.nan if c.capacity is None else c.capacity for c in wires.cables], dtype=np.float64)
    unknown = np.isnan(capacity)
    if unknown.any() and how.capacity is None:
        i = int(np.argmax(unknown))
        raise FormatError(
            f"{shown}: cable {wires.nodes[wires.a[i]].name} -- {wires.nodes[wires.b[i]].name}: no capacity is stated; "
            "give the rate of such cables, rate=400Gb/s"
        )
    capacity[unknown] = how.capacity
    if how.nic_capacity is not None:
        port, end = tier == Tier.ENDPOINT, np.minimum(wires.a, wires.b)
        ports = np.bincount(end[port], minlength=len(wires.nodes))[end]
        capacity[port] = np.minimum(capacity, how.nic_capacity / np.maximum(ports, 1))[port]
    n = int(unknown.sum())
    return capacity, [several(n, *_STATELESS)] if n else []


def latencies(cables: Sequence[Cable], tier: NDArray[np.int8], how: Reading) -> list[float]:
    """Return the latency of each cable [s]: as stated, by its length, or that of all; a switch is added to those."""
    return [_latency(c, int(t), how) for c, t in zip(cables, tier.tolist(), strict=True)]


def _latency(cable: Cable, tier: int, how: Reading) -> float:
    if cable.latency is not None:
        return cable.latency
    if tier == Tier.SCALE_UP:
        return how.scale_up_latency
    wire = how.cable_latency if cable.length is None else cable.length * SECONDS_PER_METRE
    return wire + (how.switch_latency / 2 if tier == Tier.ENDPOINT else how.switch_latency)
