"""Assembly: the wiring of one plane becomes the fabric of all, with hosts, speeds and latencies."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Any

from topo.copies import copied, with_moves
from topo.fabric import Fabric
from topo.generators.host import Inside, blocks, with_scale_up
from topo.generators.planes import copies
from topo.generators.wiring import Plan, Wiring
from topo.lazy import numpy as np
from topo.moves import Moves

if TYPE_CHECKING:
    from numpy.typing import NDArray


@dataclass(frozen=True, eq=False)
class Assembly:
    """What ``planes`` of ``plan`` are made of."""

    plan: Plan
    plane: Wiring  # what the plan builds
    planes: int
    nic: str
    inside: Inside
    together: int  # endpoints of a scale-up domain on one plane
    scale_up: bool  # whether there are scale-up switches
    capacity: NDArray[np.float64]  # (tiers,) of a cable [B/s]
    latency: NDArray[np.float64]  # (tiers,) of a cable [s]
    facts: Mapping[str, Any]  # name, overhead, launch, packet and relay, as ``from_cables`` takes them

    def fabric(self, *, symmetry: bool) -> Fabric:
        """Return the fabric, with the automorphisms that the family knows where ``symmetry`` asks for them.

        Where every endpoint has a port on every plane, one is built and checked, and all are copies of it.
        """
        fabric = self._copied(symmetry) if self.planes > 1 and self.nic == "multi-port" else None
        fabric = fabric or self._from_cables()
        return with_moves(fabric, Moves(partial(self._moves, fabric))) if symmetry else fabric

    def _copied(self, symmetry: bool) -> Fabric | None:
        return copied(replace(self, planes=1).fabric(symmetry=symmetry), self.planes)

    def _from_cables(self) -> Fabric:
        network = copies(self.plane, self.planes, self.nic)
        if self.scale_up:
            network = with_scale_up(network, self.inside.domain)
        return Fabric.from_cables(
            kind=network.kind,
            a=network.a,
            b=network.b,
            capacity=self.capacity[network.tier],
            latency=self.latency[network.tier],
            weight=network.weight,
            tier=network.tier,
            plane=network.plane,
            group=network.group,
            groups=network.groups,
            host=blocks(network.n_endpoints, self.inside.host),
            domain=blocks(network.n_endpoints, self.inside.domain),
            radix=network.radix,
            **self.facts,
        )

    def _moves(self, fabric: Fabric) -> Iterator[NDArray[np.int32]]:
        """Return what ``automorphisms`` says of ``fabric``; only some cases ask for it."""
        from topo.generators.symmetry import automorphisms

        moves = self.plan.symmetries(self.together)
        return automorphisms(fabric, self.plane, moves, planes=self.planes, nic=self.nic, together=self.together)
