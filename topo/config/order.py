"""The section ``spares`` of a study: how many of each part to order beside what is built in."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated, Any

from pydantic import AfterValidator, WithJsonSchema

from topo import units
from topo.config.availability import asked
from topo.config.case import Case
from topo.config.nouns import book_of, facts_of
from topo.cost import Line, PriceBook, Run, items
from topo.design.bill import Spares, by_rates
from topo.size import Size


def _held(value: str | float) -> str | float:
    if isinstance(value, bool) or not isinstance(value, int) or value < 0:
        units.share(value)
    return value


Held = Annotated[Any, AfterValidator(_held), WithJsonSchema({"type": ["string", "number"]})]


def stock(
    *,
    switch: Annotated[Held | None, "spares of each model of switch: a count, or a share such as 2%"] = None,
    nic: Annotated[Held | None, "spares of NICs: a count, or a share such as 1%"] = None,
    cable: Annotated[Held | None, "spares of each medium and length of cable: a count, or a share such as 2%"] = None,
    transceiver: Annotated[Held | None, "spares of each transceiver: a count, or a share such as 2%"] = None,
) -> Spares:
    """Return spares as stated; of kinds that nothing is said of, those that rates of failure ask for."""
    given = {"switch": switch, "nic": nic, "cable": cable, "transceiver": transceiver}
    return Spares({kind: _number(value) for kind, value in given.items() if value is not None})


def _number(value: str | float) -> int | float:
    return value if isinstance(value, int) else units.share(value)


def spares_of(case: Case, size: Size) -> Spares:
    """Return the spares that ``case`` asks for: those it states, else those of its failure rates, else none."""
    given, plan = case.sections.get("spares"), asked(case)
    stated = SPARES[given["by"]](**{key: value for key, value in given.items() if key != "by"}) if given else Spares()
    return stated if plan is None else Spares(stated.stated, by_rates(size, plan).needed)


def items_of(case: Case, size: Size, runs: tuple[Run, ...] = ()) -> list[Line]:
    """Return the lines of the bill of ``size``, cables apart by tier, medium and length.

    Without a price book the parts are those that ports and media ask for, none of them with a price.
    """
    book = book_of(case)
    if book is not None:
        return items(size, **book, runs=runs)
    unpriced = items(size, PriceBook("none", ()), capacity=facts_of(case).capacity, runs=runs)
    return [replace(line, lacks=_NO_BOOK) for line in unpriced]


_NO_BOOK = "no price book was named: --prices BOOK, or cost of a study"
SPARES = {"stock": stock}
