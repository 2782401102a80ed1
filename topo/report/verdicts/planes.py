"""How many planes: time and price over their number, and where routing matters."""

from __future__ import annotations

from collections.abc import Sequence

from topo.report import words
from topo.report.names import Case
from topo.report.panels.view import View, cost_key
from topo.report.verdicts.answer import Answer, duration, idle, time_of, within

_AXIS = "fabric.planes"


def answer(view: View) -> Answer | None:
    """Return what the number of planes does to the headline traffic; None where it was not swept."""
    traffic = _headline(view)
    usual = _by_planes(view, traffic, view.policy)
    if len(usual) < 2:
        return None
    return Answer((_times(view, usual), _prices(view, usual), _routing(view, traffic), _idle(usual)))


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
            cases.setdefault(int(planes), case)
    equal = {int(case.get("endpoints")) for case in cases.values()}
    return dict(sorted(cases.items())) if len(equal) == 1 else {}


def _times(view: View, usual: dict[int, Case]) -> str:
    first, *_, last = usual
    one, least = usual[first], min(usual.values(), key=time_of)
    of = f"{one.traffic} on {words.count(one.get('endpoints'))} endpoints"
    most = max(usual.values(), key=time_of)
    if time_of(most) <= time_of(least) * (1 + view.tie):
        return f"{of} takes {duration(one)} on {first} to {last} planes alike, {within(view.tie)}."
    planes = next(n for n, case in usual.items() if case is least)
    slow = next(n for n, case in usual.items() if case is most)
    ratio = words.number(time_of(most) / time_of(least))
    fast = f"{of} is fastest on {words.plural(planes, 'plane')}, {duration(least)}"
    return f"{fast}; {slow} takes {ratio} times as long."


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
    return f"On {words.listing([str(p) for p in counts])} planes it leaves the links between switches idle."
