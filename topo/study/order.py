"""What to order for the network of a case, and how to cable it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from topo.config.case import Case
from topo.config.nouns import bill_of, fabric_of, size_of
from topo.config.order import items_of, spares_of
from topo.design.bill import COLUMNS, bill_of_materials, spares_usd
from topo.formats.cabling import cabling_rows

Table = Sequence[Sequence[Any]]


def order(case: Case) -> dict[str, Any]:
    """Return the bill of materials of ``case`` with what it costs, and spares beside it: flat keys."""
    size = size_of(case)
    rows = bill_of_materials(items_of(case, size), spares_of(case, size))
    priced = bill_of(case, size)
    cost, more = priced.get("cost_usd"), spares_usd(rows)
    return {
        "name": size.name,
        "price_book": priced.get("price_book"),
        "cost_usd": cost,
        "spares_usd": more,
        "order_usd": None if cost is None or more is None else cost + more,
        "unpriced": priced.get("unpriced", []),
        "bill": rows,
    }


def sheets_of(case: Case, results: dict[str, Any]) -> dict[str, Table]:
    """Return the tables of an order by name, each with its header: the bill, and every cable with its ends."""
    bill = [COLUMNS, *([row[key] for key in COLUMNS] for row in results["bill"])]
    return {"bill": bill, "cabling": cabling_rows(fabric_of(case, symmetry=False))}
