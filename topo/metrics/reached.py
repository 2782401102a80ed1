"""What share of its bound each collective of a demand was taken to reach."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from traffic.demand import Demand, GroupedDemand
    from traffic.efficiency import Efficiency


def reached(demand: Demand | GroupedDemand, efficiency: Efficiency | None) -> dict[str, Any]:
    """Return one row a collective, size and number of hosts; nothing where all reach their bound.

    ``in_range`` says whether what was measured covers it: beyond, the nearest share holds.
    """
    if efficiency is None:
        return {}
    from traffic.efficiency import operations_of

    phases = Counter(operation for operation in operations_of(demand) if operation)
    return {
        "efficiencies": [
            {
                "collective": operation.name,
                "bytes": operation.size,
                "hosts": operation.hosts,
                "phases": count,
                "efficiency": efficiency.share(operation),
                "in_range": efficiency.holds(operation) if operation.name in efficiency.curves else None,
            }
            for operation, count in sorted(phases.items())
        ]
    }
