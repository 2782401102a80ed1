"""What policies and solvers say of themselves, so that nothing else in the house asks for one by name."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from topo.lazy import with_late

if TYPE_CHECKING:
    from topo.flow.solution import Solution
    from topo.routing.network import Network
    from topo.routing.operator import Routing


@with_late("route", "steady")
@dataclass(frozen=True)
class Policy:
    """An entry of ``POLICIES``: how traffic is routed, and what follows from it."""

    route: Callable[..., Routing]  # fabric, demand and the policy's own parameters by keyword
    assumes: str  # one sentence for pages and records
    one_path: bool = (
        False  # every commodity, or queue pair of it, takes one path, so pairs of a grouped one are told apart
    )
    by_destination: bool = False  # a path goes by its destination alone: endpoints of a site share it
    next_hops: bool = False  # switches split over the next hops of their tables, the same for every demand
    shortest: bool = True  # never leaves the shortest paths
    sprays: bool = False  # packets of one queue pair take several paths at once
    solved: bool = False  # a search with a certificate; takes ``gap`` and ``seconds``
    best: bool = False  # chooses among all routings, so that its bound holds for every policy
    straight: bool = True  # takes shortest paths
    turns: bool = False  # takes paths that are shortest to a third switch and shortest from there
    alike: bool = False  # splits alike at nodes alike, whatever else is sent: symmetries carry over to it
    steady: Callable[..., Network | None] | None = (
        None  # of a fabric: the network that it splits on whatever is sent; None where that counts
    )
    one_port: bool = False  # takes endpoints of one network port alone
    direct: bool = False  # what networks are run with whose every switch has endpoints: shortest paths are few there


@with_late("solve", "by_class", "bracket")
@dataclass(frozen=True)
class Solver:
    """An entry of ``SOLVERS``: how rates and times come about, and what follows from it."""

    solve: Callable[..., Solution]  # fabric, demand, routing and the solver's own parameters by keyword
    assumes: str  # one sentence for pages and records
    by_commodity: bool = False  # every commodity has a rate of its own, so pairs of a grouped one are listed
    by_class: Callable[..., Solution] | None = None  # solves pairs by class where they are too many to list
    bracket: Callable[..., Solution] | None = None  # says between which times it would end where pairs are too many
    needs_best: bool = False  # picks the routing itself, so it goes only with a policy that is ``best``
    timed: bool = False  # counts latency, packets and launch, which belong to times and not to rates
    by_load: bool = False  # times follow from the loads of links alone
    side_by_side: bool = False  # follows phases that send at the same time
