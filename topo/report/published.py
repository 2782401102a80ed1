"""The paper's Table 3: which printed row a case is held against.

The rows themselves stand in ``topo.cost``; here is only how a record finds its own.
Source: "Insights into DeepSeek-V3", ISCA 2025 (arXiv 2505.09343), Table 3.
"""

from __future__ import annotations

from topo.cost import TABLE_3, Printed
from topo.generators import FAMILIES
from topo.report.load import Record

SOURCE = "arXiv 2505.09343, Table 3"


def row_of(record: Record) -> Printed | None:
    """Return the printed row of the network of ``record``, None where the paper prints none.

    Same family, endpoints and switches is the same network: an oversubscribed tree of as many
    endpoints is another.  A case with traffic is never one: the paper's table is about size and price only.
    """
    family = FAMILIES.get(record.part("fabric").get("family", ""))
    if record.part("traffic") or family is None:
        return None
    mine = (row for row in TABLE_3 if row.name in family.printed)
    size = record.get("endpoints"), record.get("switches")
    return next((row for row in mine if (row.size.endpoints, row.size.switches) == size), None)


def residual(value: float | None, reference: float) -> float | None:
    """Return how far ``value`` lies from the printed one, as a share of it."""
    return None if value is None else value / reference - 1
