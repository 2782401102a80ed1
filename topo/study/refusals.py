"""What cannot be run and shows before anything is built, so that no dry run approves it.

Limits.  Endpoints that no path joins, parts that a failure names and phases that share links show in the run alone.
"""

from __future__ import annotations

from topo.flow import unfit
from topo.flow.solution import SolverError
from topo.routing.operator import RoutingError
from topo.size import Groups
from topo.study.work import Work
from traffic.demand import check_pairs


def check(work: Work) -> None:
    """Raise what a run of ``work`` would end with.

    SolverError for a solver that does not go with the policy, RoutingError for a policy that the network has no use
    for, DemandError where pairs or their paths are too many for a policy of single paths.
    """
    routing, name = work.case.routing, work.size.name
    if (refusal := unfit(work.case.solve["solver"], routing["policy"])) is not None:
        raise SolverError(f"solver {refusal}")
    if work.policy.by_destination and routing.get("tables") is None and not work.is_tree:
        raise RoutingError(
            f"static routing (D-mod-k) needs a tree of leaves, spines and cores; {name} is none; use ecmp or ecmp-hash"
        )
    if routing.get("via") == "group" and work.size.groups != Groups.DRAGONFLY:
        raise RoutingError(f"via=group needs a Dragonfly's groups, which {name} has not; use via=switch")
    if work.grouped and work.policy.one_path:
        _check_paths(work)


def _check_paths(work: Work) -> None:
    """Raise DemandError where pairs of a group, or their paths by destination, are too many."""
    pattern = str((work.case.traffic or {})["pattern"])
    if work.policy.by_destination:
        from topo.routing.merged import check_paths

        check_paths(pattern, work.destinations // work.ports * work.size.endpoints)
    else:
        check_pairs(pattern, work.traffic.pairs)
