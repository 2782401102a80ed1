"""Verdict: one sentence and a handful of numbers, warnings first."""

from __future__ import annotations

from topo.report import labels, names, words
from topo.report.matrix import Reading, readings
from topo.report.names import Case
from topo.report.panels.blocks import Block, Card, Cards, Notes, Panel, Pick, Show
from topo.report.panels.blocks import panel as make
from topo.report.panels.view import View, cost_key, largest
from topo.report.verdicts import verdict
from topo.size import Tier

#: A conservation residual above this means that a routing lost traffic.
RESIDUAL_LIMIT = 1e-6
#: A link asked for more than its capacity when the demand runs at its port limit.
CONGESTION_LIMIT = 1.0
_ROUNDING = 1e-9
#: Numbers that fit beside each other.
MOST_CARDS = 6


def panel(view: View) -> Panel:
    """Return the verdict of the study."""
    warnings, answer = _warnings(view), verdict(view)
    cards = Cards((*answer.cards, *_cards(view))[:MOST_CARDS])
    notes = Notes(tuple(warnings), "Before you rely on it", "warn") if warnings else None
    rule = Notes((answer.rule,)) if answer.rule else None
    first, *more = filter(None, answer.sentences)
    rest = Notes(tuple(more)) if more else None
    options = _matrix(readings(view))
    return make("verdict", "Verdict", "What does this study say?", first, (rest, options, notes, cards, rule))


def _matrix(choices: tuple[Reading, ...]) -> Block | None:
    if len(choices) < 2:
        return Show(choices[0].table) if choices else None
    names_, tables = [one.name for one in choices], [one.table for one in choices]
    return Pick("choice-matrix", "Routing policy", tuple(names_), tuple(tables))


def _warnings(view: View) -> list[str]:
    out = []
    if view.failures:
        out.append(f"{words.plural(len(view.failures), 'case')} failed or refused; the list stands under Checks.")
    lossy = [c for c in view.solutions if (c.get("conservation_residual") or 0) > RESIDUAL_LIMIT]
    if lossy:
        out.append(f"Routing loses traffic in {words.plural(len(lossy), 'case')}: residual above {RESIDUAL_LIMIT:g}.")
    hot = [c for c in view.grid if (c.most("max_utilization") or 0) > CONGESTION_LIMIT + _ROUNDING]
    if hot:
        worst = largest(hot, _hottest) or hot[0]
        most = f"{worst.network} under {worst.traffic}, {words.of_capacity(_hottest(worst))}{_of_seeds(worst)}"
        if len(view.grid) == 1:
            out.append(f"Some switch link is asked for more than it carries: {most}.")
        else:
            n = f"{len(hot)} of {len(view.grid)} network and traffic pairs {'asks' if len(hot) == 1 else 'ask'}"
            out.append(f"{n} some switch link for more than it carries; worst is {most}.")
    out += _within_domains(view)
    uneven = [(case, warning) for case in view.grid for warning in case.get("warnings") or () if warning]
    if uneven:
        case, first = uneven[0]
        more = f" {words.plural(len(uneven) - 1, 'other case')} likewise." if len(uneven) > 1 else ""
        out.append(f"{case.network} under {case.traffic}: {first}.{more}")
    out += [
        f"{case.network} cannot be built as sized: {case.get('reason') or 'the construction does not exist'}."
        for case in view.full_size
        if case.get("buildable") is False
    ]
    return out


def _hottest(case: Case) -> float | None:
    """Return the utilization of the fullest link between switches, under whatever seed; None where none is stored."""
    utilization: float | None = case.most("max_utilization")
    return utilization


def _of_seeds(case: Case) -> str:
    return f", the most of {len(case.draws)} seeds" if case.ends("max_utilization") else ""


def _within_domains(view: View) -> list[str]:
    """Return which traffic is limited by scale-up links: its share of the port limit tells nothing of the network."""
    by_traffic: dict[str, list[Case]] = {}
    for case in view.grid:
        if case.get("bottleneck_tier") == Tier.SCALE_UP.label and (case.get("normalized_throughput") or 1) < 1 - 1e-6:
            by_traffic.setdefault(case.traffic, []).append(case)
    return [
        f"Scale-up links such as NVLink, not the network, limit {traffic} on "
        f"{words.listing(names.order(case.network for case in cases))}{_two_rates(cases[0])}."
        for traffic, cases in by_traffic.items()
    ]


def _two_rates(case: Case) -> str:
    """Return the rates of an endpoint on either side, as the end of a sentence; empty where one is not stored."""
    inner, outer = case.get("scale_up_rate_bytes_per_s"), case.get("network_rate_bytes_per_s")
    if inner is None or outer is None:
        return ""
    return f": {words.rate(inner)} an endpoint there, {words.rate(outer)} into the network"


def _cards(view: View) -> list[Card]:
    """Return numbers that say something of every study: price, node limit, fullest link."""
    cards = []
    networks = [case for case in view.full_size if case.get("cost_per_endpoint_usd") and case.get("endpoints")]
    if networks:
        least = min(networks, key=cost_key)
        note = f"{least.network}, {words.count(least.get('endpoints'))} endpoints, full size"
        cards.append(Card("Lowest cost per endpoint", words.usd(cost_key(least)), note))
    experts = [case for case in view.solutions if case.get("gain_expected") and case.node_limit]
    gain = largest(experts, "gain_expected")
    if gain is not None:
        note = f"copies on the network, at most {gain.node_limit} hosts a token"
        cards.append(
            Card("Gain of node-limited routing", f"{words.number(gain.get('gain_expected'))}{words.NARROW}×", note)
        )
    hottest = largest(view.grid, _hottest)
    if hottest is not None:
        worst = _hottest(hottest) or 0.0
        state = "good" if worst <= CONGESTION_LIMIT + _ROUNDING else "bad"
        note = f"{hottest.network}, {hottest.traffic}{_of_seeds(hottest)}; pass: at most {CONGESTION_LIMIT:g}"
        cards.append(Card(labels.heading("max_utilization"), words.number(worst), note, state))
    return cards
