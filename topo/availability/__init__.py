"""How often parts fail, what a job gets of its time, and what a network is worth between failures and repairs.

Closed forms know counts and rates alone; the states of a fabric, and the paths between them, come on top.
"""

from __future__ import annotations

from topo.availability.closed_forms import (
    availability,
    best_interval,
    effective_time,
    first_order_effective_time,
    mean_time_to_failure,
    spares,
    uninterrupted,
)
from topo.availability.rates import Rates, RatesError

__all__ = [
    "Rates",
    "RatesError",
    "availability",
    "best_interval",
    "effective_time",
    "first_order_effective_time",
    "mean_time_to_failure",
    "spares",
    "uninterrupted",
]
