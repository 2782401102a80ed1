"""Which network: the fastest of equal size under the headline traffic, dominance and price where several are."""

from __future__ import annotations

from collections.abc import Sequence

from topo.report import labels, names, words
from topo.report.means import spread
from topo.report.names import Case
from topo.report.panels.blocks import Card
from topo.report.panels.view import View, cost_key
from topo.report.verdicts.answer import Answer, because, duration, idle, interval, time_of, within
from topo.report.verdicts.rivals import as_fast, best, optimum, rivals, together, why_not


def answer(view: View) -> Answer | None:
    """Return which network to take; None where fewer than two of equal size met the headline traffic."""
    cases = rivals(view)
    if len({case.network for case in cases}) < 2:
        return None
    winners = best(view, cases)
    sentences = (_first(view, cases, winners), _others(view, cases, winners), _slower(view, cases), _idle(view, cases))
    return Answer(sentences, tuple(_cards(view, cases, winners)), _rule(view, cases[0]))


def _first(view: View, cases: Sequence[Case], winners: Sequence[Case]) -> str:
    one, several = winners[0], len(winners) > 1
    who = "Both" if len(winners) == len(cases) == 2 else f"All {len(cases)}" if len(winners) == len(cases) else ""
    take = f"Take {words.listing([case.network for case in winners], len(winners)).replace(' and ', ' or ')}"
    subject = f"{who} networks finish" if who else f"{take}: {'they finish' if several else 'it finishes'}"
    of = f"{one.traffic} on {words.count(one.get('endpoints'))} endpoints"
    price = f" at {words.usd(cost_key(one))} per endpoint" if one.get("cost_per_endpoint_usd") else ""
    return f"{subject} {of} in {duration(one)}{price}{because(one, 'their' if several or who else 'its')}."


def _others(view: View, cases: Sequence[Case], winners: Sequence[Case]) -> str:
    equals = [case for case in as_fast(cases, view.tie) if case not in winners]
    clauses = [(case.network, f"is as fast, but {why_not(view, case, winners[0])}") for case in equals]
    return f"{together(clauses)}." if clauses else ""


def _slower(view: View, cases: Sequence[Case]) -> str:
    least = min(map(time_of, cases))
    clauses = []
    for case in sorted(cases, key=time_of):
        ratio = time_of(case) / least
        if ratio <= 1 + view.tie:
            continue
        seeds = f" in the mean of {len(case.draws)} seeds" if case.ends("completion_s") else ""
        text = f"{case.network} takes {words.number(ratio)} times as long under {case.policy}{seeds}"
        ideal = optimum(view, case.network, case.traffic)
        if ideal is not None and time_of(ideal) < time_of(case) / (1 + view.tie):
            near = time_of(ideal) / least
            then = f"{words.number(near)} times" if near > 1 + view.tie else "as fast"
            text += f", {then} under the best routing there is"
        clauses.append(text)
    return f"{'; '.join(clauses)}." if clauses else ""


def _idle(view: View, cases: Sequence[Case]) -> str:
    networks = names.order(case.network for case in idle(cases))
    if not networks:
        return ""
    traffic = cases[0].traffic
    return f"{traffic} leaves the links between switches of {words.listing(networks)} idle: it tests nothing of them."


def _rule(view: View, one: Case) -> str:
    return (
        f"The rule: networks of equal size, each under the routing it would be run with ({view.policies}). Of those "
        f"{within(view.tie)} of the shortest time of {one.traffic}, one that another beats under some traffic and "
        "that beats it under none is left out; of the rest the cheapest per endpoint counts, at the size simulated."
    )


def _cards(view: View, cases: Sequence[Case], winners: Sequence[Case]) -> list[Card]:
    one, names_ = winners[0], [case.network for case in winners]
    name = f"all {len(cases)} alike" if len(winners) == len(cases) else words.listing(names_, 3)
    cards = [Card("Take", name, one.traffic, "good")]
    far = spread(one, "completion_s", words.seconds)
    cards.append(Card(labels.heading("completion_s"), interval(one), f"{one.network}, {one.policy}{far}"))
    share = one.get("normalized_throughput")
    if share is not None:
        state = "good" if share >= 1 - 1e-6 else "warn" if share >= 0.5 else "bad"
        rate = one.get("network_rate_bytes_per_s")
        note = "" if rate is None else f"{words.rate(rate)} an endpoint"
        note += spread(one, "normalized_throughput", words.percent)
        cards.append(Card("Share of the port limit", words.percent(share), note.strip(), state))
    return cards
