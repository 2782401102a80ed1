"""The bill: which part of a book each switch, NIC, cable and transceiver is, and what they cost together."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any, NamedTuple

from topo.cost.book import Price, PriceBook
from topo.cost.table_3 import TABLE_3, TABLE_3_CAPACITY
from topo.size import Medium, Size, Tier
from topo.units import gbps

#: Speeds of a book and that of a port are the same within this fraction: units were converted on the way.
_SAME_SPEED = 1e-9
#: The row that prices a medium; backplanes come with the server.
_MEDIA = {medium: "optical-cable" if medium.optical else f"{medium.name.lower()}-cable" for medium in Medium}


class Run(NamedTuple):
    """Cables of one tier, medium and length."""

    tier: Tier
    medium: Medium
    length_m: float | None  # [m]; None where no floor plan says
    cables: int


@dataclass(frozen=True)
class Line:
    """A line of a bill."""

    part: str
    count: int
    price: Price | None = None  # None where the book has no row
    lacks: str = ""  # why there is no price, and what would do
    note: str = ""
    run: Run | None = None  # the cables; None for other parts

    @property
    def usd_each(self) -> float | None:
        """Price of one [USD]; None where there is none."""
        return self.price.usd if self.price else None

    @property
    def why(self) -> str:
        """What is missing of the price; empty where nothing is."""
        if self.usd_each is not None:
            return ""
        return self.lacks or f"{self.part}: the book has a row of it without a price"


def bill(size: Size, prices: PriceBook, *, capacity: float, runs: Sequence[Run] = ()) -> dict[str, Any]:
    """Return what the parts of ``size`` cost and draw, with switch ports of ``capacity`` [B/s].

    ``runs`` say how long its cables are, where a floor plan does: each is then priced as the cheapest that reaches,
    else as the one of the longest reach.

    Keys: price_book, cost_usd and cost_per_endpoint_usd (None where a part has no price, the latter also without
    endpoints), priced_usd (of the parts that have one), unpriced (a sentence a part that has none), watts (None
    unless every part has a sourced value), cost_parts (a list of part, count, usd_each, usd,
    watts_each, watts, source, date, note), cost_by_layer (switches of a tree apart), and for a calibrated book
    cost_residuals.
    """
    lines = _merged(_lines(size, prices, capacity, runs), _priced)
    parts = [_part(line) for line in lines]
    priced = sum(part["usd"] for part in parts if part["usd"] is not None)
    missing = [line.why for line in lines if line.why]
    drawn = [part["watts"] for part in parts]
    result = {
        "price_book": prices.name,
        "cost_usd": None if missing else priced,
        "cost_per_endpoint_usd": None if missing or not size.endpoints else priced / size.endpoints,
        "priced_usd": priced,
        "unpriced": list(dict.fromkeys(missing)),
        "watts": None if None in drawn else sum(drawn),
        "cost_parts": parts,
        "cost_by_layer": [_layer(name, n, lines[0]) for name, n in size.layers.items()] if size.switches else [],
    }
    if prices.calibrated and (rows := residuals(prices)):
        result["cost_residuals"] = rows
    return result


def items(size: Size, prices: PriceBook, *, capacity: float, runs: Sequence[Run] = ()) -> list[Line]:
    """Return the lines of ``bill``, cables apart by tier, medium and length: the same parts at the same prices."""
    return _merged(_lines(size, prices, capacity, runs), lambda line: (*_priced(line), line.run and line.run[:3]))


def reaches(medium: Medium, prices: PriceBook, *, capacity: float) -> float | None:
    """Return how far cables of ``medium`` reach by the book [m]: 0 where it has other media alone, None if unsaid."""
    by_medium = [p for p in _at_speed(prices, gbps(capacity)) if p.part in _MEDIA.values()]
    own = [p for p in by_medium if p.part == _MEDIA[medium]]
    if by_medium and not own:
        return 0.0
    return max((p.reach_m for p in own if p.reach_m is not None), default=None)


def residuals(prices: PriceBook) -> list[dict[str, Any]]:
    """Return for each row of Table 3 what ``prices`` gives against what the paper prints; none where it lacks a part.

    No linear model in switches, endpoint cables and switch cables meets all five printed
    costs within their rounding; ``within_rounding`` says which are met.
    """
    return [dict(row) for row in _residuals(prices)]


@lru_cache(maxsize=16)  # a search bills thousands of networks by one book
def _residuals(prices: PriceBook) -> list[dict[str, Any]]:
    rows = []
    for row in TABLE_3:
        lines = _lines(row.size, prices, TABLE_3_CAPACITY, ())
        if any(line.why for line in lines):
            return []
        usd = sum((line.usd_each or 0.0) * line.count for line in lines)
        rows.append(
            {
                "network": row.name,
                "computed_usd": usd,
                "printed_usd": row.usd,
                "residual": usd / row.usd - 1,
                "within_rounding": abs(usd - row.usd) <= row.rounding_usd,
            }
        )
    return rows


def _lines(size: Size, prices: PriceBook, capacity: float, runs: Sequence[Run]) -> list[Line]:
    """Return the lines of the bill, switches first, one each for what may share a row of the book."""
    speed = gbps(capacity)
    offer = _Offer(_at_speed(prices, speed), f"price book {prices.name} at {speed:g} Gb/s")
    lines = [_switches(offer, size)] if size.switches else []
    if lines and lines[0].price:
        offer = offer._replace(split=lines[0].price.breakout)
    for run in runs or (Run(tier, medium, None, n) for tier, medium, n in size.cables):
        if run.tier != Tier.SCALE_UP:
            lines += _cables(offer, run)
    if nic := _find(offer.rows, "nic"):
        lines.append(Line("nic", size.endpoint_links, nic))
    if not offer.rows:
        lines = [replace(line, lacks=_no_speed(prices, speed)) for line in lines]
    return lines


#: Parts of which one serves ``breakout`` ports; of switches and cables each is one.
_SHARED = ("transceiver", "nic")


def _priced(line: Line) -> tuple[Any, ...]:
    """Return what lines of one price have in common, or of one part that has none."""
    return line.price, line.part


def _merged(lines: list[Line], key: Callable[[Line], tuple[Any, ...]]) -> list[Line]:
    """Return ``lines`` with those of one ``key`` added up; twin ports are shared."""
    same: dict[tuple[Any, ...], list[Line]] = {}
    for line in lines:
        same.setdefault(key(line), []).append(line)
    return [_together(equal) for equal in same.values()]


def _together(equal: list[Line]) -> Line:
    ports, first = sum(line.count for line in equal), equal[0]
    shared = first.price.breakout if first.price and first.part in _SHARED else 1
    return replace(first, count=-(-ports // shared))


def _at_speed(prices: PriceBook, speed_gbps: float) -> list[Price]:
    """Return the rows for ports of this speed, before the rows that fit every speed; none where no row names either."""
    exact = [p for p in prices.rows if p.at_gbps and abs(p.at_gbps / speed_gbps - 1) < _SAME_SPEED]
    return exact + [p for p in prices.rows if p.speed_gbps is None]


def _no_speed(prices: PriceBook, speed_gbps: float) -> str:
    speeds = ", ".join(f"{speed:g}" for speed in sorted({p.at_gbps or 0.0 for p in prices.rows})) or "none"
    return (
        f"price book {prices.name} has no rows for {speed_gbps:g} Gb/s; its speeds: {speeds}. "
        "Add rows with that speed_gbps, or leave speed_gbps empty to fit every speed"
    )


def _switches(offer: _Offer, size: Size) -> Line:
    enough = [p for p in offer.rows if p.serves >= size.radix and p.ports]
    if enough:
        price = min(enough, key=lambda p: p.serves)
        return Line(price.part, size.switches, price, note=_larger(price, size.radix))
    sold = ", ".join(p.part for p in offer.rows if p.ports) or "none"
    need = f"a switch here needs {size.radix} ports; it has {sold}"
    return Line(
        f"switch-{size.radix}", size.switches, lacks=f"{offer.where} lacks a row switch-{size.radix} or larger: {need}"
    )


class _Offer(NamedTuple):
    """What a price book has for ports of one speed."""

    rows: list[Price]
    where: str  # the book and the speed, as messages call them
    split: int = 1  # cables that a port of the switches serves


def _cables(offer: _Offer, run: Run) -> Iterator[Line]:
    """Yield the cables of ``run``, and the transceivers at their ends."""
    tier, medium, _, n = run
    by_tier = "endpoint-cable" if tier == Tier.ENDPOINT else "switch-cable"
    part = by_tier if any(p.part == by_tier for p in offer.rows) else _MEDIA[medium]
    price = _find(offer.rows, part, run.length_m)
    yield Line(part, n, price, lacks="" if price else _no_cable(offer, part, by_tier, run), run=run)
    if medium.optical and part != by_tier:
        yield from _transceivers(offer, n if tier == Tier.ENDPOINT else 2 * n, n if tier == Tier.ENDPOINT else 0)


def _no_cable(offer: _Offer, part: str, by_tier: str, run: Run) -> str:
    longest = _find(offer.rows, part)
    if longest is None:
        return f"{offer.where} lacks a row {part} or {by_tier} for {run.tier.label} cables; add one of the two"
    return (
        f"{offer.where} has no {part} that reaches {run.length_m:g} m; the longest reaches {longest.reach_m:g} m: add "
        "a longer one, or leave its reach_m empty where one price holds for every length"
    )


def _transceivers(offer: _Offer, at_switches: int, at_endpoints: int) -> Iterator[Line]:
    """Yield the ends of optical cables: where switch ports break out, one there serves as many; none without a row."""
    single = _find([p for p in offer.rows if p.breakout == 1], "transceiver")
    twin = _find([p for p in offer.rows if p.breakout == offer.split], "transceiver") or single
    if twin:
        yield Line("transceiver", at_switches, twin)
    if at_endpoints and single:
        yield Line("transceiver", at_endpoints, single)
    elif at_endpoints and twin:
        lacks = f"{offer.where} lacks a row transceiver that does not break out, for endpoints; add one"
        yield Line("transceiver", at_endpoints, lacks=lacks)


def _find(offer: list[Price], part: str, length_m: float | None = None) -> Price | None:
    """Return the cheapest row that reaches ``length_m``, or where none is given that of the longest reach.

    Without a floor plan only that one always suffices.
    """
    rows = [p for p in offer if p.part == part]
    if length_m is None:
        return max(rows, key=lambda p: (p.speed_gbps is not None, p.reach_m or 0.0), default=None)
    rows = [p for p in rows if p.reach_m is None or p.reach_m >= length_m]
    return min(rows, key=lambda p: (p.speed_gbps is None, p.usd is None, p.usd or 0.0), default=None)


def _larger(price: Price, radix: int) -> str:
    """Return what to say of a switch that breaks out, or has more ports than are needed; empty of one that fits."""
    broken = f"{price.ports} ports of {price.speed_gbps:g} Gb/s, each as {price.breakout}" if price.breakout > 1 else ""
    more = f"{radix} ports are needed; the smallest switch in the book with as many has {price.serves}"
    return "; ".join(said for said in (broken, more if price.serves > radix else "") if said)


def _layer(name: str, switches: int, line: Line) -> dict[str, Any]:
    watts = line.price.watts if line.price else None
    return {
        "layer": name,
        "switches": switches,
        "usd": None if line.usd_each is None else switches * line.usd_each,
        "watts": None if watts is None else switches * watts,
    }


def _part(line: Line) -> dict[str, Any]:
    price, usd = line.price, line.usd_each
    watts = price.watts if price else None
    return {
        "note": line.note or None,
        "part": line.part,
        "count": line.count,
        "usd_each": usd,
        "usd": None if usd is None else line.count * usd,
        "watts_each": watts,
        "watts": None if watts is None else line.count * watts,
        "source": price.source if price else "",
        "date": price.date if price else "",
    }
