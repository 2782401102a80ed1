"""Every collective against its alpha-beta form, and its slow-down on trees that are oversubscribed.

alpha [s] is what an empty message takes, beta [s/B] one over the rate of a port, n ranks, S bytes [1]_.

A leaf has D endpoints and D/r cables up.  Ranks are contiguous, so a step that sends ``out`` bytes
from the ranks of a leaf to other leaves takes at least ``out`` r/D beta; equal splits reach that.
What a step takes is the larger of that and what its busiest port carries; the slow-down of a
collective follows from what its steps send out of a leaf:

===================  ==================================  ==================================
collective           leaves a leaf in a step             slow-down of its bytes
===================  ==================================  ==================================
ring                 one flow a channel, c in all        max(1, c r/D) of the network leg
binomial tree        one flow                            max(1, r/D)
halving-doubling     all ranks, from distance D on       ((1 - 1/D) + r (1/D - 1/n)) / (1 - 1/n)
hierarchical         one flow a rank of a host, p        max(1, p r/D) of the network leg
all-to-all, direct   (n - D) of n shares of all ranks    max(1, r (n - D)/(n - 1))
... hierarchical     (H - D/p) of H - 1 hosts' shares    max(1, r (H - D/p)/(H - 1)), network leg
===================  ==================================  ==================================

.. [1] R. Thakur, R. Rabenseifner, W. Gropp, Optimization of collective communication operations
   in MPICH, IJHPCA 19(1), 2005.
"""

from dataclasses import dataclass
from math import log2

import pytest

import traffic
from topo.flow import route, solve
from topo.generators import generate

PORT = 50e9  # [B/s]
SWITCH, CABLE, INSIDE, OVERHEAD = 0.3e-6, 0.1e-6, 0.7e-6, 1.5e-6  # [s], all different so that none stands for another
#: oversubscription -> radix, so that 64 endpoints make 4 leaves of 16 and every spine has equally many cables to each
RADIX = {1: 32, 2: 24, 4: 20}
D = 16
SIZES = (64.0, 2.0**20, 2.0**34)
ALLREDUCE = ("ring", "tree", "halving-doubling", "hierarchical")
ONE_WAY = ("ring", "halving-doubling", "hierarchical")
COLLECTIVES = [
    *(("allreduce", a) for a in ALLREDUCE),
    *((pattern, a) for pattern in ("all-gather", "reduce-scatter") for a in ONE_WAY),
    ("all-to-all", "direct"),
    ("all-to-all", "hierarchical"),
]


@dataclass(frozen=True)
class Tree:
    """64 endpoints on 4 leaves, or 16 on one, with hosts of p ranks."""

    n: int = 64
    p: int = 1
    r: int = 1
    scale_up: float = 200e9
    latency: bool = True

    @property
    def near(self):
        """alpha under one leaf: two cables, one switch."""
        return self.latency * (OVERHEAD + 2 * CABLE + SWITCH)

    @property
    def far(self):
        """alpha of the farthest pair: four cables and three switches across leaves."""
        return self.latency * (OVERHEAD + 4 * CABLE + 3 * SWITCH) if self.n > D else self.near

    @property
    def inside(self):
        """alpha inside a host: two scale-up cables, to its switch and from it."""
        return self.latency * (OVERHEAD + 2 * INSIDE)

    def seconds(self, pattern, algorithm, size):
        slow = {"switch_latency": SWITCH, "cable_latency": CABLE, "scale_up_latency": INSIDE, "overhead": OVERHEAD}
        fabric = generate(
            "fat-tree-2",
            radix=RADIX[self.r],
            oversubscription=self.r,
            endpoints=self.n,
            endpoints_per_host=self.p,
            capacity=PORT,
            **({"scale_up": self.scale_up} if self.p > 1 else {}),
            **(slow if self.latency else {}),
        )
        demand = traffic.offer(pattern, n_ranks=self.n, ranks_per_host=self.p, bytes=size, algorithm=algorithm)
        return solve(fabric, demand, route(fabric, demand), "completion").completion_s


