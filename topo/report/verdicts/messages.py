"""How large must a message be: the bandwidth that collectives reach, from which size, and on which network."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from topo.report import words
from topo.report.names import Case
from topo.report.panels.messages import in_binary, pattern_of
from topo.report.panels.view import View
from topo.report.verdicts.answer import Answer, within

_RATE = "busbw_bytes_per_s"


def answer(view: View) -> Answer | None:
    """Return bandwidth at the largest message and the size of half of it; None unless most cases belong to sweeps."""
    sweeps = view.message_sweeps
    if not sweeps or 2 * sum(map(len, sweeps)) < len(view.solutions):
        return None
    groups: dict[str, list[list[Case]]] = defaultdict(list)
    for sweep in sweeps:
        groups[pattern_of(sweep)].append(sweep)
    return Answer((*(_reach(pattern, group) for pattern, group in groups.items()), _networks(view, sweeps)))


def _size(case: Case) -> str:
    return in_binary(float(case.get("collective_bytes")))


def _rate(case: Case) -> float:
    return float(case.get(_RATE))


def _reach(pattern: str, sweeps: Sequence[list[Case]]) -> str:
    """Return what the group of most ranks reaches."""
    sweep = max(sweeps, key=lambda one: int(one[0].get("collective_ranks")))
    last = sweep[-1]
    half = next(case for case in sweep if _rate(case) >= _rate(last) / 2)
    of = f"{' '.join(reversed(pattern.split(', ')))} of {words.plural(int(last.get('collective_ranks')), 'rank')}"
    return (
        f"{of[:1].upper()}{of[1:]} reaches half of its {words.rate(_rate(last))} (busbw at {_size(last)}) "
        f"from {_size(half)} on, because below that latency takes most of the time."
    )


def _networks(view: View, sweeps: Sequence[list[Case]]) -> str:
    """Return how far networks are apart at most, at equal collective, ranks and size."""
    cells: dict[tuple[str, int, float], list[Case]] = defaultdict(list)
    for sweep in sweeps:
        for case in sweep:
            cells[pattern_of(sweep), int(case.get("collective_ranks")), float(case.get("collective_bytes"))].append(
                case
            )
    rivals = [cases for cases in cells.values() if len({case.network for case in cases}) > 1]
    if not rivals:
        return ""
    apart = max(rivals, key=lambda cases: max(map(_rate, cases)) / min(map(_rate, cases)))
    slow, fast = min(apart, key=_rate), max(apart, key=_rate)
    ratio = _rate(fast) / _rate(slow)
    if ratio <= 1 + view.tie:
        return f"At every size the networks are equal {within(view.tie)}."
    of = f"{slow.traffic.partition(' (')[0]} of {_size(slow)}"
    return f"The networks differ most in {of}: {fast.network} is {words.number(ratio)} times as fast as {slow.network}."
