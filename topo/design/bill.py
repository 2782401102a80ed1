"""The bill of materials: what to order for a network, spares apart.

A line is a part of the price book; cables are told apart by medium and, where a floor plan says it, length.  What the
lines cost is what the network costs; spares are counted and priced beside it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from math import ceil
from typing import Any

from topo.availability import spares
from topo.availability.plan import Plan, counts_of
from topo.cost import Line
from topo.design.errors import DesignError
from topo.near import hint
from topo.size import Size, Tier

#: Kinds of parts, as a stated number of spares names them.
KINDS = ("switch", "nic", "cable", "transceiver")
#: Columns of a written bill, in its order.
COLUMNS = (
    "part", "medium", "length_m", "count", "spares", "usd_each", "usd", "spares_usd", "watts_each", "watts", "source",
    "date", "note",
)  # fmt: skip
#: Kinds of parts that a switch of a parts list may be, as rates of failure name them.
_LAYERS = ("leaf", "spine", "core")


@dataclass(frozen=True)
class Spares:
    """How many spares of each line: as stated by kind, else as rates of failure ask for."""

    stated: Mapping[str, int | float] = field(default_factory=dict)  # a count of each line, or a share of it below 1
    needed: Callable[[list[Line]], int | None] = lambda lines: None  # of lines that are one part; None: nothing said

    def __post_init__(self) -> None:
        for kind, value in self.stated.items():
            if kind not in KINDS:
                raise DesignError(f"spares: {kind!r} is no kind of part; known: {', '.join(KINDS)}{hint(kind, KINDS)}")
            if not (isinstance(value, int) and value >= 0) and not 0 <= value < 1:
                raise DesignError(f"spares: {kind}: {value!r} must be a whole number, or a share such as 2%")

    def of(self, lines: list[Line]) -> int:
        """Return how many spares of the part that ``lines`` are of: a share is rounded up."""
        value = self.stated.get(kind_of(lines[0]))
        if value is None:
            return self.needed(lines) or 0
        count = sum(line.count for line in lines)
        return value if isinstance(value, int) else ceil(round(value * count, 9))


def by_rates(size: Size, plan: Plan) -> Spares:
    """Return the spares that last until more come, by the rates of ``plan``; none where it does not say how long."""
    counts, rates, wait = counts_of(size), plan.rates.failures, plan.wait

    def failures(line: Line) -> float:
        """Return how often parts of a line fail [1/s], all together."""
        kind = kind_of(line)
        if kind == "switch":
            return sum(counts.get(layer, 0) * rates.get(layer, 0.0) for layer in _LAYERS)
        if kind == "cable":
            return line.count * rates.get("port" if line.run and line.run.tier == Tier.ENDPOINT else "cable", 0.0)
        return line.count * rates.get("optic" if kind == "transceiver" else kind, 0.0)

    def needed(lines: list[Line]) -> int | None:
        rate = sum(map(failures, lines))
        return None if wait is None else spares(1, rate, wait=wait, confidence=plan.confidence)

    return Spares(needed=needed)


def kind_of(line: Line) -> str:
    """Return which of ``KINDS`` a line is."""
    if line.run is not None:
        return "cable"
    return next((kind for kind in KINDS if line.part.startswith(kind)), "cable")


def bill_of_materials(lines: Sequence[Line], held: Spares) -> list[dict[str, Any]]:
    """Return a row a part with ``COLUMNS``: what is built in and what it costs, and spares beside it."""
    same: dict[tuple[Any, ...], list[Line]] = {}
    for line in lines:
        same.setdefault((line.price, line.part, line.run and line.run[1:3]), []).append(line)
    found = [_row(equal, held.of(equal)) for equal in same.values()]
    first: dict[str, int] = {}
    for row in found:
        first.setdefault(row["part"], len(first))
    return sorted(found, key=lambda row: (first[row["part"]], row["medium"] or "", row["length_m"] or 0.0))


def _row(equal: list[Line], spare: int) -> dict[str, Any]:
    first, count = equal[0], sum(line.count for line in equal)
    price, usd, run = first.price, first.usd_each, first.run
    watts = price.watts if price else None
    return {
        "part": first.part,
        "medium": run.medium.name.lower() if run else None,
        "length_m": run.length_m if run else None,
        "count": count,
        "spares": spare,
        "usd_each": usd,
        "usd": None if usd is None else count * usd,
        "spares_usd": None if usd is None else spare * usd,
        "watts_each": watts,
        "watts": None if watts is None else count * watts,
        "source": price.source if price else "",
        "date": price.date if price else "",
        "note": first.note or first.why or None,
    }


def spares_usd(rows: Sequence[Mapping[str, Any]]) -> float | None:
    """Return what the spares of a bill cost [USD]; None where one of them has no price."""
    paid = [row["spares_usd"] for row in rows if row["spares"]]
    return None if None in paid else sum(paid)
