"""What failures cost: how much longer the traffic takes with the most parts gone, network by network."""

from __future__ import annotations

from topo.report import words
from topo.report.names import Case
from topo.report.panels.view import View
from topo.report.verdicts.answer import Answer


def answer(view: View) -> Answer | None:
    """Return what the largest failures cost each network; None where none were asked for."""
    cases = [case for case in view.solutions if case.get("failed") is not None and case.policy == view.policy]
    most = max((_parts(case) for case in cases), default=0)
    worst = [case for case in cases if _parts(case) == most and case.get("slowdown")]
    if not most or not worst:
        return None
    slow: dict[str, list[float]] = {}
    for case in worst:
        slow.setdefault(case.network, []).append(float(case.get("slowdown")))
    mean = dict(sorted(((name, sum(values) / len(values)) for name, values in slow.items()), key=lambda one: one[1]))
    return Answer((_slowdowns(view, worst[0], mean, len(worst) // len(mean)), _unreachable(cases)))


def _parts(case: Case) -> int:
    return int((case.get("failed_cables") or 0) + (case.get("failed_nodes") or 0))


def _slowdowns(view: View, example: Case, mean: dict[str, float], draws: int) -> str:
    """Return the sentence on times: the networks from the least slowed to the most."""
    parts = words.plural(_parts(example), "part" if example.get("failed_nodes") else "cable")
    of = f"With {parts} gone, {example.traffic}"
    average = f", on average over {draws} draws" if draws > 1 else ""
    times = [f"{words.number(ratio)} times as long on {name}" for name, ratio in mean.items() if ratio > 1 + view.tie]
    alike = [name for name, ratio in mean.items() if ratio <= 1 + view.tie]
    same = f"as long as before on {words.listing(alike)}" if alike else ""
    each = [*([same] if same else []), *times]
    return f"{of} takes {words.listing(each, most=len(each))}{average}."


def _unreachable(cases: list[Case]) -> str:
    """Return the sentence on flows that find no path."""
    cut = [case for case in cases if case.get("unreachable_commodities")]
    if not cut:
        return "Every flow still finds a path."
    worst = min(cut, key=lambda case: float(case.get("reach_with_relay") or 0.0))
    share = words.percent(1.0 - float(worst.get("reach_with_relay") or 0.0))
    return f"Up to {share} of the flows find no path any more, on {worst.network}."
