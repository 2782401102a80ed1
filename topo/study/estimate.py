"""What a case takes before it starts: memory and time, from closed forms and measured constants.

Nothing is built: the family's ``Size`` gives endpoints, switches and links, the
pattern its commodities.  Then

    memory = PROCESS + LINK x links + COMMODITY x listed + SHARE x shares of commodities on links
    time   = START + LINK_TIME x links + VISIT x destinations x arcs + SHARE_TIME x shares

with a term for pairs of switches, and one for solved policies up to their time limit.

Constants are growth of the resident set and processor seconds of single runs on two cores,
kernels compiled: permutation on fat-tree-3:radix=64 (524,288 links, 152 MiB, 5.7 s with ecmp and
2.0 s with static), permutation on dragonfly:a=16,p=8,h=8 (113,520 links, 166 MiB, 2.2 s), hotspot on
fat-tree-2:radix=64,endpoints=512 with max-min (17 million shares, 1,770 MiB, 7.7 s), permutation on
fat-tree-3:radix=32 with max-min (4.5 million shares, 482 MiB).

Limits.  An order of magnitude, calibrated on a handful of runs and up to four times off on those:
fabrics that are only partly populated, several phases
and commodities inside hosts or leaves take less; a machine that is busy takes longer.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from topo.config.nouns import facts_of, placed_of, size_of
from topo.config.patterns import count_of
from topo.flow import POLICIES, SOLVERS, by_classes
from topo.routing.merged import BLOCK_PATHS
from topo.size import Tier
from traffic.demand import MAX_PAIRS
from traffic.pattern import Count

if TYPE_CHECKING:
    from topo.config.case import Case
    from topo.size import Size

#: [bytes] of a process that has loaded planewise and its compiled kernels.
PROCESS = 200 * 2**20
#: [bytes] a directed link: fabric, routing and tables.
LINK = 300
#: [bytes] a pair of switches while distances and cuts are worked out, and where that stops growing.
SWITCH_PAIR, MOST_SWITCH_PAIRS = 32, 4_000_000
#: [bytes] a listed commodity; 28 stay, the rest is for sorting, sites, rates and times.
COMMODITY = 200
#: [bytes] a share of one commodity on one link, with the copies of a solver.
SHARE = 110
#: Shares above which they are not kept; topo.routing.operator.MAX_ENTRIES.
MOST_SHARES = 60_000_000
#: Shares that are held at once at most where pairs go by class: they are added up block by block.
BY_CLASS = MOST_SHARES // 4
#: [bytes] a number of a gate's sample, with keys, copies and limits; 204 MiB at 512 and at 65,536 experts.
DRAWN = 25
#: [bytes] a pair of sites in a solved policy: its paths and their weights.
SITE_PAIR = 2_000
#: [s] to load; a directed link built; an arc visited on the way to one destination, all passes together.
START, LINK_TIME, VISIT = 1.0, 4e-6, 7e-9
#: [s] a listed commodity; a share filled; a pair of sites solved for, up to the policy's own time limit.
COMMODITY_TIME, SHARE_TIME, SITE_PAIR_TIME = 5e-6, 4e-7, 1e-3
#: [s] a share of a class that is routed and added to those of its links.
GATHER_TIME = 1e-7
#: [s] that a solved policy takes at most where the case does not say; topo.flow.adaptive.
SECONDS = 60.0

#: Links of one path where nothing says how many, endpoint cables included.
_HOPS = 8


@dataclass(frozen=True)
class Estimate:
    """What a case takes."""

    memory: float  # [bytes] at the peak, the process included
    seconds: float  # [s] on one core
    what: str  # that takes most of the memory
    cure: str = "choose fewer endpoints"  # what takes less


@dataclass(frozen=True)
class _Work:
    """Counts behind an estimate."""

    links: int  # directed
    arcs: int  # directed, between switches
    destinations: int  # switches that traffic ends on
    listed: int  # commodities
    shares: int  # of commodities on links, kept at once
    site_pairs: int  # solved for
    switch_pairs: int
    drawn: int  # numbers of a gate's sample
    gathered: int = 0  # shares of classes that are added up and let go


def estimate(case: Case) -> Estimate:
    """Return what ``case`` takes, without building anything of it.

    Raises GeneratorError for a fabric that no network has, and for some demands that cannot be had DemandError.
    """
    if case.traffic is None or case.refused:
        return Estimate(PROCESS, 0.0, "planewise itself")
    size = size_of(case)
    facts = facts_of(case)
    where: dict[str, Any] = {"ranks_per_host": facts.per_host, "ranks_per_domain": facts.per_domain}
    work = _work(case, size, count_of(case.traffic, size=size, **where, files=case.files, **placed_of(case)))
    parts = {
        "planewise itself": (PROCESS, "nothing takes less"),
        f"{work.links:,} links": (
            LINK * work.links + SWITCH_PAIR * min(work.switch_pairs, MOST_SWITCH_PAIRS),
            "choose fewer endpoints",
        ),
        f"{work.listed:,} commodities": (
            COMMODITY * work.listed,
            "choose fewer endpoints, or a grouped pattern such as uniform with policy ecmp and solver proportional",
        ),
        f"{work.shares:,} shares of commodities on links": (
            SHARE * work.shares,
            "choose solver proportional, policy static or ecmp-hash, or fewer endpoints",
        ),
        f"{work.site_pairs:,} pairs of switches to solve for": (
            SITE_PAIR * work.site_pairs,
            "choose policy ecmp, or fewer endpoints",
        ),
    }
    parts[f"a sample of {work.drawn:,} choices of experts"] = (DRAWN * work.drawn, "choose a model of fewer experts")
    what = max(parts, key=lambda part: parts[part][0])
    memory = sum(taken for taken, _ in parts.values())
    return Estimate(float(memory), _seconds(work, case.routing), what, parts[what][1])


def _work(case: Case, size: Size, traffic: Count) -> _Work:
    policy, solver = POLICIES[case.routing["policy"]], SOLVERS[case.solve["solver"]]
    one_path, by_commodity = policy.one_path, solver.by_commodity
    # above MAX_PAIRS the demand itself refuses to be listed, with a better message
    grouped = traffic.offered < traffic.pairs
    by_class = grouped and solver.by_class is not None and by_classes(traffic.pairs, case.routing["policy"])
    lists = by_commodity or (one_path and not policy.by_destination)
    lists = lists and traffic.pairs <= MAX_PAIRS
    # With few endpoints not every leaf has one.
    destinations = min(size.leaves, size.endpoint_links)
    listed = _classes(case, size, traffic) if by_class else traffic.pairs if lists else traffic.offered
    shares = gathered = 0
    if one_path:
        queue_pairs = int(case.routing.get("qps") or case.routing.get("paths") or 1)
        ports = size.planes if facts_of(case).multi_port else 1
        paths = listed if listed > traffic.offered else min(max(listed, size.endpoints * destinations), BLOCK_PATHS)
        shares = (paths * ports if policy.by_destination else listed * queue_pairs) * (size.diameter or _HOPS)
    elif by_commodity:
        shares = listed * _width(size) * (size.planes if facts_of(case).multi_port else 1)
        if by_class:
            shares, gathered = min(shares, BY_CLASS), shares
        elif shares > MOST_SHARES:
            shares = 0
    inside = size.endpoints if size.scale_up_switches else 0
    return _Work(
        links=2 * (size.switch_links + size.endpoint_links + inside),
        arcs=2 * size.switch_links // max(size.planes, 1),
        destinations=destinations,
        listed=listed,
        shares=shares,
        site_pairs=min(traffic.pairs, destinations**2 // max(size.planes, 1)) if policy.solved else 0,
        switch_pairs=size.switches**2,
        drawn=traffic.drawn,
        gathered=gathered,
    )


def _classes(case: Case, size: Size, traffic: Count) -> int:
    """Return how many classes the pairs are in: of a leaf as receiver and one as sender, at most.

    Where leaves are alike and one kind of pair is sent, all receivers are one.  Ports of an endpoint are on as many
    leaves, which count as one.
    """
    leaves = min(size.leaves // (size.planes if facts_of(case).multi_port else 1), size.endpoints)
    alike = traffic.offered == 1 and case.failures is None and case.fabric.get("family") and not size.endpoints % leaves
    return leaves + facts_of(case).per_domain if alike else leaves**2


def _seconds(work: _Work, routing: Mapping[str, Any]) -> float:
    solving = SITE_PAIR_TIME * work.site_pairs
    return (
        START
        + LINK_TIME * work.links
        + VISIT * work.destinations * work.arcs
        + COMMODITY_TIME * work.listed
        + SHARE_TIME * work.shares
        + GATHER_TIME * work.gathered
        + min(solving, float(routing.get("seconds") or SECONDS))
    )


def _width(size: Size) -> int:
    """Return the links that shortest paths of one commodity use together on a plane, at most.

    In a tree it climbs by all up-cables of a leaf, then by as many of each spine; elsewhere two paths are usual.
    """
    up = sum(n for tier, _, n in size.cables if tier == Tier.LEAF_SPINE) // max(size.leaves, 1)
    deeper = up * up if any(tier == Tier.SPINE_CORE for tier, _, _ in size.cables) else 0
    return 2 * (1 + up + deeper) if up else 2 * (size.diameter or _HOPS)
