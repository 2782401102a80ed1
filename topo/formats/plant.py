"""Plant: devices and the cables between them as a file lists them, before it is known which is a leaf.

Every reader returns one; ``infer`` makes a Fabric of it.  What a file does not state stays None, 0 or empty.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from topo.fabric import Groups, Medium, NodeKind, Tier
from topo.packet import Packet

_DIGITS = re.compile(r"(\d+)")


class Node(NamedTuple):
    """A device that cables end at."""

    name: str
    kind: NodeKind | None = None  # where the file says it
    end: bool | None = None  # whether it is an endpoint; None where the file does not say
    host: str = ""  # server that an endpoint sits in
    nic: str = ""  # what tells it from the others of its server
    domain: str = ""  # scale-up network of an endpoint
    plane: int | None = None
    group: int = -1
    guid: int = 0
    lid: int = 0  # of a switch
    ports: int = 0  # that it has, used or not
    foreign: str = ""  # what it is where it is no endpoint of a job, such as an aggregation node


class Cable(NamedTuple):
    """A cable between the devices numbered ``a`` and ``b``."""

    a: int
    b: int
    a_port: str = ""
    b_port: str = ""
    capacity: float | None = None  # [B/s] one way
    latency: float | None = None  # [s], the switch it enters included
    length: float | None = None  # [m]
    weight: int = 1
    tier: Tier | None = None
    medium: Medium | None = None
    port_guid: int = 0  # of the endpoint's port
    port_lid: int = 0


@dataclass
class Plant:
    """What a file holds; readers fill it, nothing else changes it."""

    name: str
    nodes: list[Node] = field(default_factory=list)
    cables: list[Cable] = field(default_factory=list)
    overhead: float = 0.0
    launch: float = 0.0
    packet: Packet | None = None
    relay: str = "source"
    radix: int = 0
    groups: Groups = Groups.NONE
    symmetry: tuple[NDArray[np.int32], ...] = ()
    notes: list[str] = field(default_factory=list)  # what a reader left out or took for granted, in sentences
    faults: list[dict[str, Any]] = field(default_factory=list)  # what is wrong with the file's cables


@dataclass(frozen=True)
class Reading:
    """What whoever reads a file says beside it; rates in [B/s], times in [s]."""

    capacity: float | None = None  # of cables whose speed the file does not state
    nic_capacity: float | None = None  # of all ports of an endpoint together
    switch_latency: float = 0.0  # where the file states no latency, as are the next three
    cable_latency: float = 0.0
    scale_up_latency: float = 0.0
    overhead: float | None = None
    launch: float | None = None
    packet: Packet | None = None
    endpoints_per_host: int | None = None  # consecutive endpoints; None: as names and numbers of the file say
    scale_up: float | None = None  # None: as in the file
    scale_up_domain: int | None = None
    relay: str | None = None
    ends: str = ""  # expression that finds the names of endpoints
    nic: str = ""  # expression that finds the endpoints that take part; all others are left out
    host_pattern: str = ""  # expression whose first group is the server in an endpoint's name
    per_switch: int = 0  # endpoints hung on every switch of a graph that has none


@dataclass(frozen=True)
class Wires:
    """What is left of a plant: devices, cables ``a[i] -- b[i]`` between them, and what each device is."""

    nodes: list[Node]
    cables: list[Cable]
    a: NDArray[np.int64]  # (C,)
    b: NDArray[np.int64]  # (C,)
    kind: NDArray[np.int8]  # (N,)


def natural(text: str) -> tuple[str | int, ...]:
    """Return a key that sorts ``leaf2`` before ``leaf10``: text and numbers in turn.

    >>> sorted(["n10", "n9"], key=natural)
    ['n9', 'n10']
    """
    parts = _DIGITS.split(text)
    return tuple(int(part, 16) if i % 2 else part for i, part in enumerate(parts))  # in order, and of any length
