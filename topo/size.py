"""Size: what a network is made of, counted and never built.

Counts follow the paper's Table 3: ``switch_links`` are cables between switches,
``endpoint_links`` cables between an endpoint and a switch.  Scale-up switches
and their cables (NVLink) come with the server, so they are
counted apart and never priced.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
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


class Groups(IntEnum):
    """What the group numbers of a fabric mean."""

    NONE = 0
    POD = 1  # switches of a tree under common spines
    DRAGONFLY = 2  # joined all to all, and every two groups by a cable

    @property
    def label(self) -> str:
        """The name as files write it."""
        return self.name.lower()


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
    ``neighbours`` names the nearest parameters that can be built.  Diameter and
    bisection are those of a family's closed form; None where it has none.
    """

    name: str
    endpoints: int
    switches: int
    radix: int
    cables: tuple[tuple[Tier, Medium, int], ...]
    planes: int = 1
    hosts: int = 0
    domains: int = 0  # scale-up networks, maybe of several hosts each
    scale_up_switches: int = 0
    buildable: bool = True
    reason: str = ""
    neighbours: tuple[str, ...] = ()
    leaves: int = 0  # switches that bear endpoints, or may
    cores: int = field(default=0, compare=False)  # switches above the spines of a tree
    groups: Groups = Groups.NONE
    group_count: int = 0
    diameter: int | None = field(default=None, compare=False)  # [cables] of minimal routes, with every leaf populated
    leaf_endpoints: int = field(default=0, compare=False)  # of the fullest leaf; 0 where nobody says
    bisection: float | None = field(default=None, compare=False)  # per endpoint, where all ports have one rate

    @property
    def oversubscription(self) -> dict[str, float]:
        """Down ports over up ports of each tier of a tree, by the tier of the up-cables; 1 is non-blocking."""
        count = dict.fromkeys(Tier, 0)
        for tier, _, n in self.cables:
            count[tier] += n
        rises = ((Tier.ENDPOINT, Tier.LEAF_SPINE), (Tier.LEAF_SPINE, Tier.SPINE_CORE))
        return {up.label: count[down] / count[up] for down, up in rises if count[up]}

    @property
    def layers(self) -> dict[str, int]:
        """Switches of each layer of a tree, from below; all of them as one where leaves are all there is."""
        above = self.switches - self.leaves
        if not 0 < self.leaves < self.switches:
            return {"switch": self.switches}
        if self.cores:
            return {"leaf": self.leaves, "spine": above - self.cores, "core": self.cores}
        many = any(tier == Tier.SPINE_CORE for tier, _, _ in self.cables)
        return {"leaf": self.leaves, "spine and core" if many else "spine": above}

    @property
    def switch_links(self) -> int:
        """Cables between two switches, the "links" of the paper's Table 3."""
        return sum(n for tier, _, n in self.cables if tier > Tier.ENDPOINT)

    @property
    def endpoint_links(self) -> int:
        """Cables between an endpoint and a switch."""
        return sum(n for tier, _, n in self.cables if tier == Tier.ENDPOINT)

    @property
    def spare_ports(self) -> int:
        """Ports of switches that no cable is in."""
        return self.switches * self.radix - self.endpoint_links - 2 * self.switch_links

    @property
    def transceivers(self) -> int:
        """Pluggable optics: two an optical cable."""
        return sum(2 * n for _, medium, n in self.cables if medium.optical)

    def planes_of(self, planes: int, *, shared_endpoints: bool) -> Size:
        """Return ``planes`` copies; ``shared_endpoints`` gives every endpoint a port on each."""
        endpoints = self.endpoints if shared_endpoints else self.endpoints * planes
        cables = tuple((tier, medium, n * planes) for tier, medium, n in self.cables)
        counts = {key: getattr(self, key) * planes for key in ("switches", "leaves", "cores", "group_count")}
        return replace(self, endpoints=endpoints, cables=cables, planes=planes, **counts)


def cable_row(tier: Tier, count: int, medium: Medium | None = None) -> tuple[tuple[Tier, Medium, int], ...]:
    """Return one row of ``Size.cables``, or none where the count is zero."""
    return ((tier, DEFAULT_MEDIUM[tier] if medium is None else medium, count),) if count else ()
