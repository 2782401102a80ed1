"""What a case takes before it starts: memory and time, from closed forms and measured constants.

Nothing is built: the family's ``Size`` gives endpoints, switches and links, the
pattern its commodities.  Then

    memory = PROCESS + LINK x links + COMMODITY x listed + SHARE x shares of commodities on links
    time   = START + LINK_TIME x links + VISIT x destinations x arcs + SHARE_TIME x shares

with terms for pairs of switches, for commodities that count as one, and for solved policies up to their time limit.

Constants are growth of the resident set and processor seconds of whole commands, kernels compiled, on the machine of
``topo.study.speed``; ``benchmarks/estimates.py`` holds them against 25 cases from 64 to 131,072 endpoints.

Limits.  Within twice on those.  Where commodities are neither alike nor drawn at random (a partly populated tree, a
trace) and a solver follows each, memory is that of all of them crossing the whole network, which most do not.  Searches
without symmetry may end at any time up to their limit.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from topo.config.nouns import facts_of, placed_of, size_of
from topo.config.patterns import PATTERNS, count_of
from topo.flow import POLICIES, SOLVERS, by_classes
from topo.flow.entries import Policy
from topo.size import Tier
from traffic.demand import MAX_PAIRS, check_pairs
from traffic.pattern import Count, Pattern

if TYPE_CHECKING:
    from topo.config.case import Case
    from topo.size import Size

#: [bytes] of a process that has loaded planewise, and with its compiled kernels.
PLAIN, PROCESS = 62 * 2**20, 190 * 2**20
#: [bytes] a directed link: fabric, routing and tables; more where links that are alike are looked for.
LINK, LINK_ALIKE = 90, 50
#: [bytes] a pair of switches while distances and cuts are worked out, and where that stops growing.
SWITCH_PAIR, MOST_SWITCH_PAIRS = 32, 4_000_000
#: [bytes] a listed commodity; 28 stay, the rest is for sorting, sites, rates and times.
COMMODITY = 200
#: [bytes] a share of one commodity on one link, with the copies of a solver; a link of a path that none follows.
SHARE, PATH_LINK = 110, 45
#: Shares above which they are not kept; topo.routing.operator.MAX_ENTRIES.
MOST_SHARES = 60_000_000
#: Shares that are held at once at most where pairs go by class: they are added up block by block.
BY_CLASS = MOST_SHARES // 4
#: [bytes] a number of a gate's sample, with keys, copies and limits; 204 MiB at 512 and at 65,536 experts.
DRAWN = 25
#: [bytes] a pair of sites in a solved policy: its paths and their weights; where symmetry makes few of them.
SITE_PAIR, SITE_PAIR_ALIKE = 2_000, 300
#: [s] to load, and with compiled kernels.
PLAIN_START, START = 0.5, 1.0
#: [s] a directed link built, and where planes are copies of one; more where links that are alike are told by symmetry,
#: or by what they carry.
LINK_TIME, COPY_TIME, LINK_CLASS_TIME, LINK_COLOUR_TIME = 1.2e-6, 4e-7, 2e-6, 3e-7
#: [s] an arc visited on the way to one destination, all passes together; where each commodity draws its own way.
VISIT, DRAW = 1e-8, 2e-9
#: Sweeps of a policy that turns at a third switch for each of one that does not.
TURNS = 3
#: [s] a listed commodity; a share filled.
COMMODITY_TIME, SHARE_TIME = 5e-6, 3e-7
#: [s] a pair of switches while distances and cuts are worked out.
SWITCH_PAIR_TIME = 1.5e-7
#: [s] a share of a class that is routed and added to those of its links.
GATHER_TIME = 1e-7
#: A drawn path: a number [bytes], and what its walks take [s]; feedback takes about as long again.
WALKED, WALK_TIME = 1, 5e-7
#: [s] a search, and of it a pair of sites where many are alike, where paths are the shortest, where they are any, and
#: where each is a mix of two splits; up to the policy's own time limit.
SEARCH, ALIKE_TIME, SHORTEST_TIME, ANY_TIME, MIX_TIME = 0.4, 4e-6, 5e-5, 1e-3, 15e-3
#: [s] that a solved policy takes at most where the case does not say; topo.flow.adaptive.
SECONDS = 60.0

#: What takes memory whatever the case.
ITSELF = "planewise itself"
#: Links of one path where nothing says how many, endpoint cables included.
_HOPS = 8


@dataclass(frozen=True)
class Estimate:
    """What a case takes."""

    memory: float  # [bytes] at the peak, the process included
    work: float  # [s] on one core of the machine that the constants are of
    what: str  # that takes most of the memory
    cure: str = "choose fewer endpoints"  # what takes less

    @property
    def seconds(self) -> float:
        """[s] on one core of this machine."""
        from topo.study.speed import speed

        return self.work / speed() if self.work else 0.0


@dataclass(frozen=True)
class _Work:
    """Counts behind an estimate."""

    links: int  # directed
    visits: float  # of arcs by sweeps, those that draw ways weighted less
    listed: int  # commodities
    shares: int  # of commodities on links, kept at once by a solver
    path_links: int  # of paths that no solver follows
    by_class: bool  # whether pairs of a group are solved by class
    by_colour: bool  # whether listed commodities that are alike are looked for
    searched: float  # [s] of a solved policy
    site_pairs: int  # solved for
    site_pair: int  # [bytes] each
    switch_pairs: int
    drawn: int  # numbers of a gate's sample
    gathered: int = 0  # shares of classes that are added up and let go
    walked: int = 0  # drawn paths
    plain: bool = False  # whether no compiled kernel is needed
    link_time: float = LINK_TIME  # [s] a directed link

    @property
    def process(self) -> int:
        """[bytes] of the process before it has built anything."""
        return PLAIN if self.plain else PROCESS


def estimate(case: Case) -> Estimate:
    """Return what ``case`` takes, without building anything of it.

    Raises GeneratorError for a fabric that no network has, and DemandError for some demands that cannot be had, such
    as those of too many pairs for a policy that tells them apart.
    """
    if case.traffic is None or case.refused:
        return Estimate(PROCESS, 0.0, ITSELF)
    size = size_of(case)
    facts = facts_of(case)
    where: dict[str, Any] = {"ranks_per_host": facts.per_host, "ranks_per_domain": facts.per_domain}
    work = _work(case, size, count_of(case.traffic, size=size, **where, files=case.files, **placed_of(case)))
    parts = {
        ITSELF: (work.process, "nothing takes less"),
        f"{work.links:,} links": (
            (LINK + LINK_ALIKE * (work.by_class or work.by_colour)) * work.links
            + SWITCH_PAIR * min(work.switch_pairs, MOST_SWITCH_PAIRS),
            "choose fewer endpoints",
        ),
        f"{work.listed:,} commodities": (
            COMMODITY * work.listed,
            "choose fewer endpoints, or a grouped pattern such as uniform with policy ecmp and solver proportional",
        ),
        f"{work.shares + work.path_links:,} shares of commodities on links": (
            SHARE * work.shares + PATH_LINK * work.path_links,
            "choose solver proportional, policy static or ecmp-hash, or fewer endpoints",
        ),
        f"{work.walked:,} drawn paths": (WALKED * work.walked, "choose fewer paths"),
        f"{work.site_pairs:,} pairs of switches to solve for": (
            work.site_pair * work.site_pairs,
            "choose policy ecmp, or fewer endpoints",
        ),
    }
    parts[f"a sample of {work.drawn:,} choices of experts"] = (DRAWN * work.drawn, "choose a model of fewer experts")
    what = max(parts, key=lambda part: parts[part][0] if part != ITSELF else work.process / 10)
    memory = sum(taken for taken, _ in parts.values())
    return Estimate(float(memory), _seconds(work), what, parts[what][1])


def _work(case: Case, size: Size, traffic: Count) -> _Work:
    policy, solver = POLICIES[case.routing["policy"]], SOLVERS[case.solve["solver"]]
    by_commodity, ports = solver.by_commodity, size.planes if facts_of(case).multi_port else 1
    pattern = PATTERNS[str((case.traffic or {})["pattern"])]
    grouped, alike = traffic.offered < traffic.pairs, _alike(case, size, pattern)
    by_class = grouped and solver.by_class is not None and by_classes(traffic.pairs, case.routing["policy"])
    lists = (by_commodity or (policy.one_path and not policy.by_destination)) and traffic.pairs <= MAX_PAIRS
    listed = _classes(case, size, traffic) if by_class else traffic.pairs if lists else traffic.offered
    by_colour = solver.timed and alike and not grouped and _worth_colours(listed)
    # With few endpoints not every leaf has one.
    destinations = min(size.leaves, size.endpoints)
    if grouped and policy.one_path:
        name = str((case.traffic or {})["pattern"])
        if policy.by_destination:
            from topo.routing.merged import check_paths

            check_paths(name, destinations // ports * size.endpoints)
        else:
            check_pairs(name, traffic.pairs)
    shares = path_links = gathered = walked = 0
    if policy.one_path:
        path_links = _path_links(case, size, traffic, listed, destinations) * ports
        if by_commodity and lists:
            shares, path_links = path_links if path_links <= MOST_SHARES and not by_colour else 0, 0
        elif not policy.by_destination:  # drawn paths that nobody follows are walked again, not held
            path_links, walked = 0, listed * _paths(case)
    elif by_commodity and not by_colour and (lists or by_class):
        shares = listed * _width(size) * ports
        if by_class:
            from topo.flow.classed import WORTH_COLOURS

            # classes of pairs that are alike count as one, and those of a fabric of one kind of leaf are few
            shares, gathered = (0, 0) if listed > WORTH_COLOURS else (min(shares, BY_CLASS), shares)
        elif shares > MOST_SHARES:
            shares = 0 if pattern.drawn else MOST_SHARES  # a rule may keep most of it on few links
    pairs = min(traffic.pairs, destinations**2 // max(size.planes, 1)) if policy.solved else 0
    inside = size.endpoints if size.scale_up_switches else 0
    return _Work(
        links=2 * (size.switch_links + size.endpoint_links + inside),
        # one way toward a switch of each kind stands for all where one commodity is sent by all to all
        visits=_visits(policy, size) * (1 if alike and grouped and traffic.offered == 1 else destinations),
        listed=listed,
        shares=shares,
        path_links=path_links,
        by_class=by_class,
        by_colour=by_colour,
        searched=_search(policy, case.routing, pairs, alike),
        site_pairs=pairs,
        site_pair=SITE_PAIR_ALIKE if alike else SITE_PAIR,
        switch_pairs=size.switches**2,
        drawn=traffic.drawn,
        gathered=gathered,
        walked=walked,
        plain=_plain(case, size, policy, by_commodity=by_commodity),
        link_time=COPY_TIME if ports > 1 and case.fabric.get("family") else LINK_TIME,
    )


def _plain(case: Case, size: Size, policy: Policy, *, by_commodity: bool) -> bool:
    """Return whether loads have a closed form: whole trees of two layers, where nobody looks at single commodities."""
    whole = case.failures is None and bool(case.fabric.get("family"))
    chosen = policy.one_path or policy.solved or by_commodity
    return whole and not chosen and not _visits(policy, size)


def _worth_colours(listed: int) -> bool:
    """Return whether so many ``listed`` commodities are told apart by what they carry."""
    from topo.flow.completion import WORTH_COLOURS

    return listed >= WORTH_COLOURS


def _alike(case: Case, size: Size, pattern: Pattern) -> bool:
    """Return whether most commodities are like many others: traffic that follows a rule, on a whole network."""
    leaves = max(size.leaves // (size.planes if facts_of(case).multi_port else 1), 1)
    whole = case.failures is None and bool(case.fabric.get("family"))
    return pattern.ruled and whole and not size.endpoints % leaves


def _path_links(case: Case, size: Size, traffic: Count, listed: int, destinations: int) -> int:
    """Return the links of all paths of a policy of single paths that are held at once, of one port each."""
    hops = size.diameter or _HOPS
    if not POLICIES[case.routing["policy"]].by_destination:
        return listed * _paths(case) * hops
    from topo.routing.merged import BLOCK_PATHS

    grouped = traffic.offered < traffic.pairs and listed == traffic.offered
    return (min(size.endpoints * destinations, BLOCK_PATHS) if grouped else listed) * hops


def _paths(case: Case) -> int:
    """Return the paths of a commodity."""
    return int(case.routing.get("qps") or case.routing.get("paths") or 1)


def _visits(policy: Policy, size: Size) -> float:
    """Return the visits of arcs for each destination, in units of VISIT."""
    arcs = 2 * size.switch_links // max(size.planes, 1)
    if policy.one_path:
        return arcs * DRAW / VISIT
    if policy.turns:
        return arcs * TURNS
    return 0 if {tier for tier, _, _ in size.cables} <= {Tier.LEAF_SPINE, Tier.ENDPOINT, Tier.SCALE_UP} else arcs


def _search(policy: Policy, routing: Mapping[str, Any], pairs: int, alike: bool) -> float:
    """Return the time [s] of a policy that is solved for ``pairs`` of sites."""
    if not policy.solved:
        return 0.0
    each = ALIKE_TIME if alike else MIX_TIME if policy.turns else ANY_TIME if policy.best else SHORTEST_TIME
    return min(SEARCH + each * pairs, float(routing.get("seconds") or SECONDS))


def _classes(case: Case, size: Size, traffic: Count) -> int:
    """Return how many classes the pairs are in: of a leaf as receiver and one as sender, at most.

    Where leaves are alike and one kind of pair is sent, all receivers are one.  Ports of an endpoint are on as many
    leaves, which count as one.
    """
    leaves = min(size.leaves // (size.planes if facts_of(case).multi_port else 1), size.endpoints)
    alike = traffic.offered == 1 and case.failures is None and case.fabric.get("family") and not size.endpoints % leaves
    return leaves + facts_of(case).per_domain if alike else leaves**2


def _seconds(work: _Work) -> float:
    return (
        (PLAIN_START if work.plain else START)
        + (work.link_time + LINK_CLASS_TIME * work.by_class + LINK_COLOUR_TIME * work.by_colour) * work.links
        + VISIT * work.visits
        + SWITCH_PAIR_TIME * min(work.switch_pairs, MOST_SWITCH_PAIRS)
        + COMMODITY_TIME * work.listed
        + SHARE_TIME * work.shares
        + GATHER_TIME * work.gathered
        + WALK_TIME * work.walked
        + work.searched
    )


def _width(size: Size) -> int:
    """Return the links that shortest paths of one commodity use together on a plane, at most.

    In a tree it climbs by all up-cables of a leaf, then by as many of each spine; elsewhere two paths are usual.
    """
    up = sum(n for tier, _, n in size.cables if tier == Tier.LEAF_SPINE) // max(size.leaves, 1)
    deeper = up * up if any(tier == Tier.SPINE_CORE for tier, _, _ in size.cables) else 0
    return 2 * (1 + up + deeper) if up else 2 * (size.diameter or _HOPS)
