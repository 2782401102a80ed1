"""What a design returns, built and measured: a fabric has to be what its closed form said, and do what was required.

Counts, cost, power and the ports down over those up of every tier are equal.  Radix and diameter are at most those of
the closed form, which speaks of full networks, and its bisection is at most that of the best partition of the fabric.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from topo.cost import PriceBook, bill
from topo.design import Candidate, Need
from topo.design.errors import DesignError
from topo.design.need import number
from topo.fabric import Fabric
from topo.metrics.shape import structure

#: Facts that are equal, and those that are at most what the closed form says.
_EQUAL = ("endpoints", "switches", "switch_links", "endpoint_links", "transceivers", "planes")
_PRICED = ("cost_usd", "cost_per_endpoint_usd", "watts")
_AT_MOST = ("radix", "diameter")
#: Quotients and sums that differ by less, relatively, are the same.
_SAME = 1e-9


def inspection(
    fabric: Fabric, one: Candidate, needs: Sequence[Need] = (), *, prices: PriceBook | None = None
) -> dict[str, Any]:
    """Return the facts of ``one`` as they are on its ``fabric``, with ``mean_hops`` and ``bisection_bound``.

    Raises DesignError, which says both sides, where the closed form has another one or a need does not hold.
    """
    facts = _facts(fabric, one, prices)
    for key, built, closed, good in _compared(facts, one):
        if not good:
            raise DesignError(f"{one.name}: {key} of the fabric is {_said(built)}, of its closed form {_said(closed)}")
    for need in needs:
        if need.fact in facts and not need.holds(facts):
            raise DesignError(f"{one.name}: {need.fact} of the fabric is {_said(facts[need.fact])}; required is {need}")
    return facts


def _facts(fabric: Fabric, one: Candidate, prices: PriceBook | None) -> dict[str, Any]:
    shape = structure(fabric)
    facts = {key: getattr(fabric.size, key) for key in (*_EQUAL, "radix")}
    facts |= {key: shape[key] for key in ("diameter", "mean_hops", "bisection_per_endpoint", "bisection_bound")}
    facts["oversubscription"] = max(shape["oversubscription"].values(), default=1.0)
    facts |= {f"oversubscription of {tier}": ratio for tier, ratio in shape["oversubscription"].items()}
    paid = bill(fabric.size, prices, capacity=one.capacity) if prices else {}
    return facts | {key: paid[key] for key in _PRICED if paid}


def _compared(facts: dict[str, Any], one: Candidate) -> Iterator[tuple[str, Any, Any, bool]]:
    """Yield each fact, its value on the fabric and in closed form, and whether they agree."""
    closed = {**one.facts} | {f"oversubscription of {tier}": r for tier, r in one.size.oversubscription.items()}
    for key in (*_EQUAL, *_PRICED, *(key for key in closed if key.startswith("oversubscription"))):
        if key in closed:
            built, said = facts.get(key), closed[key]
            same = built == said or (None not in (built, said) and abs(built - said) <= _SAME * abs(said))
            yield key, built, said, same
    for key in _AT_MOST:
        yield key, facts[key], closed[key], None in (facts[key], closed[key]) or facts[key] <= closed[key]
    found, said = facts["bisection_per_endpoint"], closed["bisection_per_endpoint"]
    yield "bisection_per_endpoint", found, said, None in (found, said) or said <= found * (1 + _SAME)


def _said(value: float | None) -> str:
    return "not known" if value is None else number(value)