def step_by_step(phases, ranks):
    """Return when the last of ``ranks`` is through: each goes on once it has sent and received all of a step.

    A phase is hops (src, dst, seconds of bytes, alpha) and the steps that it runs; bytes take their time in any case.
    """
    here, least = dict.fromkeys(range(ranks), 0.0), 0.0
    for hops, steps in phases:
        least += steps * max((seconds for *_, seconds, _ in hops), default=0.0)
        for _ in range(steps):
            there = dict(here)
            for a, b, seconds, alpha in hops:
                there[a] = max(there[a], here[a] + seconds)
                there[b] = max(there[b], here[a] + seconds + alpha)
            here = there
    return max(*here.values(), least)


def inside_hosts(tree, share):
    """Return the hops of rings inside hosts, ``share`` bytes each; none for single ranks."""
    p, seconds = tree.p, share / tree.scale_up
    return [(r, r - r % p + (r + 1) % p, seconds, tree.inside) for r in range(tree.n) if p > 1]


def between_hosts(tree, share):
    """Return the hops between ranks of equal place on consecutive hosts; those that leave a leaf share its cables."""
    n, p, hops = tree.n, tree.p, []
    for r in range(n):
        there = (r + p) % n
        far = r // D != there // D
        slow = max(1, p * tree.r / D) if far else 1  # p flows leave a leaf in a step
        hops.append((r, there, share / PORT * slow, tree.far if far else tree.near))
    return hops


def ring(tree, size, passes):
    hops = inside_hosts(tree, size / tree.n) + between_hosts(tree, size / tree.n / tree.p)
    return step_by_step([(hops, passes * (tree.n - 1))], tree.n)


