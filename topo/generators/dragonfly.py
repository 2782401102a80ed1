r"""Dragonflies: groups of switches, all to all inside a group and between groups.

A switch has p endpoints, a - 1 local cables to the rest of its group and h
global cables to other groups::

       group 0              group 1                 g groups, g <= a h + 1
    +------------+       +------------+
    | S--S--..--S|-------|S--S--..--S |--  ..       a switches a group, all to all
    | |\      /| |       ||\      /|  |
    +-|--------|-+       +|--------|--+
     endpoints                                      p a switch

    h global cables a switch, so a h a group; g - 1 = a h is one to every other

There are N = a p g endpoints, a g switches, g a (a - 1) / 2 local cables and,
for the canonical g = a h + 1, g a h / 2 global ones.  Balanced, which is the
default, is a = 2 p = 2 h [1]_.  Any g <= a h + 1 is allowed.

Global port j of a group is on switch j // h.  In rounds of g - 1 ports every
other group gets one cable a round; ``arrangement`` names the port of group G
that leads to group T at offset o = (T - G) mod g [2]_:

- ``palmtree`` (default): port o - 1;
- ``circulant``: offsets +1, -1, +2, -2, .. in turn;
- ``absolute``: port T where T < G, else T - 1.

Ports left over after whole rounds are cabled to offsets +1, -1, +2, -2, ..
(the paper's a = 32, h = 16, g = 511 leaves two, one pair [3]_ [4]_) and, where one
remains and g is even, to offset g / 2; where g is odd it stays free.  Rotation
of groups is so a symmetry of palmtree and circulant.

Minimal routing is hierarchical: local, global, local.  Local cables weigh 1 and
global ones 16, so that shortest weighted paths take one global cable wherever
there is one, even after a lost local cable (local, local, global, local).

Local cables are copper, global ones optical.  The group of a node is its
dragonfly group, numbered on from plane to plane; with fewer ``endpoints`` all
switches stay and are filled evenly in order.

.. [1] J. Kim, W. Dally, S. Scott, D. Abts, Technology-driven, highly-scalable
   dragonfly topology, ISCA 2008.
.. [2] E. Hastings et al., Comparing global link arrangements for dragonfly
   networks, CLUSTER 2015.
.. [3] C. Zhao et al., Insights into DeepSeek-V3, ISCA 2025, table 3.
.. [4] D. De Sensi et al., An in-depth analysis of the Slingshot interconnect,
   SC'20, footnote 3: 511 groups.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Literal

from annotated_types import Ge

from topo.generators.wiring import GeneratorError, Wiring, label, populated, spread, whole, wire
from topo.lazy import numpy as np
from topo.parameters import Sought
from topo.size import Groups, Size, Tier, cable_row

if TYPE_CHECKING:
    from numpy.typing import NDArray

#: Routing metric of a global cable against 1 for a local one: above the three local cables of a detour.
GLOBAL_WEIGHT = 16

ARRANGEMENTS = ("absolute", "circulant", "palmtree")


def plan(
    *,
    a: Annotated[int, Ge(1), "switches of a group"],
    p: Annotated[int | None, Ge(1), Sought("all"), "endpoints of a switch; without, a / 2"] = None,
    h: Annotated[
        int | None, Ge(1), Sought("shares", "a", (0.25, 0.5, 1.0)), "global ports of a switch; without, a / 2"
    ] = None,
    g: Annotated[int | None, Ge(1), Sought("least"), "groups; without, as many as can be, a h + 1"] = None,
    arrangement: Annotated[
        Literal["palmtree", "absolute", "circulant"], "which switch of a group has the cable to which other group"
    ] = "palmtree",
    endpoints: int | None = None,
    endpoints_per_host: int = 8,
) -> Dragonfly:
    """Return one plane of these parameters.

    Raises GeneratorError where no network has them.
    """
    a = whole(a, "a")
    if a % 2 and (p is None or h is None):
        raise GeneratorError(f"a: a balanced dragonfly has a = 2 p = 2 h, so a is even; got {a}. Give p and h with it")
    p_, h_ = (a // 2 if given is None else whole(given, what) for given, what in ((p, "p"), (h, "h")))
    most = a * h_ + 1
    g_ = most if g is None else whole(g, "g")
    if g_ > most:
        raise GeneratorError(
            f"g: a group of a={a} switches with h={h_} global ports each reaches {a * h_} others, so g is at most "
            f"a h + 1 = {most}; got {g_}",
            (f"g={most}",),
        )
    if arrangement not in ARRANGEMENTS:
        raise GeneratorError(f"arrangement: {arrangement!r} is unknown; known: {', '.join(ARRANGEMENTS)}")
    name = label("dragonfly", a=a, p=p_, h=h_, g=g_)
    if arrangement != "palmtree":
        name = label(name, arrangement=arrangement)
    n = populated(endpoints, a * p_ * g_)
    return Dragonfly(name, a, p_, h_, g_, arrangement, n)


@dataclass(frozen=True)
class Dragonfly:
    """A dragonfly whose parameters are known to fit."""

    name: str
    a: int
    p: int
    h: int
    g: int
    arrangement: str
    endpoints: int

    @property
    def rounds(self) -> int:
        """Cables to every other group."""
        return self.a * self.h // (self.g - 1) if self.g > 1 else 0

    @property
    def extra(self) -> int:
        """Left-over ports of a group that can be cabled."""
        left = self.a * self.h - self.rounds * (self.g - 1) if self.g > 1 else 0
        return left - left % 2 * (self.g % 2)

    @property
    def cabled(self) -> int:
        """Global ports of a group that carry a cable."""
        return self.rounds * (self.g - 1) + self.extra

    @property
    def diameter(self) -> int | None:
        """Cables of the longest minimal route between endpoints: port, local, global, local, port.

        Local ones fall away where groups have one switch, or every switch a cable to every group; None
        where ports left over decide whether the last switch of a group has.
        """
        if self.g == 1:
            return 2 + min(self.a - 1, 1)
        if self.a == 1:
            return 3
        if self.h < self.g - 1:
            return 5
        on_last = self.rounds * (self.g - 1) - (self.a - 1) * self.h
        return 4 if on_last >= self.g - 1 else None

    def size(self) -> Size:
        """Return the parts list of one plane, in closed form.

        Examples
        --------
        >>> parts = plan(a=32, g=511).size()
        >>> parts.endpoints, parts.switches, parts.switch_links
        (261632, 16352, 384272)
        """
        return Size(
            name=self.name,
            endpoints=self.endpoints,
            switches=self.a * self.g,
            radix=self.a - 1 + self.h + self.p,
            cables=cable_row(Tier.ENDPOINT, self.endpoints)
            + cable_row(Tier.LOCAL, self.g * self.a * (self.a - 1) // 2)
            + cable_row(Tier.GLOBAL, self.g * self.cabled // 2),
            leaves=self.a * self.g,
            leaf_endpoints=-(-self.endpoints // (self.a * self.g)),
            groups=Groups.DRAGONFLY,
            group_count=self.g,
            diameter=self.diameter,
        )

    def build(self) -> Wiring:
        """Return the wiring of one plane.

        Examples
        --------
        >>> from topo.generators import generate
        >>> generate("dragonfly", a=8, capacity=50e9)
        <Fabric dragonfly(a=8, p=4, h=4, g=33): 1056 endpoints, 264 switches, 2508 cables>
        """
        return wire(
            self.name,
            radix=self.a - 1 + self.h + self.p,
            leaf=spread(self.endpoints, self.a * self.g),
            layers=(self.a * self.g,),
            cables=[(Tier.LOCAL, *_local_cables(self)), (Tier.GLOBAL, *_global_cables(self))],
            group=np.repeat(np.arange(self.g), self.a),
            groups=Groups.DRAGONFLY,
            global_weight=GLOBAL_WEIGHT,
        )

    def symmetries(self, together: int) -> list[NDArray[np.int64]]:
        """Return permutations (switches,) of one plane that may change nothing: groups in turn, groups backwards.

        Rotation of groups is one of palmtree and circulant.  Backwards, group G becomes -G: the switches
        of a group then change places end to end (palmtree, canonical g) or stay (circulant, even h).
        """
        group, switch = np.divmod(np.arange(self.g * self.a), self.a)
        # A block that straddles two groups moves on with as many groups as end with a whole block.
        whole_blocks = int(np.lcm(self.a * self.p, together)) // (self.a * self.p)
        steps = sorted({1, whole_blocks})
        return [(group + step) % self.g * self.a + switch for step in steps] + [
            -group % self.g * self.a + self.a - 1 - switch,
            -group % self.g * self.a + switch,
        ]


def _local_cables(d: Dragonfly) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    tail, head = np.triu_indices(d.a, 1)
    group = np.arange(d.g)[:, None] * d.a
    return (group + tail).ravel(), (group + head).ravel()


def _global_cables(d: Dragonfly) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the global cables, each as its lower group sees it, group by group and there port by port."""
    group, port = np.indices((d.g, d.cabled))
    offset = _offsets(d)
    target, mate = (group + offset) % max(d.g, 1), np.broadcast_to(_mates(d, offset), group.shape)
    if d.arrangement == "absolute":
        base, slot = np.divmod(port, max(d.g - 1, 1))
        regular = base < d.rounds
        target = np.where(regular, slot + (slot >= group), target)
        mate = np.where(regular, base * (d.g - 1) + group - (group > target), mate)
    once = group < target
    return (group * d.a + port // d.h)[once], (target * d.a + mate // d.h)[once]


def _offsets(d: Dragonfly) -> NDArray[np.int64]:
    """Return (cabled,) how many groups ahead each global port leads."""
    ahead = np.arange(1, d.g)
    alternating = np.where(ahead % 2 == 1, (ahead + 1) // 2, d.g - ahead // 2)
    extra = alternating[: d.extra].copy()
    extra[d.extra - d.extra % 2 :] = d.g // 2
    return np.concatenate([np.tile(alternating if d.arrangement == "circulant" else ahead, d.rounds), extra])


def _mates(d: Dragonfly, offset: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return (cabled,) the port at the far end of each: the one of the same round that leads back."""
    base = np.arange(d.cabled) // max(d.g - 1, 1) * d.g
    order = np.argsort(base + offset)
    return order[np.searchsorted((base + offset)[order], base + d.g - offset)]
