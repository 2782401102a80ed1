"""Links that sprayed flows fill to the brim: a fluid shares them out evenly, packets queue there.

Even spraying is even in the mean alone.  While a link has slack the next moment makes up for what one packet
too many cost; one that is full all the time never does, and congestion control backs off from the queue.  Nothing is
corrected: how much is lost depends on buffers, balancing and transport, which a fluid model does not have.
"""

from __future__ import annotations

import numpy as np

from topo.flow import POLICIES
from topo.flow.solution import Solution
from topo.size import Tier

#: Load over capacity from which on a time that counts on even spraying is optimistic.
FULL = 0.9
#: Largest part of the makespan that was missing on such links, and on fuller ports behind links with slack, over runs
#: from 1 MB on: docs/validation.md, "Fluid against packets".  ``tests/test_packets.py`` holds both against the runs.
MISSED, MISSED_WITH_SLACK = 0.34, 0.05


def slack_warnings(solution: Solution) -> list[str]:
    """Return a warning where a time counts on links between switches that sprayed flows fill beyond FULL; else none.

    It names how many links, of which tiers, the fullest one, and what such times missed against packets.
    """
    policy = POLICIES.get(solution.routed.policy)
    if not solution.timed or policy is None or (policy.one_path and not policy.sprays):
        return []
    fabric, load = solution.fabric, solution.load
    filled = load.data / fabric.capacity[load.indices]
    full = (filled > FULL) & fabric.is_switch_link[load.indices]
    if not full.any():
        return []
    links = np.unique(load.indices[full])
    most = int(load.indices[full][filled[full].argmax()])
    tiers = [f"{int((fabric.tier[links] == t).sum())} {t.label}" for t in Tier if (fabric.tier[links] == t).any()]
    many = f"{len(links)} of {int(fabric.is_switch_link.sum())} links between switches"
    return [
        f"sprayed flows fill {many} beyond {_percent(FULL)} ({', '.join(tiers)}; the fullest goes from node "
        f"{fabric.tail[most]} to {fabric.head[most]}, {_percent(filled[full].max())}): packets queue there, and "
        f"against packet-level runs such times were up to {_percent(MISSED)} too short; where links had slack, up to "
        f"{_percent(MISSED_WITH_SLACK)}"
    ]


def _percent(share: float) -> str:
    return f"{share * 100:.0f} %"