def hierarchical(tree, size, passes, *, inward, outward):
    near = (inside_hosts(tree, size / tree.p), tree.p - 1)
    far = (between_hosts(tree, size / tree.n), passes * (tree.n // tree.p - 1))
    return step_by_step([near] * inward + [far] + [near] * outward, tree.n)


def halving_doubling(tree, size, passes):
    seconds = 0.0
    for j in range(int(log2(tree.n))):
        share = size / 2 ** (j + 1)
        if 2**j < tree.p:
            seconds += tree.inside + share / tree.scale_up
        elif 2**j < D:
            seconds += tree.near + share / PORT
        else:
            seconds += tree.far + share / PORT * tree.r
    return passes * seconds


def binomial(tree, size):
    steps = [2**j for j in range(int(log2(tree.n)))]
    inside = [d for d in steps if d < tree.p]
    near = [d for d in steps if tree.p <= d < D]
    far = [d for d in steps if d >= D]
    seconds = len(inside) * (tree.inside + size / tree.scale_up) + len(near) * (tree.near + size / PORT)
    return 2 * (seconds + len(far) * (tree.far + size / PORT * max(1, tree.r / D)))


def direct(tree, size):
    """Inside a host over scale-up links; the rest over the port, and what leaves the leaf over its cables up."""
    n, p = tree.n, tree.p
    network = max(n - p, tree.r * (n - D)) * size / n / PORT
    inside = tree.inside + (p - 1) * size / n / tree.scale_up if p > 1 else 0
    return max(tree.far + network, inside)


def two_level(tree, size):
    n, p = tree.n, tree.p
    hosts, below = n // p, D // p
    inside = tree.inside + (p - 1) * hosts * size / n / tree.scale_up if p > 1 else 0
    return inside + tree.far + max(hosts - 1, tree.r * (hosts - below)) * p * size / n / PORT


def expected(tree, pattern, algorithm, size):
    if pattern == "all-to-all":
        return (direct if algorithm == "direct" else two_level)(tree, size)
    passes = 2 if pattern == "allreduce" else 1
    if algorithm == "tree":
        return binomial(tree, size)
    if algorithm == "hierarchical":
        ways = {"inward": pattern != "all-gather", "outward": pattern != "reduce-scatter"}
        return hierarchical(tree, size, passes, **ways)
    return {"ring": ring, "halving-doubling": halving_doubling}[algorithm](tree, size, passes)


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("p", [1, 8])
@pytest.mark.parametrize("n", [16, 64], ids=["one leaf", "four leaves"])
@pytest.mark.parametrize(("pattern", "algorithm"), COLLECTIVES)
def test_alpha_beta_on_a_tree_that_does_not_block(pattern, algorithm, n, p, size):
    """Bar: 1 %; the model has nothing else in it, so equality is asked for."""
    tree = Tree(n, p)
    assert tree.seconds(pattern, algorithm, size) == pytest.approx(expected(tree, pattern, algorithm, size), rel=1e-9)


@pytest.mark.parametrize("r", [2, 4])
@pytest.mark.parametrize("scale_up", [200e9, 900e9], ids=["H800", "NVL"])
@pytest.mark.parametrize("p", [1, 8])
@pytest.mark.parametrize(("pattern", "algorithm"), COLLECTIVES)
def test_time_on_oversubscribed_trees(pattern, algorithm, p, scale_up, r):
    """Latency and bytes together, on four leaves."""
    tree = Tree(64, p, r, scale_up)
    for size in SIZES:
        want = expected(tree, pattern, algorithm, size)
        assert tree.seconds(pattern, algorithm, size) == pytest.approx(want, rel=1e-9)


def slow_down(pattern, algorithm, r, p=1, scale_up=1e15):
    """How many times longer the bytes take; scale-up links too fast to count."""
    blocked, free = Tree(64, p, r, scale_up, latency=False), Tree(64, p, 1, scale_up, latency=False)
    return blocked.seconds(pattern, algorithm, 2**30) / free.seconds(pattern, algorithm, 2**30)


@pytest.mark.parametrize("r", [2, 4])
def test_factors_of_single_ranks(r):
    """The table of this file with n = 64, D = 16, p = c = 1."""
    halving = ((1 - 1 / D) + r * (1 / D - 1 / 64)) / (1 - 1 / 64)
    assert halving == pytest.approx({2: 66 / 63, 4: 72 / 63}[r])
    for pattern in ("allreduce", "all-gather", "reduce-scatter"):
        assert slow_down(pattern, "ring", r) == pytest.approx(1)
        assert slow_down(pattern, "hierarchical", r) == pytest.approx(1)
        assert slow_down(pattern, "halving-doubling", r) == pytest.approx(halving)
    assert slow_down("allreduce", "tree", r) == pytest.approx(1)
    for algorithm in ("direct", "hierarchical"):
        assert slow_down("all-to-all", algorithm, r) == pytest.approx(r * 48 / 63)


@pytest.mark.parametrize(("r", "rings"), [(2, 1), (4, 2)])
def test_factors_of_hosts_of_eight(r, rings):
    """Eight flows leave a leaf of 16: nothing at r = 2, twice as long at r = 4; 12 of 14 ranks of an index are far."""
    for pattern in ("allreduce", "all-gather", "reduce-scatter"):
        for algorithm in ("ring", "hierarchical"):
            assert slow_down(pattern, algorithm, r, p=8) == pytest.approx(rings, rel=1e-3)
    assert slow_down("all-to-all", "direct", r, p=8) == pytest.approx(r * 48 / 56)
    assert slow_down("all-to-all", "hierarchical", r, p=8) == pytest.approx(r * 6 / 7, rel=1e-3)


@pytest.mark.parametrize(("pattern", "algorithm"), COLLECTIVES)
def test_bytes_on_a_tree_of_three_layers(pattern, algorithm):
    """128 single ranks, nothing blocks: beta alone, as on one switch."""
    fabric = generate("fat-tree-3", radix=8, endpoints_per_host=1, capacity=PORT)
    demand = traffic.offer(pattern, n_ranks=128, ranks_per_host=1, bytes=2**30, algorithm=algorithm)
    seconds = solve(fabric, demand, route(fabric, demand), "completion").completion_s
    volume = {"allreduce": 2 * 127 / 128}.get(pattern, 127 / 128)
    want = 2 * 7 if algorithm == "tree" else volume
    assert seconds == pytest.approx(want * 2**30 / PORT, rel=1e-9)
