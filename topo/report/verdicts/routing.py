"""Which routing: the share of the port limit that each policy keeps in its worst case, over seeds."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from topo.report import words
from topo.report.means import mean_of
from topo.report.panels.seeds import Repeat, repeats
from topo.report.panels.view import View
from topo.report.verdicts.answer import Answer, because

_SHARE = "normalized_throughput"


def answer(view: View) -> Answer | None:
    """Return what each policy keeps; None unless nearly every network and traffic met two policies."""
    settings = [one for one in repeats(view) if one.values(_SHARE)]
    cells: dict[tuple[str, str], set[str]] = defaultdict(set)
    for one in settings:
        cells[one.network, one.traffic].add(one.policy)
    if not cells or any(len(policies) < 2 for policies in cells.values()):
        return None
    worst = {policy: min(group, key=_least) for policy, group in _by_policy(settings).items()}
    best = max(map(_least, worst.values()))
    keep = [policy for policy, one in worst.items() if _least(one) >= best * (1 - view.tie)]
    others = [worst[policy] for policy in _order(worst) if policy not in keep]
    first = "; ".join([_best_share(keep, worst, best), *map(_loss, others[:1])])
    return Answer((f"{first}.", *(f"{_loss(one)}." for one in others[1:]), _where(others)))


def _by_policy(settings: Sequence[Repeat]) -> dict[str, list[Repeat]]:
    groups: dict[str, list[Repeat]] = defaultdict(list)
    for one in settings:
        groups[one.policy].append(one)
    return groups


def _least(one: Repeat) -> float:
    return one.mean(_SHARE) or 0.0


def _order(worst: dict[str, Repeat]) -> list[str]:
    return sorted(worst, key=lambda policy: _least(worst[policy]))


def _best_share(keep: Sequence[str], worst: dict[str, Repeat], best: float) -> str:
    verb = "carry" if len(keep) > 1 else "carries"
    if best >= 1 - 1e-6:
        return f"{words.listing(list(keep))} {verb} every traffic at its port limit"
    one = worst[keep[0]]
    where = f"{one.traffic} on {one.network}"
    return f"{words.listing(list(keep))} {verb} {words.percent(best)} of the port limit at worst ({where})"


def _loss(one: Repeat) -> str:
    rate = one.mean("network_rate_bytes_per_s")
    each = f", {words.rate(rate)} an endpoint" if rate else ""
    why = because(mean_of(one.cases))
    return f"{one.policy} falls to {words.percent(_least(one))} of it under {one.traffic}{each}{why}"


def _where(worst: Sequence[Repeat]) -> str:
    """Return on which network each policy falls so far, and how far over seeds."""
    clauses = []
    for one in worst:
        low, high = one.least(_SHARE) or 0.0, one.most(_SHARE) or 0.0
        seeds = f", {words.percent(low)} to {words.percent(high)} over {len(one.cases)} seeds" if high > low else ""
        clauses.append(f"{one.policy} on {one.network}{seeds}")
    return f"Worst case: {'; '.join(clauses)}." if clauses else ""
