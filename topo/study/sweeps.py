"""What routing takes of a case: passes over the network, and the time of each, by ``topo.study.rates``."""

from __future__ import annotations

from topo.config.patterns import needs_fabric
from topo.size import Groups
from topo.study import rates
from topo.study.levels import HOPS
from topo.study.work import Work

#: [s] that a solved policy takes at most where the case does not say; topo.flow.adaptive.
SECONDS = 60.0


def passes(work: Work) -> float:
    """Return the passes over the network: loads of each phase, means along paths, and rounds that tell who is alike."""
    if work.in_one_pass:
        return 1
    loads = work.traffic.phases * _loads(work)
    if work.closed and work.solver.by_load:  # means along paths follow from loads
        return loads
    compared = work.coloured or (work.bracketed and work.solver.timed) or (work.by_class and not work.few_classes)
    compared = compared or _many_walk(work)
    rounds = rates.TURN_ROUNDS if work.policy.turns else rates.DRAWN_ROUNDS if work.walkers else rates.ROUNDS
    return loads + 2 + work.solver.timed + rates.PASSES * rounds * compared


def _many_walk(work: Work) -> bool:
    """Return whether so many commodities walk drawn paths that those which are alike are looked for."""
    if not work.walkers or not work.solver.timed:
        return False
    from topo.flow.completion import WORTH_COLOURS

    return work.walkers >= WORTH_COLOURS


def _loads(work: Work) -> int:
    """Return how often the loads of a phase are asked for."""
    return 1 if work.solver.by_load else rates.BETWEEN if work.bracketed else 2


def swept(work: Work) -> float:
    """Return the time of all passes [s]; whole and rest of a network that loses parts are routed both."""
    return _once(work) * (2 if work.lossy else 1)


def _once(work: Work) -> float:
    listed_to = -(-work.listed // max(work.size.leaves // work.ports, 1)) * work.ports  # receivers of classes
    to = min(work.destinations, listed_to) if work.by_class else work.destinations
    visits = float(to * work.arcs)
    if work.by_place:
        return 0.0
    if work.policy.one_path:
        own = rates.TOLD if work.policy.by_destination else rates.TABLE
        walked = passes(work) - _loads(work) * (work.traffic.phases - 1)  # for loads of a phase only its own walk
        once = rates.WALKER_TIME * work.walkers + rates.WALK_TIME * work.walked + rates.WALK_NEAR_TIME * work.paths_near
        return visits * own + rates.MERGED_TIME * work.merged + once * walked
    if work.policy.turns:  # whoever sends, all pairs of stops are met, and trees have no shorter way
        parts = work.traffic.phases if work.policy.solved else 1  # what is solved phase by phase is asked part by part
        return rates.STOPS_TIME * work.stop_pairs * passes(work) * parts
    if work.in_one_pass:
        # one way toward a switch of each kind stands for all where one commodity is sent by all to all
        stands = work.alike and work.traffic.offered == 1
        return 0.0 if work.closed else visits * rates.GROUP_VISIT / (work.destinations if stands else 1)
    return _split(work, visits * rates.TREE_VISIT if work.is_tree else _pass(work, to))


def _split(work: Work, one: float) -> float:
    """Return the time [s] of splits over shortest paths where a pass takes ``one``."""
    if work.policy.solved:  # shares are what was solved for
        return one
    through = 0.0 if work.closed else passes(work)
    if work.counted:
        return one * (1 + through) + rates.COUNTED * work.counted
    if work.on_few_links and work.whole:  # one plane, and of two layers one spine
        one = one / max(work.size.planes, 1) ** 2 if work.size.cores else 0.0
    listing = rates.TREE_LISTING if work.is_tree else rates.LISTING
    return one * ((listing if work.shares else 0) + through)


def _pass(work: Work, destinations: int) -> float:
    """Return the time of one pass [s] where switches of a layer are joined, too: level by level to each destination."""
    switches, most = work.size.switches // max(work.size.planes, 1), max((work.size.diameter or HOPS) - 2, 1)
    return rates.VISIT * destinations * switches * most


def matched(work: Work) -> tuple[float, float]:
    """Return time [s] and memory [bytes] of matching switches of a plane by how far they are; none where none are."""
    if not needs_fabric(work.case.traffic or {}) or work.size.groups == Groups.DRAGONFLY:
        return 0.0, 0.0
    pairs = work.stop_pairs / max(work.size.planes, 1)
    each = rates.MATCH_TIME * pairs * work.size.planes
    return rates.MATCHER_TIME + each, rates.MATCHER + rates.MATCH * pairs


def searched(work: Work) -> float:
    """Return the time of a policy that is solved [s]."""
    if not work.policy.solved:
        return 0.0
    policy, alike = work.policy, rates.ALIKE_TIME
    each = rates.MIX_TIME if policy.turns else rates.ANY_TIME if policy.best else rates.SHORTEST_TIME
    if work.is_tree:
        alike, each = rates.TREE_ALIKE_TIME, rates.TREE_TIME
    most = float(work.case.routing.get("seconds") or SECONDS)
    found = min(rates.SEARCH + (alike if work.alike else each) * work.site_pairs, most)
    return found * (2 if work.lossy else 1)
