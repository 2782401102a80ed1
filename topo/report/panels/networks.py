"""Networks side by side: where each fills up under the same traffic, and how much longer it takes than the fastest."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from topo.generators import FAMILIES
from topo.report import labels, load, words
from topo.report.figures.axes import Figure, Variant, variants
from topo.report.figures.marks import plain
from topo.report.figures.panes import Pane, panes
from topo.report.matrix import ALIKE
from topo.report.names import Case
from topo.report.panels.blocks import Draw, Panel
from topo.report.panels.blocks import panel as make
from topo.report.panels.view import View
from topo.report.sketches import MOST_LINES, Sketch, sketch
from topo.report.tables import Column, Table, name, table

#: Networks drawn beside each other; each costs the page some 10 kB a traffic.
MOST_NETWORKS = 12
_TIME, _SHARE = "completion_s", "normalized_throughput"
#: Utilization above which a link is asked for more than it carries: below it is rounding.
_FULL = 1 + 1e-9


@dataclass(frozen=True)
class Network:
    """A network under a traffic, drawn."""

    case: Case
    sketch: Sketch
    pace: float  # utilization at its own port limit -> at the pace of the fastest network
    late: float  # its time over that of the fastest; where sizes differ, over that of its own ports
    is_choice: bool  # whether it stands against the fastest

    @property
    def n_above(self) -> int:
        """How many links are asked for more than they carry."""
        return self.sketch.n_above(_FULL / self.pace)

    @property
    def limit(self) -> str:
        """What holds it back, in words."""
        return labels.links_of(self.case.get("bottleneck_tier") or "")


def panel(view: View) -> Panel | None:
    """Return the networks beside each other, None where there are not two with link tables."""
    drawings = view.by_traffic(lambda traffic: some if len(some := networks(view, traffic)) > 1 else [])
    if not drawings:
        return None
    first = next(iter(drawings.values()))
    finding, how = _finding(first, view.tie), _how(drawings) + view.of_the_first
    if len(first) < len(view.of_traffic(first[0].case.traffic)):
        how += " Of networks of several sizes those of about one size are drawn."
    figure = Figure("fig-networks", finding, how, _panes(view, drawings), _table(drawings), "traffic")
    return make("networks", "Networks", "Where does each network fill up?", _answer(drawings), (Draw(figure),))


def _panes(view: View, drawings: Mapping[str, Sequence[Network]]) -> tuple[Variant, ...]:
    return variants(drawings, lambda some: panes([_pane(view, one) for one in some]))


def networks(view: View, traffic: str) -> list[Network]:
    """Return the networks of about a size that carried ``traffic`` and stored their links, in the study's order.

    Endpoints of several times the bandwidth set no pace for the others: there each network stands against its own.
    """
    drawings: list[tuple[Case, Sketch]] = []
    ports: list[float] = []
    for case in _of_a_size(view.of_traffic(traffic))[:MOST_NETWORKS]:
        columns = load.links(case.record)
        one = sketch(columns, facing=_facing(case)) if columns is not None else None
        if columns is not None and one is not None:
            drawings.append((case, one))
            ports.append(float(columns["capacity"][columns["tier"] == "endpoint"].sum()) / (case.get("endpoints") or 1))
    cases = [case for case, _ in drawings]
    if not cases or not _is_choice(cases, view.tie) or max(ports) > ALIKE * min(ports):
        return [Network(case, one, 1.0, 1 / (case.get(_SHARE) or 1.0), False) for case, one in drawings]
    least, fastest = min(float(case.get(_TIME)) for case in cases), max(float(case.get("theta")) for case in cases)
    return [
        Network(case, one, fastest / case.get("theta_port"), case.get(_TIME) / least, True) for case, one in drawings
    ]


def _of_a_size(cases: Sequence[Case]) -> Sequence[Case]:
    """Return the most of ``cases`` that are of about a size, of equally many the largest; all where none are."""
    sizes = [case.get("endpoints") or 0 for case in cases]
    groups = [[case for case, n in zip(cases, sizes, strict=True) if least <= n <= ALIKE * least] for least in sizes]
    most = max(zip(map(len, groups), sizes, groups, strict=True), key=lambda one: one[:2], default=(0, 0, []))
    return most[2] if most[0] > 1 else cases


def _is_choice(cases: Sequence[Case], tie: float) -> bool:
    """Return whether ``cases`` are of one size, and each says what it takes and what its ports would allow.

    Times of sizes a few percent apart differ for that alone: they are held against their own ports instead.
    """
    complete = all(case.get(key) for case in cases for key in (_TIME, "theta", "theta_port", "endpoints"))
    sizes = [case.get("endpoints") or 0 for case in cases]
    return complete and max(sizes) <= (1 + tie) * min(sizes)


def _facing(case: Case) -> bool:
    family = FAMILIES.get(case.record.part("fabric").get("family", ""))
    return family is not None and family.facing


def _pane(view: View, one: Network) -> Pane:
    case, late = one.case, one.late > 1 + view.tie
    word = "fastest" if one.is_choice and not late else f"{words.number(one.late)}×"
    time, tier = case.get(_TIME), case.get("bottleneck_tier")
    facts = [*([words.seconds(time)] if time else []), *([f"{one.limit} limit"] if tier else [])]
    nouns = {"endpoints": "endpoint", "switches": "switch"}
    parts = [words.plural(int(n), noun) for key, noun in nouns.items() if (n := case.get(key))]
    # A line of its own for the endpoints where there are three parts: on paper a pane is 220 px wide.
    parts = [*parts[:1], " · ".join([*parts[1:], one.sketch.what])] if one.sketch.what else [" · ".join(parts)]
    links = f"{one.n_above:,} of {len(one.sketch.utilization):,} links above 100 %"
    return Pane(
        one.sketch,
        f"<b>{plain(words.clip(case.network, 20))}</b> · {word}",
        late,
        plain(" · ".join(facts)),
        "<br>".join([*parts, links]),
        one.pace,
        f"{plain(case.title)}<br>{links}",
        f"{case.network} under {case.traffic}",
    )


def _how(drawings: Mapping[str, Sequence[Network]]) -> str:
    if any(one.is_choice for some in drawings.values() for one in some):
        how = (
            "Colour says how full a link would be if every network kept the pace of the fastest: above 100 % it is why "
            "a network is late, and × is how late."
        )
    else:
        how = "Colour says how full a link is with the traffic at the limit of the ports; × is the time over theirs."
    return (
        f"{how} Short strokes are the ports of endpoints. Above {MOST_LINES} lines neighbours share one, as full as "
        "its fullest link. Choosing a switch leads to the map of its network below."
    )


def _answer(drawings: Mapping[str, Sequence[Network]]) -> str:
    every = [one for some in drawings.values() for one in some]
    worst = max(every, key=lambda one: one.n_above / len(one.sketch.utilization))
    if not worst.n_above:
        return "No link of any network is asked for more than it carries."
    share = words.percent(worst.n_above / len(worst.sketch.utilization))
    return f"Most of all under {worst.case.traffic}: there {share} of the links of {worst.case.network} are too full."


def _finding(some: Sequence[Network], tie: float) -> str:
    """Return who is fastest under the traffic that is drawn first, and what holds the slowest back."""
    best = [one for one in some if one.late <= 1 + tie]
    worst = max(some, key=lambda one: one.late)
    every = "both" if len(some) == 2 else f"all {len(some)}"
    traffic, names = some[0].case.traffic, words.listing([one.case.network for one in best])
    if len(best) == len(some) and not some[0].is_choice:
        return f"Under {traffic} {every} networks are as fast as the ports of their endpoints."
    if len(best) == len(some):
        return f"Under {traffic} {every} networks take the same time, and {worst.limit} limit them."
    clause = f"{worst.case.network} takes {words.number(worst.late)} times as long"
    if some[0].is_choice:
        lead = f"Under {traffic} {names} {'is' if len(best) == 1 else 'are'} fastest; {clause}"
    else:
        lead = f"Under {traffic} {clause} as its ports would"
    return f"{lead}: {worst.limit} hold it back."


def _table(drawings: Mapping[str, Sequence[Network]]) -> Table:
    keys = ("endpoints", "switches", _TIME)
    columns = [name("Network"), name("Traffic"), *map(labels.column, keys), Column("Slower", words.ratio, "×")]
    columns += [
        labels.column("bottleneck_tier"),
        Column("Too full", words.count, "links"),
        Column("Of", words.count, "links"),
    ]
    rows = [
        (
            one.case.network,
            one.case.traffic,
            *map(one.case.get, keys),
            one.late,
            one.case.get("bottleneck_tier"),
            one.n_above,
            len(one.sketch.utilization),
        )
        for some in drawings.values()
        for one in some
    ]
    return table("networks-drawn", "Networks beside each other", columns, rows, filterable=len(rows) > 12)
