"""What a network costs: parts times prices.

A price book has one row a part: ``switch-<ports>``, ``endpoint-cable``,
``switch-cable``, ``copper-cable``, ``optical-cable``, ``transceiver`` or ``nic``.  A cable
is priced by where it goes if the book says so (``endpoint-cable``,
``switch-cable``), else by what it is made of; a ``transceiver`` row adds two to
every cable priced as ``optical-cable``.  A switch is the smallest one with
enough ports, whatever it leaves empty.  NICs are counted where the book has a price of them.

A port that breaks out serves several of a part of its speed: a row of 800 Gb/s with ``breakout`` 2 is a switch of
twice as many ports at 400 Gb/s, a transceiver for two cables (twin-port optics), a NIC for two ports.

A part that the book does not price leaves the sum open: it stands on the bill without a price, and ``unpriced``
says what is missing.

Limits.  Purchase prices only: no servers, racks, installation or energy, and no scale-up network, which comes with
the server; NICs where the book prices them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

from topo.size import Medium, Size, Tier, cable_row
from topo.units import from_gbps, gbps

_SWITCH = re.compile(r"switch-([1-9]\d{0,8})")
_CABLES = ("endpoint-cable", "switch-cable", "copper-cable", "optical-cable", "transceiver", "nic")
#: A speed of a book and that of a port are the same within this fraction: units were converted on the way.
_SAME_SPEED = 1e-9


class PriceError(ValueError):
    """A price book with a wrong row; the message names it."""


@dataclass(frozen=True)
class Price:
    """One row of a price book."""

    part: str  # one of the names above
    usd: float | None  # [USD] each; None where no source gives it
    speed_gbps: float | None = None  # [Gb/s] of a port; None fits every speed
    reach_m: float | None = None  # [m] longest distance that a cable covers
    watts: float | None = None  # [W] each; None where no source gives it
    source: str = ""
    date: str = ""
    breakout: int = 1  # ports of speed_gbps / breakout that one port serves

    def __post_init__(self) -> None:
        if not (_SWITCH.fullmatch(self.part) or self.part in _CABLES):
            raise PriceError(f"part {self.part!r} is unknown; known: switch-<ports>, {', '.join(_CABLES)}")
        if self.usd is not None and not 0 <= self.usd < float("inf"):
            raise PriceError(f"{self.part}: usd {self.usd!r} must be finite and not negative")

        if self.breakout < 1 or (self.breakout > 1 and self.speed_gbps is None):
            raise PriceError(
                f"{self.part}: breakout {self.breakout} must be a whole number of at least 1, and needs a speed_gbps"
            )

    @property
    def ports(self) -> int:
        """Ports of a switch as its part names them, 0 for other parts."""
        match = _SWITCH.fullmatch(self.part)
        return int(match[1]) if match else 0

    @property
    def serves(self) -> int:
        """Ports of a switch at the speed that it breaks out to; 0 for other parts."""
        return self.ports * self.breakout

    @property
    def at_gbps(self) -> float | None:
        """Speed of a port that it serves [Gb/s]; None fits every speed."""
        return None if self.speed_gbps is None else self.speed_gbps / self.breakout


@dataclass(frozen=True)
class PriceBook:
    """Prices of parts, under a name that goes onto every page that uses them."""

    name: str
    rows: tuple[Price, ...]
    note: str = ""

    @property
    def calibrated(self) -> bool:
        """Whether the prices were fitted to the totals of Table 3 rather than quoted."""
        return bool(self.rows) and all(row.source.startswith("calibrated to") for row in self.rows)


@dataclass(frozen=True)
class Printed:
    """A row of Table 3 of arXiv 2505.09343: a network as printed, and its cost there."""

    name: str
    size: Size
    usd: float  # [USD]
    rounding_usd: float  # [USD] half a unit of the last printed digit


def _table_3() -> Iterator[Printed]:
    spine, core, local, far = Tier.LEAF_SPINE, Tier.SPINE_CORE, Tier.LOCAL, Tier.GLOBAL
    counted: tuple[tuple[str, int, int, dict[Tier, int], float], ...] = (
        ("FT2", 2_048, 96, {spine: 2_048}, 9e6),
        ("MPFT", 16_384, 768, {spine: 16_384}, 72e6),
        ("FT3", 65_536, 5_120, {spine: 65_536, core: 65_536}, 491e6),
        ("SF", 32_928, 1_568, {local: 10_976, far: 21_952}, 146e6),
        ("DF", 261_632, 16_352, {local: 253_456, far: 130_816}, 1_522e6),
    )
    for name, endpoints, switches, tiers, usd in counted:
        rows = (cable_row(tier, n) for tier, n in ({Tier.ENDPOINT: endpoints} | tiers).items())
        cables = tuple(row for pair in rows for row in pair)
        yield Printed(name, Size(name, endpoints, switches, 64, cables), usd, 0.5e6)


#: The five networks that the paper prices, all of 64-port 400G switches.
TABLE_3 = tuple(_table_3())
TABLE_3_CAPACITY = from_gbps(400)  # [B/s]


@dataclass(frozen=True)
class Line:
    """A line of a bill."""

    part: str
    count: int
    price: Price | None = None  # None where the book has no row
    lacks: str = ""  # why there is no price, and what would do
    note: str = ""

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


def bill(size: Size, prices: PriceBook, *, capacity: float) -> dict[str, Any]:
    """Return what the parts of ``size`` cost and draw, with switch ports of ``capacity`` [B/s].

    Keys: price_book, cost_usd and cost_per_endpoint_usd (None where a part has no price, the latter also without
    endpoints), priced_usd (of the parts that have one), unpriced (a sentence a part that has none), watts (None
    unless every part has a sourced value), cost_parts (a list of part, count, usd_each, usd,
    watts_each, watts, source, date, note), cost_by_layer (switches of a tree apart), and for a calibrated book
    cost_residuals.
    """
    lines = _lines(size, prices, capacity)
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


def residuals(prices: PriceBook) -> list[dict[str, Any]]:
    """Return for each row of Table 3 what ``prices`` gives against what the paper prints; none where it lacks a part.

    No linear model in switches, endpoint cables and switch cables meets all five printed
    costs within their rounding; ``within_rounding`` says which are met.
    """
    rows = []
    for row in TABLE_3:
        lines = _lines(row.size, prices, TABLE_3_CAPACITY)
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


def _lines(size: Size, prices: PriceBook, capacity: float) -> list[Line]:
    """Return the lines of the bill, switches first."""
    speed = gbps(capacity)
    offer = _Offer(_at_speed(prices, speed), f"price book {prices.name} at {speed:g} Gb/s")
    lines = [_switches(offer, size)] if size.switches else []
    if lines and lines[0].price:
        offer = offer._replace(split=lines[0].price.breakout)
    for tier, medium, n in size.cables:
        if tier != Tier.SCALE_UP:
            lines += _cables(offer, tier, medium, n)
    if nic := _find(offer.rows, "nic"):
        lines.append(Line("nic", size.endpoint_links, nic))
    if not offer.rows:
        lines = [replace(line, lacks=_no_speed(prices, speed)) for line in lines]
    return _merged(lines)


#: Parts of which one serves ``breakout`` ports; of switches and cables each is one.
_SHARED = ("transceiver", "nic")


def _merged(lines: list[Line]) -> list[Line]:
    """Return ``lines`` with those of one price, or of one part that has none, added up; twin ports are shared."""
    same: dict[tuple[Price | None, str], list[Line]] = {}
    for line in lines:
        same.setdefault((line.price, line.part), []).append(line)
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


def _cables(offer: _Offer, tier: Tier, medium: Medium, n: int) -> Iterator[Line]:
    """Yield ``n`` cables, and the transceivers at their ends."""
    by_tier = "endpoint-cable" if tier == Tier.ENDPOINT else "switch-cable"
    by_medium = "optical-cable" if medium.optical else f"{medium.name.lower()}-cable"
    price = _find(offer.rows, by_tier) or _find(offer.rows, by_medium)
    if price is None:
        lacks = f"{offer.where} lacks a row {by_medium} or {by_tier} for {tier.label} cables; add one of the two"
        yield Line(by_medium, n, lacks=lacks)
    else:
        yield Line(price.part, n, price)
    if medium.optical and not (price and price.part == by_tier):
        yield from _transceivers(offer, n if tier == Tier.ENDPOINT else 2 * n, n if tier == Tier.ENDPOINT else 0)


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


def _find(offer: list[Price], part: str) -> Price | None:
    """Return the row of the longest reach: without a floor plan only that one always suffices."""
    rows = [p for p in offer if p.part == part]
    return max(rows, key=lambda p: (p.speed_gbps is not None, p.reach_m or 0.0), default=None)


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
