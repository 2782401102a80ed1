"""What counts do not tell: a small case builds the parts that do, of a larger one its doubts are said.

Names of parts that fail, tables of a file, planes that nothing relays between and phases that share links show in the
network or in the traffic alone; neither is routed or solved here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from topo.config.nouns import demand_of, fabric_of, names_of, placed_of, routing_of
from topo.config.patterns import needs_fabric, offered
from topo.flow.solution import check_order
from topo.routing.operator import MAX_ENTRIES
from topo.size import Groups
from topo.study.refusals import counts_tell
from topo.study.work import Work
from traffic.demand import MAX_PAIRS

if TYPE_CHECKING:
    from topo.fabric import Fabric
    from traffic.demand import Demand, GroupedDemand

#: Links of a network, and commodities of a demand, up to which they are built: half a second together.
FEW_LINKS, FEW_COMMODITIES = 200_000, 300_000


def doubts(work: Work) -> tuple[str, ...]:
    """Return why ``work`` may fail all the same, where only the run can tell.

    Raises what the run of a small one would end with: NotConnected, LossError, SolverError, and errors of files.
    """
    questions, few = _questions(work), work.traffic.offered <= FEW_COMMODITIES
    graph = needs_fabric(work.case.traffic or {})
    if few and work.links <= FEW_LINKS and (questions or graph):
        _rehearse(work, questions)
        questions = {}
    elif few and not graph and ("phases" in questions or work.traffic.drawn <= FEW_COMMODITIES):
        demand = _demand_of_ranks(work)
        if questions.pop("phases", None) is not None:
            check_order(demand)
    return (*questions.values(), *_only_run(work))


def _demand_of_ranks(work: Work) -> Demand | GroupedDemand:
    """Return the traffic of ``work``, whose pattern asks for no network.  Raises DemandError where it cannot be had."""
    facts: dict[str, Any] = {"ranks_per_host": work.facts.per_host, "ranks_per_domain": work.facts.per_domain}
    facts |= {"n_ranks": work.size.endpoints, "names": names_of(work.case)} | placed_of(work.case)
    return offered(work.case.traffic or {}, **facts, files=work.case.files)


def _questions(work: Work) -> dict[str, str]:
    """Return what building tells of ``work``, each with the words of who does not build."""
    case, asked = work.case, {}
    if work.edited:
        asked["edit"] = "cables that an edit names are looked up when the network is built"
    if work.apart:
        asked["apart"] = "endpoints that no path joins show when the network is built"
    if work.lossy and not counts_tell(work):
        asked["failures"] = "parts that fail are looked up when the network is built"
    if case.routing.get("tables") is not None:
        asked["tables"] = "routes of a file show when the network is built"
    if work.pattern.beside and not work.solver.side_by_side:
        asked["phases"] = f"phases at the same time show in the traffic, and solver {case.solve['solver']} takes none"
    return asked


def _rehearse(work: Work, questions: dict[str, str]) -> None:
    """Build what answers ``questions``, and raise what the run would."""
    case = work.case
    fabric = fabric_of(case, symmetry=work.lossy)
    demand = demand_of(case, fabric)
    if "phases" in questions:
        check_order(demand)
    if "tables" in questions:
        from topo.flow import route

        route(fabric, demand, **routing_of(case, fabric))
    elif "apart" in questions:
        from topo.routing.joined import check_joined

        check_joined(fabric, demand)
    if "failures" in questions:
        _check_losses(work, fabric, demand)


def _check_losses(work: Work, fabric: Fabric, demand: Demand | GroupedDemand) -> None:
    from topo.failures import FAILURES

    given: dict[str, Any] = dict(work.case.failures or {})
    entry, _ = FAILURES[given.pop("pick")], given.pop("reroute")
    if entry.searches:
        given |= {"demand": demand, "alike": not work.policy.one_path}
    entry.losses(fabric, **given)


def _only_run(work: Work) -> list[str]:
    """Return what would take routing or solving to know."""
    found, failures, routing = [], work.case.failures or {}, work.case.routing
    if work.policy.solved:
        from topo.flow.problem import MAX_PAIRS as MOST_SOLVED

        if work.site_pairs > MOST_SOLVED:
            found.append(f"pairs of switches to solve for may be more than {MOST_SOLVED:,} without a symmetry")
    free = not work.policy.shortest and not work.policy.turns
    if work.solver.by_commodity and work.traffic.pairs > MAX_PAIRS and (free or routing.get("tables") is not None):
        found.append("nothing may say how long paths are that are no shortest ones")
    if work.lossy and failures["reroute"] != "ideal" and work.policy.next_hops and work.kept > MAX_ENTRIES:
        found.append(f"kept tables may have more than {MAX_ENTRIES:,} next hops of pairs of switches")
    if work.lossy and work.policy.turns and work.size.groups == Groups.DRAGONFLY:
        found.append("what fails may leave no third group to turn in")
    if work.case.asks_order and (work.case.sections.get("floor") or {}).get("lengths"):
        found.append("a cable may be longer than any on sale")
    return found
