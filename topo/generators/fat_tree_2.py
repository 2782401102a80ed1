r"""Two-layer fat-trees, also known as leaf-spine networks.

Every leaf has ``down`` ports to endpoints and ``up`` ports to spines; every
spine reaches every leaf::

    spine       S  S  ..  S         up         k ports down
                |\ | \/ | |
                | \|/ \ | |
    leaf        L  L  ..  L         k          up ports up, down ports down
                ||||     ||||
    endpoint    0 1 2 ..  N-1       k down     endpoint e on leaf e // down

A leaf of k ports has as many endpoints, in whole hosts, as leave it an
oversubscription of r or less: down + ceil(down / r) <= k, up = ceil(down / r);
ports that are left over stay free.  r = 1 is non-blocking.  Full, and with
r = 1, there are N = k^2/2 endpoints, 3k/2 switches and k^2/2 switch cables
[1]_ [2]_; where k/2 is no multiple of a host, hosts then straddle two leaves.

Partly populated with N endpoints it has L = ceil(N / down) leaves and as many
spines s as the least divisor of ``up`` that has L up <= s k: every leaf has
up / s parallel cables, a bundle, to every spine.  ``spines`` may ask for any
other number from L up / k to up: cable ``leaf up + j`` goes to spine
``(leaf up + j) mod s``, and where s does not divide up some bundles have one
cable more than others, which equal splits do not use well.  One leaf needs no
spine.

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
from typing import TYPE_CHECKING

from topo.generators.trees import (
    Down,
    Leaf,
    Oversubscription,
    Radix,
    Spines,
    Up,
    Wired,
    chosen,
    options,
    rails_of,
    spines_for,
    whole_hosts,
)
from topo.generators.wiring import GeneratorError, Wiring, label, whole, wire
from topo.lazy import numpy as np
from topo.size import Size, Tier, cable_row

if TYPE_CHECKING:
    from numpy.typing import NDArray


def plan(
    *,
    radix: Radix,
    oversubscription: Oversubscription = 1.0,
    wiring: Wired = "host",
    up: Up = None,
    down: Down = None,
    spines: Spines = None,
    endpoints: int | None = None,
    endpoints_per_host: int = 8,
) -> Tree:
    """Return one plane of these parameters.

    ``up`` and ``down`` are the ports of a leaf, instead of ``oversubscription``; ``spines`` those of a plane.

    Raises GeneratorError where no network has them.
    """
    radix, rails = whole(radix, "radix", least=2), rails_of(wiring, endpoints_per_host)
    if rails > radix:
        raise GeneratorError(
            f"wiring=rail: every one of the {rails} endpoints of a host needs a leaf of its own, but a spine of radix "
            f"{radix} reaches {radix} leaves; take endpoints_per_host up to {radix}, or wiring=host"
        )
    block = endpoints_per_host if wiring == "host" else 1

    def room(leaf: Leaf) -> int:
        served = radix if spines is None else whole(spines, "spines") * radix // leaf.up
        return min(radix, served) // rails * rails

    leaf, n = chosen(radix, oversubscription, endpoints, room, block=block, up=up, down=down)
    leaves_per_rail = -(-whole_hosts(n, rails) // leaf.down)
    leaves = leaves_per_rail * rails
    name = label("fat-tree-2", k=radix, **options(leaf, wiring, up=up, down=down, spines=spines))
    above = spines_for(leaves, leaf.up, radix, spines) if leaves > 1 else 0
    return Tree(name, radix, endpoints_per_host, n, *leaf, rails, leaves_per_rail, leaves, above)


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
            leaf_endpoints=min(self.down, self.endpoints),
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
