"""What it takes to say how soon a collective could end: maximum flows, counted before they are looked for."""

from __future__ import annotations

from topo.study.domains import parts
from topo.study.work import Work
from traffic.ccl import KINDS


def cut_visits(work: Work) -> float:
    """Return the maximum flows that bound a collective of all ranks (``topo.flow.rooted``), times links of each.

    There is one for each pass of its data and each kind of endpoint: those of a leaf whose domains are on the same
    leaves.
    """
    from topo.metrics.own import MOST_LINKS

    traffic, size = work.case.traffic or {}, work.size
    kind = KINDS.get(str(traffic["pattern"]))
    alone = traffic.get("group_size") in (None, size.endpoints)
    if kind is None or kind.pairs or not alone or work.links > MOST_LINKS:
        return 0.0
    row = size.endpoints // max(size.leaves // size.planes, 1)  # ranks on a leaf, or on one of each plane
    domain = work.facts.per_domain if size.scale_up_switches else 1
    apart = min(parts(row, domain), 3) if row % domain else 1
    return kind.passes * size.leaves * apart * work.links
