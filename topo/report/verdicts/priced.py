"""Networks that carry no traffic: the cheapest per endpoint, or nothing to say."""

from __future__ import annotations

from topo.report import words
from topo.report.panels.view import View, cost_key
from topo.report.verdicts.answer import Answer


def answer(view: View) -> Answer:
    """Return the cheapest network that was sized."""
    networks = [case for case in view.full_size if case.get("cost_per_endpoint_usd") and case.get("endpoints")]
    if not networks:
        return Answer((f"{words.plural(len(view.cases), 'case')}, none of which carries traffic or a price.",))
    least = min(networks, key=cost_key)
    of = f"of {words.count(least.get('endpoints'))} endpoints"
    price = words.usd(cost_key(least))
    return Answer((f"{least.network} {of} costs least per endpoint, {price}; no case carries traffic.",))
