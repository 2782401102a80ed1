r"""Two-layer fat-trees, also known as leaf-spine networks.

Every leaf has ``down`` ports to endpoints and ``up`` ports to spines; every
spine reaches every leaf::

    spine       S  S  ..  S         up         k ports down
                |\ | \/ | |
                | \|/ \ | |
    leaf        L  L  ..  L         k          up ports up, down ports down
                ||||     ||||
    endpoint    0 1 2 ..  N-1       k down     endpoint e on leaf e // down

Of the k ports of a leaf up = floor(k / (1 + r)) go up and down = floor(r up)
go down, r being the oversubscription; r = 1 is non-blocking.  Full, and with
r = 1, there are N = k^2/2 endpoints, 3k/2 switches and k^2/2 switch cables
[1]_ [2]_.

Partly populated with N endpoints it has L = ceil(N / down) leaves and
s = ceil(L up / k) spines: cable ``leaf up + j`` goes to spine
``(leaf up + j) mod s``.  Where s divides up, every leaf has up / s parallel
cables to every spine; otherwise some pairs have one more than others.  One
leaf needs no spine.

With ``wiring="rail"`` endpoint i of every host sits on a leaf of rail i (the
multi-rail fat-tree): hosts fill ceil(hosts / down) leaves of every rail, and a
full tree has floor(k / endpoints_per_host) leaves a rail.  Leaf and group
numbers are rail-major; the word group has no meaning here.

.. [1] C. Leiserson, Fat-trees: universal networks for hardware-efficient
   supercomputing, IEEE Trans. Computers C-34(10), 1985.
.. [2] C. Zhao et al., Insights into DeepSeek-V3, ISCA 2025, sec. 5.1, table 3.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from topo.generators.wiring import (
    GeneratorError,
    Wiring,
    label,
    options,
    populated,
    rails_of,
    split_ports,
    whole_hosts,
    wire,
)
from topo.size import Size, Tier, cable_row


def plan(
    *,
    radix: int,
    oversubscription: float = 1.0,
    wiring: Literal["host", "rail"] = "host",
    endpoints: int | None = None,
    endpoints_per_host: int = 8,
) -> Tree:
    """Return one plane of these parameters.

    Raises GeneratorError where no network has them.
    """
    up, down = split_ports(radix, oversubscription)
    rails = rails_of(wiring, endpoints_per_host)
    if rails > radix:
        raise GeneratorError(
            f"wiring=rail: every one of the {rails} endpoints of a host needs a leaf of its own, but a spine of radix "
            f"{radix} reaches {radix} leaves; take endpoints_per_host up to {radix}, or wiring=host"
        )
    n = populated(endpoints, radix // rails * rails * down)
    leaves_per_rail = -(-whole_hosts(n, rails) // down)
    leaves = leaves_per_rail * rails
    name = label("fat-tree-2", k=radix, **options(oversubscription, wiring))
    spines = -(-leaves * up // radix) if leaves > 1 else 0
    return Tree(name, radix, endpoints_per_host, n, up, down, rails, leaves_per_rail, leaves, spines)


@dataclass(frozen=True)
class Tree:
    """A tree whose parameters are known to fit: what there is of each layer."""

    name: str
    radix: int
    endpoints_per_host: int
    endpoints: int
    up: int
    down: int
    rails: int
    leaves_per_rail: int
    leaves: int
    spines: int

    @property
    def bisection(self) -> float | None:
        """Cut per endpoint between two halves that keep hosts whole; None unless half the leaves are one of them."""
        if not self.spines:
            return 1.0
        if self.up % self.spines:  # some leaves have more cables to some spines than others have
            return None
        half = self.endpoints // 2
        full = self.endpoints == self.leaves * self.down and self.leaves_per_rail % 2 == 0
        if self.up >= self.down or (full and half % self.endpoints_per_host == 0):
            return min(1.0, self.up / self.down)
        return None

    def size(self) -> Size:
        """Return the parts list of one plane, in closed form.

        Examples
        --------
        >>> parts = plan(radix=64).size()
        >>> parts.endpoints, parts.switches, parts.switch_links
        (2048, 96, 2048)
        """
        return Size(
            name=self.name,
            endpoints=self.endpoints,
            switches=self.leaves + self.spines,
            radix=self.radix,
            cables=cable_row(Tier.ENDPOINT, self.endpoints)
            + cable_row(Tier.LEAF_SPINE, self.leaves * self.up if self.spines else 0),
            leaves=self.leaves,
            diameter=4 if self.spines else 2,
            bisection=self.bisection,
        )

    def build(self) -> Wiring:
        """Return the wiring of one plane.

        Examples
        --------
        >>> from topo.generators import generate
        >>> generate("fat-tree-2", radix=64, planes=8, capacity=50e9)
        <Fabric fat-tree-2(k=64, p=8): 16384 endpoints, 768 switches, 32768 cables>
        """
        unit, rail = np.divmod(np.arange(self.endpoints), self.rails)
        cable = np.arange(self.leaves * self.up if self.spines else 0)
        return wire(
            self.name,
            radix=self.radix,
            leaf=rail * self.leaves_per_rail + unit // self.down,
            layers=(self.leaves, self.spines),
            cables=[(Tier.LEAF_SPINE, cable // self.up, self.leaves + cable % max(self.spines, 1))],
        )

    def symmetries(self, together: int) -> list[NDArray[np.int64]]:
        """Return permutations (switches,) of one plane that may change nothing: leaves, rails and spines in turn.

        Leaves move on by one, and by as many as hold whole blocks; spines go with them as the
        cables do.  A partial population may break any of them.
        """
        rail, position = np.divmod(np.arange(self.leaves), self.leaves_per_rail)
        spine = np.arange(self.spines)
        blocks = np.lcm(self.down, together) // self.down
        moves = [(1, 0, 0), (int(blocks), 0, 0), (0, 1, 0), (0, 0, 1)]
        return [
            np.concatenate(
                [
                    (rail + rails) % self.rails * self.leaves_per_rail + (position + leaves) % self.leaves_per_rail,
                    self.leaves
                    + (spine + (leaves + rails * self.leaves_per_rail) * self.up + spines) % max(self.spines, 1),
                ]
            )
            for leaves, rails, spines in moves
        ]
