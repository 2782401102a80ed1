"""Verdict: one sentence and a handful of numbers, warnings first."""

from __future__ import annotations

from topo.report import labels, words
from topo.report.names import Named
from topo.report.panels.blocks import Card, Cards, Notes, Panel
from topo.report.panels.blocks import panel as make
from topo.report.panels.view import TIE, View, cost_key, largest

#: A conservation residual above this means that a routing lost traffic.
RESIDUAL_LIMIT = 1e-6
#: A link asked for more than its capacity when the demand runs at its port limit.
CONGESTION_LIMIT = 1.0
_ROUNDING = 1e-9


def panel(view: View) -> Panel:
    """Return the verdict of the study."""
    warnings = _warnings(view)
    cards = Cards(tuple(_cards(view)))
    notes = Notes(tuple(warnings), "Before you rely on it", "warn") if warnings else None
    return make("verdict", "Verdict", "What does this study say?", sentence(view), (notes, cards, _rule(view)))


def sentence(view: View) -> str:
    """Return the verdict in one sentence."""
    best = view.best
    if best is None:
        sized = [case for case in view.sized if case.get("cost_per_endpoint_usd")]
        if not sized:
            return f"{words.plural(len(view.cases), 'case')}, none of which carries traffic or a price."
        least = min(sized, key=cost_key)
        cost = words.usd(least.get("cost_per_endpoint_usd"))
        return f"{least.network} costs least per endpoint, {cost}; no case carries traffic."
    rivals = view.of_traffic(best.traffic)
    finish = words.seconds(best.get("completion_s"))
    if len(rivals) == 1:
        return f"{best.network} finishes {best.traffic} in {finish} at {_share(best)} of its port limit."
    slowest = largest(rivals, "completion_s") or best
    times = slowest.get("completion_s") / best.get("completion_s")
    cost = f" at {words.usd(cost_key(best))} per endpoint" if best.get("cost_per_endpoint_usd") else ""
    tail = f"; {slowest.network} takes {words.number(times)} times as long" if times > 1.005 else ", as do all others"
    equal = [case.network for case in rivals if _as_good(case, best)]
    if len(equal) == len(rivals):
        every = "Both" if len(equal) == 2 else f"All {len(equal)}"
        return f"{every} networks finish {best.traffic} in {finish}{cost}."
    verb = "finish" if len(equal) > 1 else "finishes"
    return f"{words.listing(equal)} {verb} {best.traffic} in {finish}{cost}{tail}."


def _most(equal: list[str], of: int) -> str:
    return f"all {of} alike" if len(equal) == of else words.listing(equal, 3)


def _as_good(case: Named, best: Named) -> bool:
    same_time = case.get("completion_s") <= best.get("completion_s") * (1 + TIE) if case.get("completion_s") else False
    return same_time and cost_key(case) <= cost_key(best) * (1 + TIE)


def _share(case: Named) -> str:
    share = case.get("normalized_throughput")
    return words.percent(share) if share is not None else "an unstated share"


def _rule(view: View) -> Notes | None:
    if view.best is None or len(view.of_traffic(view.best.traffic)) < 2:
        return None
    rule = (
        "The rule: among networks within 1 % of the shortest completion time of "
        f"{view.best.traffic} under {view.policy}, "
        "the one with the lowest cost per endpoint at the size simulated. Another "
        "traffic may say otherwise: see the comparison."
    )
    return Notes((rule,))


def _warnings(view: View) -> list[str]:
    out = []
    if view.failed:
        out.append(f"{words.plural(len(view.failed), 'case')} failed or refused; the list stands under Checks.")
    lossy = [c for c in view.solved if (c.get("conservation_residual") or 0) > RESIDUAL_LIMIT]
    if lossy:
        out.append(f"Routing loses traffic in {words.plural(len(lossy), 'case')}: residual above {RESIDUAL_LIMIT:g}.")
    hot = [c for c in view.grid if (c.get("max_utilization") or 0) > CONGESTION_LIMIT + _ROUNDING]
    if hot:
        worst = largest(hot, "max_utilization") or hot[0]
        out.append(
            f"{len(hot)} of {len(view.grid)} network and traffic pairs ask some switch link for more than it carries; "
            f"worst is {worst.network} under {worst.traffic}, "
            f"{words.number(worst.get('max_utilization'))} times its capacity."
        )
    uneven = [(case, warning) for case in view.grid for warning in case.get("warnings") or ()]
    if uneven:
        case, first = uneven[0]
        more = f" {words.plural(len(uneven) - 1, 'other case')} likewise." if len(uneven) > 1 else ""
        out.append(f"{case.network} under {case.traffic}: {first}.{more}")
    out += [
        f"{case.network} cannot be built as sized: {case.get('reason') or 'the construction does not exist'}."
        for case in view.sized
        if case.get("buildable") is False
    ]
    return out


def _cards(view: View) -> list[Card]:
    cards = []
    best = view.best
    if best is not None:
        equal = [c.network for c in view.of_traffic(best.traffic) if _as_good(c, best)]
        cards.append(
            Card("Fastest for its price", _most(equal, len(view.of_traffic(best.traffic))), best.traffic, "good")
        )
        cards.append(
            Card(
                labels.heading("completion_s"),
                words.seconds(best.get("completion_s")),
                f"{best.network}, {best.policy}",
            )
        )
        share = best.get("normalized_throughput")
        if share is not None:
            state = "good" if share >= 1 - 1e-6 else "warn" if share >= 0.5 else "bad"
            cards.append(Card("Share of the port limit", words.percent(share), "pass: 100 %, nothing blocks", state))
    priced = [case for case in view.sized if case.get("cost_per_endpoint_usd")]
    if priced:
        least = min(priced, key=cost_key)
        note = f"{least.network}, {words.count(least.get('endpoints'))} endpoints, full size"
        cards.append(Card("Lowest cost per endpoint", words.usd(cost_key(least)), note))
    limited = [case for case in view.solved if case.get("gain_expected") and case.node_limit]
    gain = next((case for case in limited if case is best), None) or largest(limited, "gain_expected")
    if gain is not None:
        note = f"copies on the network, at most {gain.node_limit} hosts a token"
        cards.append(
            Card("Gain of node-limited routing", f"{words.number(gain.get('gain_expected'))}{words.NARROW}×", note)
        )
    hottest = largest(view.grid, "max_utilization")
    if hottest is not None:
        worst = hottest.get("max_utilization")
        state = "good" if worst <= CONGESTION_LIMIT + _ROUNDING else "bad"
        note = f"{hottest.network}, {hottest.traffic}; pass: at most {CONGESTION_LIMIT:g}"
        cards.append(Card("Worst congestion", words.number(worst), note, state))
    return cards[:6]
