"""Size: what a network is made of, counted and never built.

Counts follow the paper's Table 3: ``switch_links`` are cables between switches,
``endpoint_links`` cables between an endpoint and a switch.  Scale-up switches
and their cables (NVLink inside a host) come with the server, so they are
counted apart and never priced.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import IntEnum


class Tier(IntEnum):
    """Class of a link, by what it joins."""

    SCALE_UP = 0
    ENDPOINT = 1
    LEAF_SPINE = 2
    SPINE_CORE = 3
    LOCAL = 4
    GLOBAL = 5

    @property
    def label(self) -> str:
        """The tier's name as reports print it."""
        return self.name.lower().replace("_", "-")


class Medium(IntEnum):
    """What a cable is made of; the optical ones need a transceiver at either end."""

    COPPER = 0
    MULTIMODE = 1
    SINGLEMODE = 2
    BACKPLANE = 3

    @property
    def optical(self) -> bool:
        """Whether light runs in it."""
        return self in (Medium.MULTIMODE, Medium.SINGLEMODE)


#: Copper reaches endpoints and the inside of dragonfly groups, optics the rest (HammingMesh, SC'22, sec. V).
DEFAULT_MEDIUM = {
    Tier.SCALE_UP: Medium.BACKPLANE,
    Tier.ENDPOINT: Medium.COPPER,
    Tier.LEAF_SPINE: Medium.MULTIMODE,
    Tier.SPINE_CORE: Medium.MULTIMODE,
    Tier.LOCAL: Medium.COPPER,
    Tier.GLOBAL: Medium.MULTIMODE,
}


@dataclass(frozen=True)
class Size:
    """Parts list of a network, in closed form at any scale.

    ``cables`` holds one row (tier, medium, count) for each kind of cable.  Where
    the network cannot exist, ``buildable`` is False, ``reason`` says why and
    ``neighbours`` names the nearest parameters that can be built.
    """

    name: str
    endpoints: int
    switches: int
    radix: int
    cables: tuple[tuple[Tier, Medium, int], ...]
    planes: int = 1
    hosts: int = 0
    scale_up_switches: int = 0
    buildable: bool = True
    reason: str = ""
    neighbours: tuple[str, ...] = ()

    @property
    def switch_links(self) -> int:
        """Cables between two switches, the "links" of the paper's Table 3."""
        return sum(n for tier, _, n in self.cables if tier > Tier.ENDPOINT)

    @property
    def endpoint_links(self) -> int:
        """Cables between an endpoint and a switch."""
        return sum(n for tier, _, n in self.cables if tier == Tier.ENDPOINT)

    @property
    def transceivers(self) -> int:
        """Pluggable optics: two an optical cable."""
        return sum(2 * n for _, medium, n in self.cables if medium.optical)

    def planes_of(self, planes: int, *, shared_endpoints: bool) -> Size:
        """Return ``planes`` copies; ``shared_endpoints`` gives every endpoint a port on each."""
        endpoints = self.endpoints if shared_endpoints else self.endpoints * planes
        cables = tuple((tier, medium, n * planes) for tier, medium, n in self.cables)
        return replace(self, endpoints=endpoints, switches=self.switches * planes, cables=cables, planes=planes)


def cable_row(tier: Tier, count: int, medium: Medium | None = None) -> tuple[tuple[Tier, Medium, int], ...]:
    """Return one row of ``Size.cables``, or none where the count is zero."""
    return ((tier, DEFAULT_MEDIUM[tier] if medium is None else medium, count),) if count else ()
