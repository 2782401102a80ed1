"""How many planes: time and price over their number, and where routing matters."""

from __future__ import annotations

from collections.abc import Sequence

from topo.report import words
from topo.report.names import Case
from topo.report.panels.view import View, cost_key
from topo.report.verdicts.answer import Answer, because, duration, idle, time_of, within

_AXIS = "fabric.planes"


def answer(view: View) -> Answer | None:
    """Return what the number of planes does to the headline traffic; None where it was not swept."""
    traffic = _headline(view)
    usual = _by_planes(view, traffic, view.policy)
    if len(usual) < 2:
        return None
    return Answer(
        (_times(view, usual), _routing(view, traffic), _limits(view), _prices(view, usual), _idle(usual)),
    )


def _headline(view: View) -> str:
    """Return the traffic shown first, of several node limits the model's own or the middle one."""
    if not view.traffics:
        return ""
    traffics = [t for t in view.traffics if _by_planes(view, t, view.policy)]
    return traffics[len(traffics) // 2] if traffics else view.traffics[0]


def _by_planes(view: View, traffic: str, policy: str) -> dict[int, Case]:
    cases: dict[int, Case] = {}
    for case in view.solutions:
        planes = case.record.labels.get(_AXIS, "")
        if not planes.isdigit() or (case.traffic, case.policy) != (traffic, policy):
            continue
        if case.get("completion_s") and case.get("endpoints"):
            cases.setdefault(int(planes), view.mean(case))
    equal = {int(case.get("endpoints")) for case in cases.values()}
    return dict(sorted(cases.items())) if len(equal) == 1 else {}


def _times(view: View, usual: dict[int, Case]) -> str:
    one, counts = next(iter(usual.values())), list(map(str, usual))
    least, most = (choose(usual, key=lambda n: time_of(usual[n])) for choose in (min, max))
    if time_of(usual[most]) <= time_of(usual[least]) * (1 + view.tie):
        where = f"{words.listing(counts, len(counts))} planes of {words.count(one.get('endpoints'))} endpoints"
        time = f"{duration(one)} on {where}, {within(view.tie)}"
        return f"Planes make no difference: {one.traffic} takes {time}{because(one)}."
    ratio = words.number(time_of(usual[most]) / time_of(usual[least]))
    of = f"{one.traffic} on {words.count(one.get('endpoints'))} endpoints"
    fast = f"Take {words.plural(least, 'plane')}: {of} takes {duration(usual[least])}"
    return f"{fast}; on {words.plural(most, 'plane')} it takes {ratio} times as long{because(usual[most])}."


def _limits(view: View) -> str:
    """Return what the node limit does to the traffic under the usual policy; empty where one alone was asked for."""
    times: dict[int, Case] = {}
    for traffic in view.traffics:
        cases = list(_by_planes(view, traffic, view.policy).values())
        if cases and cases[0].node_limit is not None:
            times[cases[0].node_limit] = cases[0]
    if len(times) < 2:
        return ""
    limits, each = list(map(str, sorted(times))), [words.seconds(time_of(times[n])) for n in sorted(times)]
    of = f"At most {words.listing(limits, len(limits)).replace(' and ', ' or ')} hosts a token"
    return f"{of}: it takes {words.listing(each, len(each))}."


def _prices(view: View, usual: dict[int, Case]) -> str:
    costs = {planes: cost_key(case) for planes, case in usual.items() if case.get("cost_per_endpoint_usd")}
    if len(costs) < 2:
        return ""
    least, most = min(costs, key=costs.__getitem__), max(costs, key=costs.__getitem__)
    if costs[most] <= costs[least] * (1 + view.tie):
        return f"Each costs {words.usd(costs[least])} per endpoint."
    low, high = words.usd(costs[least]), words.usd(costs[most])
    return f"{words.plural(least, 'plane')} costs least, {low} per endpoint; {most} costs {high}."


def _routing(view: View, traffic: str) -> str:
    """Return on how many planes the policy matters, and how much."""
    policies = {case.policy for case in view.solutions if case.traffic == traffic}
    by_policy = {policy: _by_planes(view, traffic, policy) for policy in sorted(policies)}
    worst: dict[int, tuple[float, str]] = {}
    for planes in sorted({p for by in by_policy.values() for p in by}):
        times = {policy: time_of(by[planes]) for policy, by in by_policy.items() if planes in by}
        slow = max(times, key=times.__getitem__)
        worst[planes] = (times[slow] / min(times.values()), slow)
    places = [planes for planes, (ratio, _) in worst.items() if ratio > 1 + view.tie]
    if len(policies) < 2:
        return ""
    if not places:
        return "The routing policy changes nothing."
    planes = max(places, key=lambda p: worst[p][0])
    ratio, slow = worst[planes]
    where = f"on {words.listing([str(p) for p in places])} {'plane' if places == [1] else 'planes'}"
    return f"Routing matters {where} alone: {slow} takes up to {words.number(ratio)} times as long as the best policy."


def _idle(usual: dict[int, Case]) -> str:
    counts: Sequence[int] = [planes for planes, case in usual.items() if case in idle(list(usual.values()))]
    if not counts:
        return ""
    planes = f"{words.listing([str(p) for p in counts])} {'plane' if counts == [1] else 'planes'}"
    return f"On {planes} it leaves the links between switches idle."
