r"""Three-layer fat-trees: pods of leaves and spines, joined by cores.

With h = k/2, a pod has h leaves and ``up`` spines, each leaf a cable to every
spine of its pod; spine j of every pod reaches the cores j h to j h + h - 1::

    core        C C .. C   C C .. C     h for each spine position, k ports down
                 \ |  /     \ |  /
    spine         S0  ..      S1        up a pod, h ports down and h up
                 / \ \      / / \
    leaf        L   L  ..  L   L        h a pod, up ports up, down ports down
               |||  |||   |||  |||
    endpoint   0 1 2 ..                 endpoint s on leaf s // down

Untapered (r = 1) and full, with k pods, there are N = k^3/4 endpoints,
5k^2/4 switches and k^3/2 switch cables [1]_.  Oversubscription r tapers the
leaf only; its ports are shared out as in a two-layer tree, in whole hosts.

Partly populated, in whole leaves, so that each layer keeps its taper:

- L = ceil(N / down) leaves in P = ceil(L / h) pods, ceil(L / P) a pod, the last
  pod with what remains;
- S spines a pod, the least divisor of ``up`` with l up <= S h, l the leaves of a
  full pod: a bundle of up / S cables from every leaf to every spine of its pod,
  so d = l up / S ports down;
- c cores for each spine position, the fewest that let every spine have u >= d
  up-cables in equal bundles: c divides u and P u <= c k.  None where there is
  one pod.  One leaf needs no spine.

``pods``, ``spines`` (a pod) and ``cores`` (all) say otherwise; up-cable
``l' up + i`` of a pod goes to its spine ``(l' up + i) mod S``, cable ``pod u + i``
of a spine to core ``(pod u + i) mod c``, and where that does not divide, some
bundles have one cable more than others.

With ``wiring="rail"`` endpoint i of every host sits on a leaf of rail i of its
pod: floor(h / endpoints_per_host) leaves a rail a pod, so that a pod holds
whole hosts.  The group of a node is its pod; cores have none.

.. [1] M. Al-Fares, A. Loukissas, A. Vahdat, A scalable, commodity data center
   network architecture, SIGCOMM 2008.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated

from annotated_types import Ge

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
from topo.size import Groups, Size, Tier, cable_row

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
    pods: Annotated[int | None, Ge(1), "pods; without, as few as hold all leaves"] = None,
    cores: Annotated[int | None, Ge(1), "cores; without, the fewest in equal bundles"] = None,
    endpoints: int | None = None,
    endpoints_per_host: int = 8,
) -> Tree:
    """Return one plane of these parameters.

    ``up`` and ``down`` are the ports of a leaf, instead of ``oversubscription``; ``spines`` those of a pod,
    ``pods`` and ``cores`` all there are.

    Raises GeneratorError where no network has them.
    """
    h, rails = whole(radix, "radix", least=2) // 2, rails_of(wiring, endpoints_per_host)
    if rails > h:
        raise GeneratorError(
            f"wiring=rail: every one of the {rails} endpoints of a host needs a leaf of its own in the pod, but a pod "
            f"of radix {radix} has {h} leaves; take endpoints_per_host up to {h}, or wiring=host"
        )
    block = endpoints_per_host if wiring == "host" else 1

    def a_pod(leaf: Leaf) -> int:
        return min(h, h if spines is None else whole(spines, "spines") * h // leaf.up) // rails

    def room(leaf: Leaf) -> int:
        return (radix if pods is None else min(whole(pods, "pods"), radix)) * a_pod(leaf) * rails

    leaf, n = chosen(radix, oversubscription, endpoints, room, block=block, up=up, down=down)
    leaves_per_rail = -(-whole_hosts(n, rails) // leaf.down)
    leaves_per_pod = rails * _leaves_of_pod(leaves_per_rail, a_pod(leaf), radix, pods)
    leaves = leaves_per_rail * rails
    in_pods = -(-leaves // leaves_per_pod)
    above = spines_for(leaves_per_pod, leaf.up, h, spines) if leaves > 1 else 0
    spine_up, top = 0, 0
    if in_pods > 1:
        spine_up, top = _cores(in_pods, -(-leaves_per_pod * leaf.up // above), radix, above, cores)
    asked = {"up": up, "down": down, "pods": pods, "spines": spines, "cores": cores}
    name = label("fat-tree-3", k=radix, **options(leaf, wiring, **asked))
    return Tree(name, radix, endpoints_per_host, n, *leaf, rails, leaves, leaves_per_pod, in_pods, above, spine_up, top)


def _leaves_of_pod(leaves: int, most: int, radix: int, pods: int | None) -> int:
    """Return the leaves a rail of a pod that holds ``most``, as few pods as hold all ``leaves`` where ``pods`` is None.

    Raises GeneratorError for a number of pods that leaves do not fill evenly, the last one aside.
    """
    least, highest = -(-leaves // most), min(leaves, radix)
    each = -(-leaves // (least if pods is None else whole(pods, "pods")))
    if pods is not None and not (least <= pods <= highest and -(-leaves // each) == pods):
        fits = [n for n in range(least, highest + 1) if -(-leaves // -(-leaves // n)) == n]
        near = sorted(fits, key=lambda n: abs(n - pods))[:2]
        raise GeneratorError(
            f"pods: {leaves} leaves a rail, up to {most} in a pod and all pods but the last alike, do not fill {pods}; "
            f"take {' or '.join(map(str, sorted(near)))}",
            tuple(f"pods={n}" for n in sorted(near)),
        )
    return each


def _cores(pods: int, down: int, radix: int, spines: int, given: int | None) -> tuple[int, int]:
    """Return the up-cables of a spine that has ``down`` cables down, and the cores of a spine position.

    Fewer ``given`` cores than ports down need taper the spines.

    Raises GeneratorError for ``given`` cores that the spine positions do not share evenly, or too many.
    """

    def equal(c: int) -> int | None:
        bundle = -(-down // c)
        return c * bundle if c * bundle <= radix - down and pods * bundle <= radix else None

    least = -(-pods * down // radix)
    if given is None:
        return next((up, c) for c in range(least, down + 1) if (up := equal(c)))
    c, left = divmod(whole(given, "cores"), spines)
    if left or not 1 <= c <= radix - down:
        raise GeneratorError(
            f"cores: a multiple of the {spines} spines of a pod is needed, up to {spines * (radix - down)}; got {given}"
        )
    if c < least:
        return c * (radix // pods), c
    return equal(c) or down, c


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
    leaves: int
    leaves_per_pod: int
    pods: int
    spines: int  # a pod
    spine_up: int
    cores: int  # a spine position

    @property
    def bisection(self) -> float | None:
        """Cut per endpoint between two halves that keep hosts whole; None unless half the pods are one of them."""
        if not self.spines:
            return 1.0
        if self.up % self.spines or (self.cores and self.spine_up % self.cores):
            return None  # some leaves have more cables to some spines or cores than others have
        up = min(self.up, self.spines * self.spine_up / self.leaves_per_pod if self.cores else self.up)
        half = self.endpoints // 2
        full = self.endpoints == self.pods * self.leaves_per_pod * self.down and self.pods % 2 == 0
        if up >= self.down or (full and half % self.endpoints_per_host == 0):
            return min(1.0, up / self.down)
        return None

    def size(self) -> Size:
        """Return the parts list of one plane, in closed form.

        Examples
        --------
        >>> parts = plan(radix=64).size()
        >>> parts.endpoints, parts.switches, parts.switch_links
        (65536, 5120, 131072)
        """
        return Size(
            name=self.name,
            endpoints=self.endpoints,
            switches=self.leaves + self.pods * self.spines + self.spines * self.cores,
            radix=self.radix,
            cables=cable_row(Tier.ENDPOINT, self.endpoints)
            + cable_row(Tier.LEAF_SPINE, self.leaves * self.up if self.spines else 0)
            + cable_row(Tier.SPINE_CORE, self.pods * self.spines * self.spine_up),
            leaves=self.leaves,
            leaf_endpoints=min(self.down, self.endpoints),
            cores=self.spines * self.cores,
            groups=Groups.POD,
            group_count=self.pods,
            diameter=6 if self.cores else 4 if self.spines else 2,
            bisection=self.bisection,
        )

    def build(self) -> Wiring:
        """Return the wiring of one plane.

        Examples
        --------
        >>> from topo.generators import generate
        >>> generate("fat-tree-3", radix=64, capacity=50e9)
        <Fabric fat-tree-3(k=64): 65536 endpoints, 5120 switches, 196608 cables>
        """
        pod_of_leaf = np.arange(self.leaves) // self.leaves_per_pod
        spines = self.pods * self.spines
        group = np.concatenate(
            [pod_of_leaf, np.repeat(np.arange(self.pods), self.spines), np.full(self.spines * self.cores, -1)]
        )
        return wire(
            self.name,
            radix=self.radix,
            leaf=_leaf(self),
            layers=(self.leaves, spines, self.spines * self.cores),
            cables=[(Tier.LEAF_SPINE, *_leaf_cables(self)), (Tier.SPINE_CORE, *_core_cables(self))],
            group=group,
            groups=Groups.POD,
        )

    def symmetries(self, together: int) -> list[NDArray[np.int64]]:
        """Return permutations (switches,) of one plane that may change nothing: pods, leaves, rails, spines, cores.

        Leaves move on by one, and by as many as hold whole blocks; the layers above go with them as
        the cables do.  A partial population may break any of them; where the last pod has fewer
        leaves, only spines and cores move.
        """
        blocks = int(np.lcm(self.down, together)) // self.down
        moves = [{"spines": 1}, {"cores": 1}]
        if self.leaves == self.pods * self.leaves_per_pod:
            moves += [{"pods": 1}, {"leaves": 1}, {"leaves": blocks}, {"rails": 1}]
        return [_moved(self, **move) for move in moves]


def _leaf(t: Tree) -> NDArray[np.int64]:
    """Return (E,) the leaf of each endpoint: pod by pod, in a pod rail by rail."""
    unit, rail = np.divmod(np.arange(t.endpoints), t.rails)
    leaf_of_rail = unit // t.down
    a_pod = t.leaves_per_pod // t.rails
    pod, position = np.divmod(leaf_of_rail, a_pod)
    leaves_of_rail = np.minimum(t.leaves // t.rails - pod * a_pod, a_pod)
    leaf: NDArray[np.int64] = pod * t.leaves_per_pod + rail * leaves_of_rail + position
    return leaf


def _leaf_cables(t: Tree) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    leaf, port = np.divmod(np.arange(t.leaves * t.up if t.spines else 0), t.up)
    pod, position = np.divmod(leaf, t.leaves_per_pod)
    return leaf, t.leaves + pod * t.spines + (position * t.up + port) % max(t.spines, 1)


def _core_cables(t: Tree) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    spine, port = np.divmod(np.arange(t.pods * t.spines * t.spine_up), max(t.spine_up, 1))
    pod, position = np.divmod(spine, max(t.spines, 1))
    core = position * t.cores + (pod * t.spine_up + port) % max(t.cores, 1)
    return t.leaves + spine, t.leaves + t.pods * t.spines + core


def _moved(
    t: Tree, *, pods: int = 0, leaves: int = 0, rails: int = 0, spines: int = 0, cores: int = 0
) -> NDArray[np.int64]:
    """Return (switches,) where each switch goes when every layer moves on by so many."""
    a_rail = t.leaves_per_pod // t.rails
    pod, place = np.divmod(np.arange(t.leaves), t.leaves_per_pod)
    rail, position = np.divmod(place, a_rail)
    leaf = pod * t.leaves_per_pod + place
    if pods or leaves or rails:
        place = (rail + rails) % t.rails * a_rail + (position + leaves) % a_rail
        leaf = (pod + pods) % t.pods * t.leaves_per_pod + place
    up = spines + (leaves + rails * a_rail) * t.up
    pod, position = np.divmod(np.arange(t.pods * t.spines), max(t.spines, 1))
    spine = (pod + pods) % t.pods * t.spines + (position + up) % max(t.spines, 1)
    position, core = np.divmod(np.arange(t.spines * t.cores), max(t.cores, 1))
    core = (position + up) % max(t.spines, 1) * t.cores + (core + cores + pods * t.spine_up) % max(t.cores, 1)
    return np.concatenate([leaf, t.leaves + spine, t.leaves + t.pods * t.spines + core])
