"""What cannot be run and shows in the words and counts of a case, so that no dry run approves it.

What only parts of it tell is looked at in ``topo.study.rehearsal``.
"""

from __future__ import annotations

from topo.config.case import Case
from topo.flow import POLICIES, unfit
from topo.flow.solution import SolverError
from topo.routing.operator import RoutingError
from topo.size import Groups, Size
from topo.study.work import Work
from traffic.demand import check_pairs


def check(work: Work) -> None:
    """Raise what a run of ``work`` would end with.

    SolverError for a solver that does not go with the policy, RoutingError for a policy that the network or what
    failed has no use for, DemandError where pairs or their paths are too many for the policy, LossError for parts
    that are not there, and the errors of other sections.
    """
    routing, name = work.case.routing, work.size.name
    if (refusal := unfit(work.case.solve["solver"], routing["policy"])) is not None:
        raise SolverError(f"solver {refusal}")
    if work.policy.by_destination and routing.get("tables") is None and not work.is_tree:
        raise RoutingError(
            f"static routing (D-mod-k) needs a tree of leaves, spines and cores; {name} is none; use ecmp or ecmp-hash"
        )
    if work.policy.turns:
        _check_turns(work)
    if work.grouped:
        _check_pairs(work)
    if work.lossy:
        _check_losses(work)
    check_sections(work.case, work.size)


def _check_turns(work: Work) -> None:
    """Raise RoutingError for paths by a third switch that the network or its endpoints have not."""
    routing, name = work.case.routing, work.size.name
    if work.policy.one_port:
        from topo.flow.fits import check_ports

        check_ports(routing["policy"], name, work.ports)
    if routing.get("via") == "group" and work.size.groups != Groups.DRAGONFLY:
        raise RoutingError(f"via=group needs a Dragonfly's groups, which {name} has not; use via=switch")
    if work.size.groups == Groups.DRAGONFLY:
        from topo.routing.valiant import check_groups

        check_groups(name, work.size.group_count // max(work.size.planes, 1))


def _check_pairs(work: Work) -> None:
    """Raise DemandError where pairs of a group, or their paths by destination, are too many; RoutingError of sites."""
    pattern, policy = str((work.case.traffic or {})["pattern"]), work.policy
    kept = work.lossy and (work.case.failures or {})["reroute"] != "ideal"
    if kept or (policy.one_path and not policy.by_destination) or (policy.turns and work.ports > 1):
        check_pairs(pattern, work.traffic.pairs)
    if policy.by_destination:
        from topo.routing.merged import check_paths

        check_paths(pattern, work.destinations // work.ports * work.size.endpoints)
    elif (policy.solved or policy.turns) and work.ports == 1:
        from topo.flow.problem import MAX_PAIRS
        from topo.routing.site_amounts import check_sites
        from topo.routing.valiant import MAX_SITE_PAIRS

        sites = min(work.size.leaves, work.size.endpoints)
        check_sites(pattern, sites, MAX_PAIRS if policy.solved else MAX_SITE_PAIRS)


def _check_losses(work: Work) -> None:
    from topo.study.loss import check_reroute

    check_reroute(work.case)
    counts_tell(work)


def counts_tell(work: Work) -> bool:
    """Return whether counts alone tell that what ``work`` loses is there.  Raises LossError where it is not."""
    from topo.failures import FAILURES

    given = dict(work.case.failures or {})
    entry, _ = FAILURES[given.pop("pick")], given.pop("reroute")
    return entry.counted(work.size, alike=not work.policy.one_path, **given)


def check_sections(case: Case, size: Size) -> None:
    """Raise what the sections of ``case`` that look at its network, not at its traffic, would end with on ``size``."""
    if case.traffic is not None and case.sections.get("deadlock") is not None:
        from topo.check.standing import check_standing

        name = case.routing["policy"]
        check_standing(POLICIES[name], name)
    if case.traffic is not None and case.failures is not None:
        return
    if case.sections.get("availability") is not None:
        from topo.config.availability import by_counts
        from topo.study.outages import check_states

        by_counts(case, size)
        if case.traffic is not None:
            check_states(case, size)
    if case.asks_order:
        from topo.config.floor import room_of
        from topo.config.order import items_of, spares_of
        from topo.design.bill import bill_of_materials

        room_of(case)
        bill_of_materials(items_of(case, size), spares_of(case, size))
